"""A clip as a vector, on a scale on which distances mean something."""
