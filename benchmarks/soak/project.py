"""Copies of the project to be disturbed: its own files, the demo, and one member that trains in many short rounds."""

import shutil
import subprocess
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

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
    write_params(root / "presets" / "demo.yaml", folder / "params.yaml", rounds=rounds, clips=clips)


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


def write_params(source: Path, path: Path, *, rounds: int, clips: int) -> None:
    """Write the params file `source` to `path`: one member, of `rounds` rounds, and what comes before it small."""
    yaml = YAML()
    params: dict[str, Any] = yaml.load(source)
    params["dataset"]["clips"] = clips
    params["autoencoder"]["model"]["width"] = 8
    params["autoencoder"]["fit"]["epochs"] = 8
    params["judges"]["network"]["model"]["width"] = 8
    params["judges"]["network"]["fit"]["epochs"] = 8
    params["judges"]["network"]["unverified_epochs"] = 2
    params["members"][MEMBER] = {
        "model": {"name": "vgg_small", "width": 16, "depth": 4, "first": 1, "dense": 128, "dropout": 0.3},
        "train_on": "verified",
        "fold": 0,
        "rounds": rounds,
        "restart": False,
        "fit": {"epochs": EPOCHS, "schedule": "constant", "learning_rate": 0.0005},
        "selection": {"rule": "agree_or_relabel"},
    }
    params["ensemble"]["members"] = [MEMBER]
    yaml.dump(params, path)


def fresh(snapshot: Path, folder: Path) -> None:
    """Put a copy of `snapshot` in the place of `folder`, so that nothing of an earlier run is left."""
    if folder.exists():
        shutil.rmtree(folder)
    shutil.copytree(snapshot, folder, symlinks=True)
