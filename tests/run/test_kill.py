"""Killed with SIGKILL in the rounds, a member goes on and ends as if nothing had happened."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from .conftest import Project

pytestmark = [pytest.mark.keras, pytest.mark.slow]

ROUNDS = 4
ARGUMENTS = ["--member", "one", "--clips", "data/clips", "--features", "data/features", "--labels", "data/labels"]
OUTPUTS = ("probs.npy", "rounds.csv", "history.csv", "selections.csv", "feature_maps.npy")


def command(members: str, checkpoints: str) -> list[str]:
    where = ["--members", members, "--checkpoints", checkpoints]
    return [sys.executable, "-m", "stages.self_train", *ARGUMENTS, *where]


def kill_after_round(project: Project, number: int, members: str, checkpoints: str) -> None:
    """Run until round `number` has been published, then SIGKILL at once: the next round is under way."""
    process = subprocess.Popen(
        command(members, checkpoints), cwd=project.folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    wanted = project.folder / checkpoints / "one" / f"round-{number:04d}"
    while not wanted.exists():
        assert process.poll() is None, "the run ended before it could be killed"
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL


def outputs(project: Project, members: str) -> dict[str, bytes]:
    folder = project.folder / members / "one"
    return {name: (folder / name).read_bytes() for name in OUTPUTS}


def test_resumed_runs_end_bit_for_bit_as_an_undisturbed_one(copied: Project) -> None:
    copied.edit("self_train.rounds", ROUNDS)
    copied.edit("self_train.selection.lower", [0.0, 0.1])
    copied.edit("self_train.fit.epochs", 2)
    copied.edit("members.one.model.dropout", 0.3)
    subprocess.run(command("out/a", "out/a-checkpoints"), cwd=copied.folder, check=True, capture_output=True)
    for number in (1, 3):
        kill_after_round(copied, number, "out/b", "out/b-checkpoints")
        assert not (copied.folder / "out/b/one").exists()
    done = subprocess.run(
        command("out/b", "out/b-checkpoints"), cwd=copied.folder, check=True, capture_output=True, text=True
    )
    assert "going on after round 3 of 4" in done.stdout
    assert outputs(copied, "out/b") == outputs(copied, "out/a")
    assert not (copied.folder / "out/b-checkpoints/one").exists()


def test_a_checkpoint_of_other_settings_is_not_used(copied: Project) -> None:
    copied.edit("self_train.rounds", ROUNDS)
    kill_after_round(copied, 1, "out/c", "out/checkpoints")
    copied.edit("self_train.fit.learning_rate", 0.0005)
    done = subprocess.run(
        command("out/c", "out/checkpoints"), cwd=copied.folder, check=True, capture_output=True, text=True
    )
    assert "not used, starting over" in done.stderr
    assert "round 1 of 4" in done.stdout
    rounds = Path(copied.folder / "out/c/one/rounds.csv").read_text().splitlines()
    assert len(rounds) == 1 + ROUNDS
