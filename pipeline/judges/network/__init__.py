"""The dear judge: cross-fitted networks."""
