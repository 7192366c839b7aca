"""Check what a run needs before DVC starts it: the params file, and the folder that `dataset.root` names."""

import argparse
from pathlib import Path

from pipeline.errors import DataError
from pipeline.params.schema import Params
from stages.common import run


def work(params: Params, at: argparse.Namespace) -> None:
    """Refuse a missing root in words; DVC would name the path but not the key. A root to fetch into is made."""
    root = Path(params.dataset.root)
    if params.dataset.settings.get("fetch"):
        root.mkdir(parents=True, exist_ok=True)
    if not root.is_dir():
        raise DataError(f"dataset.root: no folder {root}; name the folder that holds the audio, or make it")


if __name__ == "__main__":
    run(work, __doc__)
