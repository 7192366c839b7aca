"""Data sets: one module each, `load(root, raw, *, seed, ...)` returns a table of clips."""
