"""Killed or failed by the disk at any write, a stage leaves whole artefacts, and the next run ends as if undisturbed.

Each stage is disturbed at a few of its writes, spread evenly; with EARMARK_EVERY_WRITE set, as `make soak` has it, at
each of them.
"""

import hashlib
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from tests.faults.barrier import Ended, Order, Stages
from tests.faults.conftest import RATE, ROOT, Project, given_params

pytestmark = [pytest.mark.keras, pytest.mark.slow]

Edit = Callable[[dict[str, Any]], Any]


@dataclass(frozen=True)
class Case:
    """A stage, the folders that it replaces, an edit that changes its outcome, and at how many writes to disturb it."""

    outs: tuple[str, ...]
    edit: Edit
    few: int


def _seed(params: dict[str, Any]) -> None:
    params["seed"] = 7


CASES = {
    "prepare": Case(("data/raw", "data/listed"), _seed, few=5),
    "spectrograms": Case(("data/features",), lambda p: p["features"].update(trim_db=20), few=2),
    "audit": Case(("data/clips", "data/audit"), lambda p: p.update(audit={"nearly_same": None}), few=3),
    "autoencoder": Case(("data/latents",), _seed, few=2),
    "judge@network": Case(("data/judged/network",), _seed, few=2),
    "judge@linear": Case(("data/judged/linear",), lambda p: p["judges"]["linear"].update(strength=0.1), few=2),
    "spread": Case(("data/labels",), lambda p: p["spread"].update(alpha=0.5), few=4),
    "self_train": Case(("data/members/one",), _seed, few=3),
    "ensemble": Case(("data/ensemble",), lambda p: p["ensemble"].update(method="arithmetic"), few=3),
    "project": Case(("data/projection",), _seed, few=2),
    "report": Case(("reports",), lambda p: p["report"].update(title="another"), few=2),
}
FAILS = {"ENOSPC": "No space left on device", "EIO": "Input/output error"}


@pytest.fixture(scope="module")
def stages() -> Iterator[Stages]:
    server = Stages()
    yield server
    server.close()


def order(project: Project, stage: str, **more: Any) -> Order:
    return Order(str(project.folder), project.command(stage), **more)


def small(project: Project) -> Project:
    """Turn the params into a run of a few seconds a stage."""
    project.params["patches"] = {"crop": {"frames": 8, "test_crops": 1}}
    project.params["autoencoder"] |= {"network": {"name": "conv", "width": 2, "depth": 2}, "latents": 8, "epochs": 1}
    project.params["judges"] = {"network": {"epochs": 1, "unverified_epochs": 1}, "linear": {}}
    project.params["self_train"] |= {"epochs": 1, "rounds": {"number": 2}}
    del project.params["members"]["two"], project.params["project"]["umap"]
    return project


@pytest.fixture(scope="module")
def finished(
    make_project: Callable[[Path], Project], stages: Stages, tmp_path_factory: pytest.TempPathFactory
) -> Project:
    """A finished run; copied, never changed."""
    made = small(make_project(tmp_path_factory.mktemp("crashes") / "project"))
    # A softer copy: something for the audit to find, or not to look for.
    soundfile.write(made.sounds / "copy.wav", 0.25 * soundfile.read(made.sounds / "00.wav")[0], RATE, subtype="PCM_16")
    made.add(f"copy.wav,{made.rows()[1].split(',')[1]},0")
    made.data.mkdir()
    shutil.copy(ROOT / "data" / "corrections.csv", made.data)
    for stage in CASES:
        ended = stages.run(order(made, stage))
        assert ended.code == 0, ended.said
    return made


@dataclass
class Trial:
    """A finished run whose params were edited, one stage of it, and what that makes of it undisturbed."""

    finished: Project
    project: Project
    stage: str
    stages: Stages

    def __post_init__(self) -> None:
        self.case = CASES[self.stage]
        self.case.edit(self.project.params)
        self.renew()
        self.old, self.old_outs = self.state(), self.outs()
        done = self.run()
        assert done.code == 0, done.said
        self.writes, self.new, self.new_outs = done.writes, self.state(), self.outs()
        assert all(self.old_outs[out] != self.new_outs[out] for out in self.case.outs[-1:]), "the edit changes nothing"

    def renew(self) -> None:
        """Go back to the finished run."""
        shutil.rmtree(self.project.folder, ignore_errors=True)
        shutil.copytree(self.finished.folder, self.project.folder, symlinks=True)

    def run(self, **more: Any) -> Ended:
        return self.stages.run(order(self.project, self.stage, **more))

    def points(self) -> list[int]:
        """At which writes to disturb it."""
        count = self.writes if "EARMARK_EVERY_WRITE" in os.environ else self.case.few
        return sorted({round(point) for point in np.linspace(1, self.writes, count)})

    def state(self) -> dict[str, str]:
        """A checksum of each file of the run, links followed (a copy is as good); locks stay and say nothing."""
        root = self.project.folder
        found = [path for folder in ("data", "reports") for path in sorted((root / folder).rglob("*"))]
        return {str(path.relative_to(root)): _content(path) for path in found if path.suffix != ".lock"}

    def outs(self) -> dict[str, dict[str, str]]:
        """The state of each folder that the stage replaces."""
        state = self.state()
        return {out: {k: v for k, v in state.items() if k.startswith(f"{out}/")} for out in self.case.outs}

    def gone(self, out: str) -> bool:
        """Whether a kill hit between the two renames that replace a folder."""
        path = self.project.folder / out
        return not path.exists() and path.with_name(f".{path.name}.old").exists()

    def whole(self) -> bool:
        """Whether each folder is the old or the new one, nothing between."""
        found = self.outs()
        return all(found[out] in (self.old_outs[out], self.new_outs[out]) or self.gone(out) for out in found)

    def ends_undisturbed(self) -> None:
        done = self.run()
        assert done.code == 0, done.said
        assert self.state() == self.new


def _content(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""


@pytest.fixture(scope="module", params=CASES)
def trial(
    request: pytest.FixtureRequest, finished: Project, stages: Stages, tmp_path_factory: pytest.TempPathFactory
) -> Trial:
    folder = tmp_path_factory.mktemp(request.param)
    return Trial(finished, small(Project(folder / "project", given_params())), request.param, stages)


@pytest.mark.fault(32)
def test_killed_at_any_write_it_ends_as_if_undisturbed(trial: Trial) -> None:
    for at in trial.points():
        trial.renew()
        ended = trial.run(what="KILL", at=at)
        assert (ended.code, ended.writes) == (-9, at), ended.said
        assert trial.whole(), f"write {at} of {trial.writes}"
        trial.ends_undisturbed()


@pytest.mark.fault(34)
def test_a_disk_that_fails_at_any_write_leaves_whole_artefacts_and_one_message(trial: Trial) -> None:
    for number, at in enumerate(trial.points()):
        error = [*FAILS][number % len(FAILS)]
        trial.renew()
        ended = trial.run(what=error, at=at)
        if ended.code == 0:  # there was another way, a copy instead of a link, or it was of no account
            assert trial.outs() == trial.new_outs, f"write {at} of {trial.writes}"
            continue
        assert_told(ended, FAILS[error])
        assert trial.whole(), f"write {at} of {trial.writes}"
        assert not any(trial.gone(out) for out in trial.case.outs)


@pytest.mark.fault(34)
def test_a_disk_that_is_full_in_the_midst_of_a_file_leaves_what_there_was(trial: Trial) -> None:
    trial.renew()
    ended = trial.run(largest=100)
    assert_told(ended, "make room")
    assert trial.outs() == trial.old_outs


def assert_told(ended: Ended, why: str) -> None:
    assert ended.code == 1
    assert "error: " in ended.said
    assert why in ended.said
    assert "Traceback" not in ended.said
