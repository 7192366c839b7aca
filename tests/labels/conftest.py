"""Clouds of points that stand for clips, as the tests of spreading have them."""

from tests.spreading.conftest import clouds, families, one_thread, open_clouds

__all__ = ["clouds", "families", "one_thread", "open_clouds"]
