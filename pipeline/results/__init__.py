"""A finished run, read once: its numbers and tables. The only folder of the library that may see the truth."""
