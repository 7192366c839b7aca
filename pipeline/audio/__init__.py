"""A file decoded, made into frames, or set aside."""
