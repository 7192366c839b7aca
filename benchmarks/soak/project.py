"""Copies of the project to be disturbed: its own files, the demo, and one member that trains in many short rounds."""

import shutil
import subprocess
from pathlib import Path
from typing import Any

from pipeline.params.overlay import lay
from pipeline.params.schema import Params, check
from pipeline.presets import catalogue, layout

MEMBER = "soak"
EPOCHS = 16  # a round; with 30 rounds of 720 clips a run takes about ten minutes on two cores
# Without git: what is no part of the project. Of `data`, what a run reads and does not make is kept.
_MADE = {".venv", "reports", "dvc_plots", "__pycache__", ".git"}
_READ = {".gitignore", "corrections.csv", "sounds"}


def snapshot(root: Path, folder: Path, *, rounds: int, clips: int) -> None:
    """Copy the project at `root` into `folder`, with `rounds` rounds on a demo of `clips` clips; nothing has run there.

    DVC is told that there is no git around it, and to ask no one for updates.
    """
    for name in project_files(root):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(root / name, folder / name)
    config = folder / ".dvc" / "config.local"
    config.write_text("[core]\n    no_scm = true\n    check_update = false\n", encoding="utf-8")
    # Not params.yaml: whoever runs this may have edited it.
    write_params(folder / "params.yaml", rounds=rounds, clips=clips)


def project_files(root: Path) -> list[str]:
    """Return the files of the project, relative to `root`: what git does not ignore, or all that no run has made."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    if (root / ".git").exists():
        listed = subprocess.run(command, cwd=root, capture_output=True, check=True).stdout.decode().split("\0")
        return sorted({name for name in listed if name and (root / name).is_file()})
    found = []
    for path in root.rglob("*"):
        parts = path.relative_to(root).parts
        made = _MADE.intersection(parts) or parts[:2] in ((".dvc", "cache"), (".dvc", "tmp"))
        if path.is_file() and not made and (parts[0] != "data" or parts[1] in _READ):
            found.append("/".join(parts))
    return sorted(found)


def write_params(path: Path, *, rounds: int, clips: int) -> None:
    """Write the demo's params file to `path`: one member, of `rounds` rounds, and what comes before it small."""
    own: dict[str, Any] = {
        "dataset": {"clips": clips},
        "autoencoder": {"network": {"width": 8}, "epochs": 8},
        "judges": {"network": {"network": {"width": 8}, "epochs": 8, "unverified_epochs": 2}},
        "self_train": {
            "train_on": "verified",
            "hold_out": 0,
            "epochs": EPOCHS,
            "training": {"schedule": "constant", "learning_rate": 0.0005},
            "rounds": {"number": rounds, "select": "agree_or_relabel"},
        },
        "members": {MEMBER: {}},
    }
    settings = lay(catalogue.settings("demo"), own, Params)
    check(path, settings)
    path.write_text(layout.text(settings, ["The demo with one member of many rounds."]), encoding="utf-8")


def fresh(snapshot: Path, folder: Path) -> None:
    """Put a copy of `snapshot` in the place of `folder`, so that nothing of an earlier run is left."""
    if folder.exists():
        shutil.rmtree(folder)
    shutil.copytree(snapshot, folder, symlinks=True)
