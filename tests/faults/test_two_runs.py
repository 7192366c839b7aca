"""Two runs never write the same thing at once, also when the first has lost the DVC that began it."""

import fcntl
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.files import locks
from tests.run.conftest import Project, copy_project, make_tiny

pytestmark = pytest.mark.slow

LAST = "spectrograms"


@pytest.fixture
def project(root: Path, tmp_path: Path) -> Project:
    made = copy_project(root, tmp_path / "project")
    make_tiny(made)
    return made


class Standing:
    """A `dvc repro` whose stage `LAST` was stopped in the midst of its work."""

    def __init__(self, project: Project) -> None:
        self.features = project.folder / "data" / "features"
        command = [sys.executable, "-m", "dvc", "repro", LAST]

        self.dvc = subprocess.Popen(command, cwd=project.folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.stage = self._stage()
        os.kill(self.stage, signal.SIGSTOP)
        assert not self.features.exists()

    def _stage(self) -> int:
        lock = locks.path_of(self.features)
        while not (lock.is_file() and lock.read_text().endswith("\n")):
            assert self.dvc.poll() is None, "the run ended before it could be stopped"
            time.sleep(0.002)
        return int(lock.read_text().removeprefix("process "))

    def goes_on(self) -> None:
        os.kill(self.stage, signal.SIGCONT)

    def wait_for_the_stage(self) -> None:
        with open(locks.path_of(self.features), "rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX)

    def end(self) -> None:
        for number in (self.stage, self.dvc.pid):
            try:
                os.kill(number, signal.SIGKILL)
            except ProcessLookupError:
                continue
        self.dvc.wait()


@pytest.fixture
def standing(project: Project) -> Iterator[Standing]:
    made = Standing(project)
    yield made
    made.end()


def frames(project: Project) -> bytes:
    return (project.folder / "data" / "features" / "frames.npy").read_bytes()


@pytest.fixture(scope="module")
def undisturbed(root: Path, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """What a run that nobody disturbed makes."""
    other = copy_project(root, tmp_path_factory.mktemp("undisturbed") / "project")
    make_tiny(other)
    other.dvc("repro", LAST)
    return frames(other)


@pytest.mark.fault(33)
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_a_stage_that_outlives_its_dvc_is_not_written_beside(
    project: Project, standing: Standing, undisturbed: bytes, number: signal.Signals
) -> None:
    standing.dvc.send_signal(number)
    assert standing.dvc.wait() != 0
    second = project.dvc("repro", LAST, check=False)
    assert second.returncode != 0
    told = f"error: data/features: process {standing.stage} is still writing it"
    assert told in second.stdout + second.stderr
    assert not standing.features.exists()
    standing.goes_on()
    standing.wait_for_the_stage()
    project.dvc("repro", LAST)
    assert frames(project) == undisturbed


@pytest.mark.fault(33)
def test_an_interrupt_of_dvc_alone_leaves_nothing_behind(project: Project, standing: Standing) -> None:
    standing.dvc.send_signal(signal.SIGINT)
    assert project.dvc("repro", LAST, check=False).returncode != 0
    standing.goes_on()
    standing.dvc.wait()
    standing.wait_for_the_stage()
    project.dvc("repro", LAST)
    assert "up to date" in project.dvc("repro", LAST).stdout
    assert [path.name for path in standing.features.parent.glob(".features.*")] == [".features.lock"]


@pytest.mark.fault(35)
def test_of_two_runs_at_once_one_is_refused_and_the_other_ends_well(project: Project, standing: Standing) -> None:
    second = project.dvc("repro", LAST, check=False)
    assert second.returncode != 0
    assert "busy" in second.stdout + second.stderr
    standing.goes_on()
    assert standing.dvc.wait() == 0
    assert "up to date" in project.dvc("repro", LAST).stdout


def test_an_interrupted_stage_says_so_and_leaves_no_traceback(project: Project) -> None:
    project.stage("prepare", "--raw", "data/raw", "--listed", "data/listed")
    command = [sys.executable, "-m", "stages.spectrograms", "--listed", "data/listed", "--raw", "data/raw"]
    process = subprocess.Popen(
        [*command, "--features", "data/features"], cwd=project.folder, text=True, stderr=subprocess.PIPE
    )
    lock = project.folder / "data" / ".features.lock"
    while not (lock.is_file() and lock.read_text()):
        assert process.poll() is None
        time.sleep(0.002)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate()
    assert process.returncode == 130
    assert "stopped; `dvc repro` goes on" in said
    assert "Traceback" not in said
    assert not (project.folder / "data" / "features").exists()
