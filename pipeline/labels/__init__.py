"""Each given label promoted, corrected or left out, and how far to trust that."""
