"""Calls in other processes, and a bar for those who wait."""
