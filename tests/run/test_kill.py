"""Killed with SIGKILL in the rounds, `dvc repro` goes on and ends as if nothing had happened."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from .conftest import Project

pytestmark = [pytest.mark.keras, pytest.mark.slow]

ROUNDS = 4
OUTPUTS = ("probs.npy", "rounds.csv", "history.csv", "selections.csv", "feature_maps.npy")


@pytest.fixture
def longer(copied: Project) -> Project:
    """A finished run whose member `one` is to be trained anew, in four rounds, with dropout and pseudo-labels."""
    copied.edit("self_train.rounds.number", ROUNDS)
    copied.edit("self_train.rounds.thresholds.lower", [0.0, 0.1])
    copied.edit("self_train.epochs", 2)
    copied.edit("members.one", {"network": {"dropout": 0.3}})
    return copied


def kill_after_round(project: Project, number: int) -> None:
    """Run until round `number` has been published, then SIGKILL DVC and its stage: the next round is under way."""
    process = subprocess.Popen(
        [sys.executable, "-m", "dvc", "repro", "self_train@one"],
        cwd=project.folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    wanted = project.folder / "data" / "checkpoints" / "one" / f"round-{number:04d}"
    while not wanted.exists():
        assert process.poll() is None, "the run ended before it could be killed"
        time.sleep(0.005)
    os.killpg(process.pid, signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL


def outputs(project: Project) -> dict[str, bytes]:
    folder = project.folder / "data" / "members" / "one"
    return {name: (folder / name).read_bytes() for name in OUTPUTS}


def test_resumed_runs_end_bit_for_bit_as_an_undisturbed_one(longer: Project, tmp_path: Path) -> None:
    shutil.copytree(longer.folder, tmp_path / "undisturbed", symlinks=True)
    undisturbed = Project(tmp_path / "undisturbed")
    undisturbed.dvc("repro", "self_train@one")
    before = outputs(longer)
    for number in (1, 3):
        kill_after_round(longer, number)
        assert outputs(longer) == before
    assert "going on after round 3 of 4" in longer.dvc("repro", "self_train@one").stdout
    assert outputs(longer) == outputs(undisturbed)
    assert not (longer.folder / "data" / "checkpoints" / "one").exists()


def test_a_checkpoint_of_other_settings_is_not_used(longer: Project) -> None:
    kill_after_round(longer, 1)
    longer.edit("members.one.training", {"learning_rate": 0.0005})
    done = longer.dvc("repro", "self_train@one")
    assert "not used, starting over" in done.stderr
    assert "round 1 of 4" in done.stdout
    rounds = (longer.folder / "data" / "members" / "one" / "rounds.csv").read_text().splitlines()
    assert len(rounds) == 1 + ROUNDS
