"""Measurements that anyone can repeat; results and what they say are in README.md and the pages beside it."""
