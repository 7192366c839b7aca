"""Projections: one module each, `project(x, *, seed, ...)` returns float32 (n, 2)."""
