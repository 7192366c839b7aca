"""A long run that is killed again and again: `python -m benchmarks.soak`."""
