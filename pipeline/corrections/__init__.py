"""What people said of clips, and what follows from it."""
