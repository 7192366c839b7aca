"""Data sets to be prepared."""

from tests.datasets.conftest import makers, shared

__all__ = ["makers", "shared"]
