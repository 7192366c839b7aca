"""Check what a run needs before DVC starts it: the params file, and the folder that `dataset.root` names."""

import argparse
from pathlib import Path

from pipeline.clips import preparing
from pipeline.errors import DataError
from pipeline.params import yaml_file
from pipeline.params.schema import Params
from stages.common import run

DVC = Path("dvc.yaml")


def work(params: Params, at: argparse.Namespace) -> None:
    """Refuse a root that is missing, or where the run writes, in words; DVC would name paths but not the key.

    A root to fetch into is made, and links to sounds that are gone are taken away.
    """
    root, audio = Path(params.dataset.root), params.dataset.settings.get("audio")
    made = [*outs(DVC), Path(".dvc")] if DVC.is_file() else []
    preparing.apart_from(root, made)
    if params.dataset.settings.get("fetch"):
        root.mkdir(parents=True, exist_ok=True)
    if not root.is_dir():
        raise DataError(f"dataset.root: no folder {root}; name the folder that holds the audio, or make it")
    if audio is not None:
        preparing.apart_from(Path(audio), made, "dataset.audio")
        # What lies there is no dependency of prepare, so that DVC would not run it for a sound that is gone.
        missing = sum(preparing.forget_missing(out) for out in made)
        if missing:
            print(f"check: {missing} sounds of the last run are no longer in {audio}")


def outs(dvc: Path) -> list[Path]:
    """Return what the stages of a dvc.yaml write; of a stage that is made by `foreach`, the folder of them all."""
    stages = [stage.get("do", stage) for stage in yaml_file.parse(dvc)["stages"].values()]
    names = [out if isinstance(out, str) else next(iter(out)) for stage in stages for out in stage.get("outs", [])]
    return [Path(name.split("${")[0]) for name in names]


if __name__ == "__main__":
    run(work, __doc__)
