"""What is the matter with the sounds and their labels, found before anything trains; and what follows for the split."""
