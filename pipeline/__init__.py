"""Earmark's library: typed functions over arrays and tables."""

__version__ = "0.1.0"
