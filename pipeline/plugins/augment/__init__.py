"""Augmentations: one module each, `augment(x, y, rng, ...)` returns a changed batch."""
