"""Earmark's library: typed functions over arrays and tables."""

import atexit
import os
import shutil
import sysconfig
import tempfile
from pathlib import Path

__version__ = "0.1.0"


def _let_numba_write() -> None:
    """Give numba a folder where it has none; without one, librosa and umap-learn cannot be loaded.

    It keeps what it compiled beside the libraries or in the user's cache, and where both are read-only it gives up.
    The folder is private, for numba trusts what it finds there, and goes with the process.
    """
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path(os.environ.get("HOME") or os.sep) / ".cache")
    there = next((folder for folder in (cache, *cache.parents) if folder.is_dir()), cache)
    places = (sysconfig.get_path("purelib"), there)
    if "NUMBA_CACHE_DIR" not in os.environ and not any(os.access(place, os.W_OK) for place in places):
        os.environ["NUMBA_CACHE_DIR"] = tempfile.mkdtemp(prefix="earmark-numba-")
        atexit.register(shutil.rmtree, os.environ["NUMBA_CACHE_DIR"], ignore_errors=True)


_let_numba_write()
