"""Members validated, joined, and used on new audio."""
