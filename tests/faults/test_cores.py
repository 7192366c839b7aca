"""How many cores there are, how many of them are allowed and how many jobs are asked for changes no result."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import psutil
import pytest
from threadpoolctl import threadpool_info

from pipeline.errors import ParamsError
from pipeline.judges.network.cross_fitting import Answer, Lesson
from pipeline.params.schema import Compute
from stages import common
from tests.faults.conftest import ROOT, Project
from tests.run import conftest as runs

pytestmark = pytest.mark.keras

finished, whole_run = runs.finished, runs.copied
JUDGE = ("--clips", "data/clips", "--features", "data/features", "--judged", "data/judged")
MEMBER = ("--clips", "data/clips", "--features", "data/features", "--judged", "data/judged", "--labels", "data/labels")


@contextmanager
def one_core() -> Iterator[None]:
    """Allow a single core to the processes that are started meanwhile."""
    allowed = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(allowed)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, allowed)


def written(project: runs.Project, folder: str) -> dict[str, bytes]:
    found = project.folder / "data" / folder
    return {path.name: path.read_bytes() for path in sorted(found.iterdir())}


@pytest.mark.slow
@pytest.mark.fault(70)
def test_one_job_on_one_core_gives_the_bytes_of_all_jobs_on_all_cores(whole_run: runs.Project) -> None:
    folders = ("judged/network", "judged/linear", "members/one")
    before = {folder: written(whole_run, folder) for folder in folders}
    whole_run.edit("compute.jobs", 1)
    with one_core():
        done = [
            whole_run.stage("judge", "--judge", "network", *JUDGE, "--checkpoints", "data/checkpoints"),
            whole_run.stage("judge", "--judge", "linear", *JUDGE, "--checkpoints", "data/checkpoints"),
            whole_run.stage(
                "self_train", "--member", "one", *MEMBER, "--members", "data/members", "--checkpoints", "data/ck"
            ),
        ]
    assert [stage.returncode for stage in done] == [0, 0, 0], done
    assert "judge: round 2 of 2" in done[0].stdout
    assert {folder: written(whole_run, folder) for folder in folders} == before


def at_work(stage: psutil.Process) -> list[psutil.Process]:
    """The stage's processes that have loaded TensorFlow: they do so when they are given a network to fit."""
    return [child for child in stage.children() if any("tensorflow" in part.path for part in child.memory_maps())]


@pytest.mark.slow
@pytest.mark.fault(71)
def test_judges_end_with_a_stage_that_is_killed(copied: Project) -> None:
    patches = {"crop": {"frames": 8, "test_crops": 1}}
    copied.params["judges"]["network"] = {"epochs": 1_000_000, "patches": patches}
    copied.params["compute"]["jobs"] = 2
    stage = subprocess.Popen(
        [sys.executable, *copied.command("judge@network")],
        cwd=copied.folder,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )
    whole = psutil.Process(stage.pid)
    while len(at_work(whole)) < 2:
        assert stage.poll() is None, "the stage ended before it could be killed"
        time.sleep(0.2)
    left = whole.children(recursive=True)
    try:
        stage.kill()
        stage.wait()
        _, alive = psutil.wait_procs(left, timeout=10)
        assert not alive
    finally:
        for process in left:
            if process.is_running():
                process.kill()


def threads_of(lesson: Lesson) -> Answer:
    import tensorflow as tf

    networks = tf.config.threading.get_intra_op_parallelism_threads()
    return Answer(np.array([networks, *(pool["num_threads"] for pool in threadpool_info())]), [])


@pytest.fixture
def many_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 64)


@pytest.mark.slow
@pytest.mark.fault(72)
@pytest.mark.usefixtures("many_cores")
def test_judges_that_train_side_by_side_have_one_thread_each() -> None:
    from pipeline.judges.network import fitted
    from pipeline.networks import backend

    machine = backend.configure("cpu", "float32")
    none = np.empty(0, int)
    lessons = [Lesson(none, np.empty((0, 2)), none.astype(bool), none, f"fold {fold}") for fold in range(2)]
    fit = fitted.side_by_side(Compute(precision="float32", threads=2, jobs=2), machine, 2)
    for answer in fit(threads_of, lessons):
        assert len(answer.probs) > 1
        assert set(answer.probs) == {1}


@pytest.mark.fault(72)
@pytest.mark.usefixtures("many_cores")
@pytest.mark.parametrize(("stage", "threads"), [("autoencoder", 3), ("judge@network", 1), ("self_train", 3)])
def test_networks_have_the_threads_of_the_params_and_judges_one(
    copied: Project, monkeypatch: pytest.MonkeyPatch, stage: str, threads: int
) -> None:
    from pipeline.networks import backend

    def refuse(device: str, precision: str, *, threads: int) -> None:
        raise ParamsError(f"{threads} threads asked for")

    monkeypatch.setattr(backend, "configure", refuse)
    copied.params["compute"]["threads"] = 3
    copied.params["judges"]["network"] = {"epochs": 1}
    assert copied.refused(stage) == f"{threads} threads asked for"


@pytest.mark.fault(72)
def test_the_linear_algebra_of_a_stage_has_one_thread(copied: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    found = []
    monkeypatch.setattr(sys, "argv", ["a stage", "--params", str(_params(copied))])
    common.run(lambda *_: found.extend(threadpool_info()), "A stage.")
    assert found
    assert {pool["num_threads"] for pool in found} == {1}


def _params(project: Project) -> Path:
    project.command("spread")
    return project.folder / "params.yaml"
