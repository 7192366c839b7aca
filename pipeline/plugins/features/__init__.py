"""Features: one module each, `extract(y, sr, ...)` returns float32 (n_frames, n_bins)."""
