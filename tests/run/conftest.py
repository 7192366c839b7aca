"""A copy of the project with a tiny run, so that tests may edit and break it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from benchmarks.common.lock import alone
from pipeline.corrections.store import COLUMNS
from pipeline.presets import catalogue, layout

CODE = ["pipeline", "stages", "presets", "dvc.yaml", ".dvcignore", "setup.cfg", "pyproject.toml"]


class Project:
    """A folder that looks like the project, and DVC in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def dvc(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "dvc", *arguments]
        done = subprocess.run(command, cwd=self.folder, text=True, capture_output=True, check=False)
        assert not check or done.returncode == 0, done.stdout + done.stderr
        return done

    def stage(self, name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", f"stages.{name}", *arguments]
        return subprocess.run(command, cwd=self.folder, text=True, capture_output=True, check=False)

    def edit(self, dotted: str, value: Any) -> None:
        """Change one key of params.yaml."""
        path = self.folder / "params.yaml"
        yaml = YAML()
        data = yaml.load(path)
        section = data
        *way, last = dotted.split(".")
        for key in way:
            section = section[key]
        section[last] = value
        yaml.dump(data, path)

    def would_run(self) -> list[str]:
        """Return, in order, the stages that `dvc repro` would run if every stage that runs changed its outputs."""
        lines = self.dvc("repro", "--dry", "--force-downstream").stdout.splitlines()
        return [line.split("'")[1] for line in lines if line.startswith("Running stage")]


def copy_project(root: Path, folder: Path) -> Project:
    """Copy the project's code into an empty folder, as an unpacked archive: no git there."""
    folder.mkdir(parents=True)
    for name in CODE:
        source = root / name
        ignore = shutil.ignore_patterns("__pycache__")
        shutil.copytree(source, folder / name, ignore=ignore) if source.is_dir() else shutil.copy2(
            source, folder / name
        )
    # The demo's preset, not params.yaml: whoever runs these tests may have edited that.
    text = layout.text(catalogue.settings("demo"), [])
    (folder / "params.yaml").write_text(text, encoding="utf-8")
    shutil.copytree(root / "data" / "sounds", folder / "data" / "sounds")
    (folder / "data" / "corrections.csv").write_text(",".join(COLUMNS) + "\n")
    shutil.copytree(root / ".dvc", folder / ".dvc", ignore=shutil.ignore_patterns("cache", "tmp", "config.local"))
    (folder / ".dvc" / "config.local").write_text("[core]\n    no_scm = true\n")
    return Project(folder)


def make_tiny(project: Project) -> None:
    """Turn the default params into a run of seconds: few clips, small networks, one epoch."""
    project.edit("dataset.clips", 96)
    project.edit("features.hop_length", 1024)
    project.edit("features.n_mels", 16)
    project.edit("patches", {"crop": {"frames": 16, "test_crops": 1}})
    project.edit("network", {"name": "vgg", "width": 2, "depth": 2, "dense": 4})
    project.edit("autoencoder.network", {"name": "conv", "width": 2, "depth": 2})
    project.edit("autoencoder.latents", 8)
    project.edit("autoencoder.epochs", 1)
    project.edit("judges.network", {"epochs": 1, "unverified_epochs": 1})
    project.edit("self_train.rounds.number", 2)
    project.edit("self_train.epochs", 1)
    project.edit("members", {"one": {}, "two": {"network": {"name": "cnn_mfcc", "width": 2, "depth": 2, "dense": 4}}})
    project.edit("project", {"tsne": {}})


@pytest.fixture(scope="session")
def finished(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A finished tiny run, in a folder whose name has a space and an accent.

    Two workers of pytest-xdist share it, for it takes long to make. So read it and run nothing in it: the other may be
    copying it.
    """
    common = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        common = common.parent
    folder, done = common / "run" / "a projé", common / "run" / "done"
    with alone(common):
        if not done.is_file():
            shutil.rmtree(folder, ignore_errors=True)
            project = copy_project(root, folder)
            make_tiny(project)
            project.dvc("repro")
            done.touch()
    return Project(folder)


@pytest.fixture
def copied(finished: Project, tmp_path: Path) -> Project:
    """A copy of the finished run, to be run, edited and broken."""
    shutil.copytree(finished.folder, tmp_path / "copy", symlinks=True)
    return Project(tmp_path / "copy")
