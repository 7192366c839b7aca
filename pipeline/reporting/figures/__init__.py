"""The report's figures, from tables and arrays."""
