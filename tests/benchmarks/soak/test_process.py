"""Who is hit, who is alive, and what a run says of its rounds."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.soak import process
from benchmarks.soak.process import KINDS, TRAINING
from pipeline.seeding import rng

LOG = """Running stage 'self_train@soak':
soak: going on after round 2 of 4
soak: round 3 of 4: 60 trusted + 31 pseudo-labels, validation accuracy 0.512, selected 40 of 70 above 0.55
soak: round 4 of 4: 60 trusted + 40 pseudo-labels, validation accuracy 0.537, selected 44 of 70 above 0.65
judge: round 1 of 1, fold 4: 175 clips, accuracy on its verified clips 0.195
"""


def test_every_kind_of_kill_is_drawn_where_all_have_someone_to_hit() -> None:
    random = rng(0, "soak")
    drawn = {process.choose(random, dvc=True, stage=True) for _ in range(200)}
    assert drawn == set(KINDS)


@given(dvc=st.booleans(), stage=st.booleans(), seed=st.integers(0, 1000))
def test_a_kill_hits_someone_who_is_there(dvc: bool, stage: bool, seed: int) -> None:
    kind = process.choose(rng(seed, "soak"), dvc=dvc, stage=stage)
    there = ([10] if dvc else []) + ([20, 21] if stage else [])
    if kind is None:
        assert not there
    else:
        hit = process.victims(kind, 10 if dvc else None, 20 if stage else None, there)
        assert hit
        assert set(hit) <= set(there)


def test_each_kind_of_kill_hits_whom_it_names() -> None:
    hit = {kind: process.victims(kind, 10, 20, [21, 20, 10]) for kind in KINDS}
    assert hit.pop("SIGKILL to all") == [10, 20, 21]
    assert hit.pop("SIGKILL to the stage") == [20]
    assert set(map(tuple, hit.values())) == {(10,)}
    assert KINDS["SIGTERM to DVC"] == signal.SIGTERM


@pytest.mark.parametrize(
    ("command", "name"),
    [
        (["/x/python", "-m", "stages.judge", "--clips", "data/clips"], "judge"),
        (["python", "-m", "stages.self_train", "--member", "soak", "--clips", "c"], TRAINING),
        (["/bin/bash", "-c", "python -m stages.judge --clips data/clips"], None),
        (["python", "-m", "dvc", "repro"], None),
        (["python", "-m"], None),
        ([], None),
    ],
)
def test_a_stage_is_known_by_its_command_line(command: list[str], name: str | None) -> None:
    assert process.stage_name(command) == name


def test_who_is_alive_is_looked_for_in_the_sessions_that_were_started(tmp_path: Path) -> None:
    (tmp_path / "stages").mkdir()
    (tmp_path / "stages" / "judge.py").write_text("import time\nprint('ready', flush=True)\ntime.sleep(60)\n")
    command = [sys.executable, "-m", "stages.judge"]
    with subprocess.Popen(command, cwd=tmp_path, start_new_session=True, stdout=subprocess.PIPE) as started:
        assert started.stdout
        started.stdout.readline()
        found = process.alive([started.pid])
        assert found.sessions == {started.pid: started.pid}
        assert found.stages == {started.pid: "judge"}
        assert process.memory(found.sessions) > 1
        assert os.getpid() not in found.sessions
        process.send("SIGKILL to all", found.sessions)
        while started.poll() is None:
            time.sleep(0.01)
    assert process.alive([started.pid]).sessions == {}
    assert process.memory([started.pid]) == 0


def test_rounds_are_counted_as_they_are_said() -> None:
    assert process.rounds_in(LOG) == [3, 4]
    assert process.round_reached(LOG) == 4
    assert process.round_reached("\n".join(LOG.splitlines()[:2])) == 2
    assert process.round_reached("soak: epoch 3") == 0


@given(st.lists(st.lists(st.integers(1, 30), max_size=30), max_size=6))
def test_rounds_trained_again_are_those_beyond_one_of_each(runs: list[list[int]]) -> None:
    logs = ["".join(f"soak: round {number} of 30: and so on\n" for number in run) for run in runs]
    every = [number for run in runs for number in run]
    assert process.rounds_again(logs) == sum(every.count(number) - 1 for number in set(every))


def test_a_run_is_refused_by_a_process_that_its_message_names() -> None:
    log = "soak: round 41 of 99\nerror: data/judged: process 41 is still writing it; wait\nERROR: failed to reproduce\n"
    assert process.refused(log, [41])
    assert not process.refused(log, [4, 99])
    assert not process.refused(log, [])
