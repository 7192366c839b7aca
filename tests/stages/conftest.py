"""A run in a folder, small and made up, whose artefacts tests damage."""

import hashlib
import shutil
from argparse import Namespace
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from pipeline.corrections import store
from pipeline.files import artifacts, formats
from pipeline.params.schema import Params
from pipeline.presets import catalogue

CLASSES, N = ["Bark", "Meow", "NA"], 36
FOLDERS = (
    "raw",
    "listed",
    "audit",
    "clips",
    "features",
    "latents",
    "judged",
    "labels",
    "members",
    "ensemble",
    "projection",
)


@dataclass
class Project:
    """Where everything lies, and the params as a mapping."""

    root: Path
    given: dict[str, Any]

    @property
    def params(self) -> Params:
        return Params.model_validate(self.given)

    def at(self, stage: str) -> Namespace:
        """The paths that dvc.yaml gives the stage."""
        outputs = {
            "spread": "labels",
            "ensemble": "ensemble",
            "project": "projection",
            "report": "reports",
        }
        places = {name: self.root / name for name in FOLDERS}
        return Namespace(
            **places,
            out=self.root / outputs.get(stage, "nowhere"),
            checkpoints=self.root / "checkpoints",
            corrections=self.root / "corrections.csv",
            member="one",
            judge="network",
            report=self.root / "reports",
        )

    def state(self) -> dict[str, str]:
        """A checksum of every file, but for checkpoints and locks, which are no output."""
        kept = (p for p in self.root.rglob("*") if "checkpoints" not in p.parts and p.suffix != ".lock")
        files = [p for p in kept if p.is_file()]
        return {str(p.relative_to(self.root)): hashlib.sha256(p.read_bytes()).hexdigest() for p in sorted(files)}


def given_params(root: Path) -> dict[str, Any]:
    given = catalogue.settings("demo")
    given["dataset"] = {"name": "csv", "root": "data/sounds"}
    given["features"] = {"name": "mel", "sr": 8000, "n_fft": 256, "hop_length": 128, "n_mels": 16, "fmax": 4000}
    given["folds"] = 3
    given["spread"] |= {"grouping": "one"}
    given["network"] = {"name": "vgg", "width": 2, "depth": 2, "dense": 4}
    given["judges"] = {"network": None, "linear": None}
    given["labels"]["open_set"] = False
    given["members"] = {"one": {"hold_out": 0}}
    given["project"] = {"tsne": {"perplexity": 3}}
    given["compute"] = {"device": "cpu", "precision": "float32", "threads": 2, "jobs": 1}
    return given


def make_project(made: Path, root: Path) -> Project:
    """Make up what each stage reads, in the folder `made`."""
    random, rows = np.random.default_rng(0), np.arange(N)
    test = rows >= 30
    clips = pd.DataFrame(
        {
            "clip_id": [f"clip{i:02d}" for i in rows],
            "path": [f"{i}.wav" for i in rows],
            "label": [CLASSES[i % 3] for i in rows],
            "verified": rows % 2 == 0,
            "split": np.where(test, "test", "train"),
            "fold": np.where(test, -1, rows // 3 % 3),
            "group": [f"source{i}" for i in rows],
        }
    )
    for folder in ("listed", "clips"):
        artifacts.write_clips(made / folder, clips, CLASSES)
    formats.write_json(made / "listed" / "given.json", {"split": True, "folds": True})
    (made / "raw").mkdir()
    index = {
        "start": rows * 20,
        "n_frames": 20,
        "seconds": 0.3,
        "offset": 0.0,
        "status": "ok",
        "reason": "",
        "sha256": "0",
        "flags": "",
        "sound": "0",
    }
    formats.write_table(made / "features" / "index.csv", clips[["clip_id"]].assign(**index))
    frames = random.normal(size=(N * 20, 16)).astype(np.float16)
    formats.write_array(made / "features" / "frames.npy", frames)
    formats.write_array(made / "features" / "spectra.npy", np.zeros((N, 64), np.float32))
    formats.write_json(
        made / "features" / "features.json",
        {"kind": "mel", "n_bins": 16, "sr": 8000, "trim_db": 60.0, "max_seconds": 30.0, "settings": {}},
    )
    latents = random.normal(size=(N, 8)).astype(np.float32)
    formats.write_array(made / "latents" / "latents.npy", latents)
    formats.write_array(made / "judged" / "network" / "neighbours.npy", np.full((N, 0), -1, np.int32))
    for name in ("network", "linear"):
        formats.write_array(made / "judged" / name / "probs.npy", np.full((N, 3), np.nan, np.float32))
    promoted = (rows % 4 == 1) & ~test
    outcome = np.select([test, rows % 2 == 0, promoted], ["test", "verified", "promoted"], "left_out")
    target = clips["label"].where(np.isin(outcome, ["verified", "promoted"]), "")
    spread = {"spread_label": "", "confidence": 0.5, "abstained": False, "promoted": promoted, "family": "all"}
    decided = {"outcome": outcome, "target": target, "probability": np.where(test, np.nan, 0.9), "reason": ""}
    decided["outside"] = np.nan
    labels = clips[["clip_id", "label", "verified"]].assign(**spread, **decided, given=clips["label"], review="")
    artifacts.write_labels(made / "labels", labels)
    formats.write_json(made / "labels" / "run.json", {"run_id": "0123456789ab"})
    store.write(made / "labels" / "corrections.csv", store.read(made / "none.csv"))
    posterior = 0.1 + 0.7 * np.eye(3, dtype=np.float32)[rows % 3]
    posterior[test] = np.nan
    formats.write_array(made / "labels" / "posterior.npy", posterior)
    formats.write_array(made / "labels" / "ruled_out.npy", np.zeros((N, 3), dtype=bool))
    probs = random.dirichlet(np.ones(3), N).astype(np.float32)
    formats.write_array(made / "members" / "one" / "probs.npy", probs)
    # What an earlier run left at each place where a stage writes.
    for folder in ("ensemble", "projection", "reports", "labels", "latents"):
        (made / folder).mkdir(exist_ok=True)
        (made / folder / "earlier.txt").write_text("of an earlier run")
    return Project(root=made, given=given_params(root))


@pytest.fixture
def project(tmp_path: Path, root: Path) -> Project:
    return make_project(tmp_path / "data", root)


def ask_a_network(project: Project) -> Project:
    """Let the judges alone be asked: a tiny network, and the linear one."""
    project.given["labels"] |= {"spreading": False, "open_set": True}
    judge = {"epochs": 2, "unverified_epochs": 1, "network": {"depth": 1}}
    judge["patches"] = {"crop": {"frames": 8, "test_crops": 1}}
    project.given["judges"] = {"network": judge, "linear": {}}
    return project


@pytest.fixture
def asked(project: Project) -> Project:
    """A project whose spreading asks a tiny network."""
    return ask_a_network(project)


@pytest.fixture(scope="session")
def judged_once(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project like `asked` whose networks have judged, which takes long; copied, never changed."""
    made = ask_a_network(make_project(tmp_path_factory.mktemp("judged") / "data", root))
    ask_both(made)
    return made


def ask_both(project: Project) -> None:
    """Run the stage of each judge."""
    from stages import judge

    for name in ("network", "linear"):
        at = project.at("judge")
        at.judge = name
        judge.work(project.params, at)


@pytest.fixture
def judged(judged_once: Project, tmp_path: Path) -> Project:
    """A copy of `judged_once`."""
    shutil.copytree(judged_once.root, tmp_path / "data")
    return Project(tmp_path / "data", deepcopy(judged_once.given))
