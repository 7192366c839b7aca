"""A small project in a folder of its own, whose stages are run by the commands of dvc.yaml."""

import copy
import hashlib
import runpy
import shlex
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import soundfile
from ruamel.yaml import YAML

from pipeline.files import formats, schemas
from pipeline.presets import catalogue
from tests.conftest import dvc_stages

ROOT = Path(__file__).parents[2]
RATE = 8000
CLASSES = ["Bark", "Meow"]


def tone(hz: float, seconds: float = 0.5) -> np.ndarray:
    return 0.5 * np.sin(2 * np.pi * hz * np.arange(int(seconds * RATE)) / RATE)


@dataclass
class Project:
    """Twelve tones of two classes, half of them verified, the table that lists them, and params to go with them."""

    folder: Path
    params: dict[str, Any]

    @property
    def sounds(self) -> Path:
        return self.folder / "sounds"

    @property
    def data(self) -> Path:
        return self.folder / "data"

    def table(self, text: str | bytes) -> None:
        """Replace the user's clips.csv."""
        (self.sounds / "clips.csv").write_bytes(text if isinstance(text, bytes) else text.encode())

    def rows(self) -> list[str]:
        return (self.sounds / "clips.csv").read_text(encoding="utf-8").splitlines()

    def add(self, *rows: str) -> None:
        """Add rows to the user's clips.csv."""
        self.table("\n".join([*self.rows(), *rows, ""]))

    def command(self, stage: str) -> list[str]:
        """What dvc.yaml runs for a stage, less the interpreter; writes params.yaml, too."""
        with open(self.folder / "params.yaml", "w", encoding="utf-8") as file:
            YAML().dump(self.params, file)
        return shlex.split(_commands()[stage])[1:]

    def run(self, stage: str) -> str:
        """Run a stage in this process; return '' or, where it is refused, its message. Other errors are defects."""
        _, module, *arguments = self.command(stage)
        sys.modules.pop(module, None)
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(self.folder)
            patch.setattr(sys, "argv", [module, *arguments])
            try:
                runpy.run_module(module, run_name="__main__")
            except SystemExit as end:
                return str(end.code)
        return ""

    def passes(self, *stages: str) -> None:
        for stage in stages:
            assert self.run(stage) == ""

    def refused(self, stage: str) -> str:
        """Run a stage that has to end with a message, and all it found as it was; return the message."""
        before = self.state()
        words = self.run(stage)
        assert words.startswith("error: ")
        assert self.state() == before
        return words.removeprefix("error: ")

    def state(self) -> dict[str, str]:
        """A checksum of each file of the run, but for checkpoints and locks; of a link or a folder its name alone."""
        found = (p for p in sorted(self.data.rglob("*")) if "checkpoints" not in p.parts and p.suffix != ".lock")
        return {str(p): hashlib.sha256(p.read_bytes()).hexdigest() if _plain(p) else "" for p in found}

    def index(self) -> pd.DataFrame:
        """What the spectrograms stage says of each clip, by clip_id."""
        table = schemas.check(schemas.INDEX, formats.read_table(self.data / "features" / "index.csv"), "index.csv")
        return table.set_index("clip_id")


def _plain(path: Path) -> bool:
    return path.is_file() and not path.is_symlink()


@cache
def _demo() -> dict[str, Any]:
    return catalogue.settings("demo")


@cache
def _commands() -> dict[str, str]:
    return {name.replace("self_train@one", "self_train"): stage["cmd"] for name, stage in dvc_stages(ROOT).items()}


def given_params() -> dict[str, Any]:
    given = copy.deepcopy(_demo())
    given["dataset"] = {"name": "csv", "root": "sounds"}
    given["features"] = {"name": "mel", "sr": RATE, "max_seconds": 2, "max_quarantined": 0.9}
    given["features"] |= {"n_fft": 256, "hop_length": 128, "n_mels": 16, "fmax": 4000}
    given["folds"] = 2
    given["spread"]["grouping"], given["space"]["whiten"] = "one", 4
    given["judges"], given["labels"]["open_set"] = {"network": None, "linear": None}, False
    given["network"] = {"name": "vgg", "width": 2, "depth": 2, "dense": 4}
    given["members"] = {"one": {"hold_out": 0}, "two": {"hold_out": 0}}
    given["project"]["tsne"]["perplexity"] = 3
    given["report"] |= {"dpi": 60}
    given["compute"] = {"device": "cpu", "precision": "float32", "threads": 2, "jobs": 1}
    return given


def make(folder: Path) -> Project:
    """Write the tones and their table below `folder`."""
    made = Project(folder, given_params())
    made.sounds.mkdir(parents=True)
    lines = ["path,label,verified"]
    for number in range(12):
        soundfile.write(made.sounds / f"{number:02d}.wav", tone(300 + 30 * number), RATE, subtype="PCM_16")
        lines.append(f"{number:02d}.wav,{CLASSES[number % 2]},{number // 2 % 2}")
    made.table("\n".join([*lines, ""]))
    return made


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return make(tmp_path / "project")


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Prepared, features extracted, and made-up latents, judgements and members: copied, never changed."""
    made = make(tmp_path_factory.mktemp("prepared") / "project")
    made.passes("prepare", "spectrograms", "audit")
    random, n = np.random.default_rng(0), 12
    formats.write_array(made.data / "latents" / "latents.npy", random.normal(size=(n, 6)).astype(np.float32))
    for judge in ("network", "linear"):
        formats.write_array(made.data / "judged" / judge / "probs.npy", np.full((n, 2), np.nan, np.float32))
    formats.write_array(made.data / "judged" / "network" / "neighbours.npy", np.full((n, 0), -1, np.int32))
    for member in ("one", "two"):
        folder = made.data / "members" / member
        formats.write_array(folder / "probs.npy", random.dirichlet(np.ones(2), n).astype(np.float32))
        formats.write_json(folder / "member.json", {"hold_out": 0, "classes": CLASSES})
    (made.data / "corrections.csv").write_bytes((ROOT / "data" / "corrections.csv").read_bytes())
    made.passes("spread", "ensemble")
    return made


@pytest.fixture
def copied(prepared: Project, tmp_path: Path) -> Project:
    """A copy of `prepared` to be damaged."""
    shutil.copytree(prepared.folder, tmp_path / "project", symlinks=True)
    return Project(tmp_path / "project", given_params())


@pytest.fixture(scope="session")
def make_project() -> Callable[[Path], Project]:
    return make
