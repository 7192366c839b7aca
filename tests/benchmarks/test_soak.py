"""The soak's benchmark: who is hit, what is lost by it, and what two runs have in common."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks import _soak_compare, _soak_lap, _soak_memory, _soak_process, _soak_project, _soak_table
from benchmarks._soak_process import KINDS, TRAINING
from pipeline.params import load_params
from pipeline.seeding import rng

LOG = """Running stage 'self_train@soak':
soak: going on after round 2 of 4
soak: round 3 of 4: 60 trusted + 31 pseudo-labels, validation accuracy 0.512, selected 40 of 70 above 0.55
soak: round 4 of 4: 60 trusted + 40 pseudo-labels, validation accuracy 0.537, selected 44 of 70 above 0.65
judge: round 1 of 1, fold 4: 175 clips, accuracy on its verified clips 0.195
"""


def test_every_kind_of_kill_is_drawn_where_all_have_someone_to_hit() -> None:
    random = rng(0, "soak")
    drawn = {_soak_process.choose(random, dvc=True, stage=True) for _ in range(200)}
    assert drawn == set(KINDS)


@given(dvc=st.booleans(), stage=st.booleans(), seed=st.integers(0, 1000))
def test_a_kill_hits_someone_who_is_there(dvc: bool, stage: bool, seed: int) -> None:
    kind = _soak_process.choose(rng(seed, "soak"), dvc=dvc, stage=stage)
    there = ([10] if dvc else []) + ([20, 21] if stage else [])
    if kind is None:
        assert not there
    else:
        hit = _soak_process.victims(kind, 10 if dvc else None, 20 if stage else None, there)
        assert hit
        assert set(hit) <= set(there)


def test_each_kind_of_kill_hits_whom_it_names() -> None:
    hit = {kind: _soak_process.victims(kind, 10, 20, [21, 20, 10]) for kind in KINDS}
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
    assert _soak_process.stage_name(command) == name


def test_who_is_alive_is_looked_for_in_the_sessions_that_were_started(tmp_path: Path) -> None:
    (tmp_path / "stages").mkdir()
    (tmp_path / "stages" / "judge.py").write_text("import time\nprint('ready', flush=True)\ntime.sleep(60)\n")
    command = [sys.executable, "-m", "stages.judge"]
    with subprocess.Popen(command, cwd=tmp_path, start_new_session=True, stdout=subprocess.PIPE) as process:
        assert process.stdout
        process.stdout.readline()
        found = _soak_process.alive([process.pid])
        assert found.sessions == {process.pid: process.pid}
        assert found.stages == {process.pid: "judge"}
        assert _soak_process.memory(found.sessions) > 1
        assert os.getpid() not in found.sessions
        _soak_process.send("SIGKILL to all", found.sessions)
        while process.poll() is None:
            time.sleep(0.01)
    assert _soak_process.alive([process.pid]).sessions == {}
    assert _soak_process.memory([process.pid]) == 0


def test_rounds_are_counted_as_they_are_said() -> None:
    assert _soak_process.rounds_in(LOG) == [3, 4]
    assert _soak_process.round_reached(LOG) == 4
    assert _soak_process.round_reached("\n".join(LOG.splitlines()[:2])) == 2
    assert _soak_process.round_reached("soak: epoch 3") == 0


@given(st.lists(st.lists(st.integers(1, 30), max_size=30), max_size=6))
def test_rounds_trained_again_are_those_beyond_one_of_each(runs: list[list[int]]) -> None:
    logs = ["".join(f"soak: round {number} of 30: and so on\n" for number in run) for run in runs]
    every = [number for run in runs for number in run]
    assert _soak_process.rounds_again(logs) == sum(every.count(number) - 1 for number in set(every))


def test_a_run_is_refused_by_a_process_that_its_message_names() -> None:
    log = "soak: round 41 of 99\nerror: data/judged: process 41 is still writing it; wait\nERROR: failed to reproduce\n"
    assert _soak_process.refused(log, [41])
    assert not _soak_process.refused(log, [4, 99])
    assert not _soak_process.refused(log, [])


def test_a_clock_strikes_after_exponential_times_until_it_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0
    monkeypatch.setattr(_soak_lap.time, "monotonic", lambda: now)
    clock, struck = _soak_lap.Clock(rng(0, "soak"), every=60, seconds=60_000), []
    while not clock.over:
        now += 0.5
        if clock.due:
            struck.append(now)
            clock.wind()
    waits = np.diff(struck)
    # Mean and standard deviation of 1,000 exponential times: 60, give or take three standard errors.
    assert waits.mean() == pytest.approx(60, abs=6)
    assert waits.std() == pytest.approx(60, abs=9)
    assert not clock.due


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "one"
    for name in ("data/members/soak", "data/clips", "reports/tables"):
        (folder / name).mkdir(parents=True)
    np.save(folder / "data/members/soak/probs.npy", np.array([[0.25, 0.75], [np.nan, np.nan]], np.float32))
    (folder / "data/clips/clips.csv").write_text("clip_id,fold\na,1\nb,2\n")
    (folder / "reports/metrics.json").write_text(json.dumps({"accuracy": 0.5, "by": [{"class": "x", "n": 3}]}))
    (folder / "reports/tables/t.csv").write_text("name\nx\n")
    return folder


@pytest.fixture
def other(project: Path) -> Path:
    return Path(shutil.copytree(project, project.with_name("two")))


def test_a_copy_does_not_differ_whatever_lock_it_has(project: Path, other: Path) -> None:
    (other / "data" / ".clips.lock").write_text("process 12\n")
    assert _soak_compare.compare(project, other).empty
    assert len(_soak_compare.checksums(other)) == 4


def test_what_differs_is_named_with_the_size_of_the_difference(project: Path, other: Path) -> None:
    np.save(other / "data/members/soak/probs.npy", np.array([[0.5, 0.5], [np.nan, np.nan]], np.float32))
    (other / "data/clips/clips.csv").unlink()
    (other / "data/clips/.clips.csv.tmp").write_text("")
    (other / "reports/metrics.json").write_text(json.dumps({"accuracy": 0.5, "by": [{"class": "x", "n": 1}]}))
    (other / "reports/tables/t.csv").write_text("name\ny\n")
    found = _soak_compare.compare(project, other).set_index("file")
    assert found["what"].to_dict() == {
        "data/clips/.clips.csv.tmp": "left over",
        "data/clips/clips.csv": "missing",
        "data/members/soak/probs.npy": "differs",
        "reports/metrics.json": "differs",
        "reports/tables/t.csv": "differs",
    }
    assert found.loc["data/members/soak/probs.npy", "largest"] == 0.25
    assert found.loc["reports/metrics.json", "largest"] == 2
    assert np.isnan(found.loc["reports/tables/t.csv", "largest"])


def test_numbers_that_cannot_be_paired_have_no_difference(project: Path, other: Path) -> None:
    path = "data/members/soak/probs.npy"
    for array in (np.zeros(3, np.float32), np.zeros((2, 2), np.float32)):
        np.save(other / path, array)
        assert np.isnan(_soak_compare.difference(project / path, other / path))
    (other / path).write_bytes(b"cut")
    assert np.isnan(_soak_compare.difference(project / path, other / path))


def test_weights_are_compared_by_their_numbers(tmp_path: Path) -> None:
    h5py = pytest.importorskip("h5py")
    for name, value in (("a.h5", 1.0), ("b.h5", 1.5)):
        with h5py.File(tmp_path / name, "w") as file:
            file.create_group("layer").create_dataset("kernel", data=np.array([value, 2.0], np.float32))
    assert _soak_compare.difference(tmp_path / "a.h5", tmp_path / "b.h5") == 0.5


@given(st.lists(st.floats(-100, 100), min_size=4, max_size=30), st.floats(-5, 5))
def test_a_line_is_that_of_the_normal_equations(noise: list[float], slope: float) -> None:
    x = np.arange(1.0, len(noise) + 1)
    y = slope * x + np.array(noise)
    line = _soak_memory.fit_line(x, y)
    design = np.column_stack([np.ones_like(x), x])
    start, wanted = np.linalg.solve(design.T @ design, design.T @ y)
    left = y - design @ [start, wanted]
    error = np.sqrt(left @ left / (len(x) - 2) / np.sum((x - x.mean()) ** 2))
    assert line.slope == pytest.approx(wanted, abs=1e-8)
    assert line.start == pytest.approx(start, abs=1e-7)
    half = (line.high - line.low) / 2
    # Student's t between the 4.30 of two degrees of freedom and the 1.96 of many.
    assert 1.95 * error - 1e-6 <= half <= 4.31 * error + 1e-6


def test_a_line_needs_three_places() -> None:
    for x in (np.array([1.0, 2.0]), np.ones(5)):
        with pytest.raises(ValueError, match="expected three or more at different places"):
            _soak_memory.fit_line(x, np.zeros(len(x)))


def samples(growth: float, rounds: int = 12) -> pd.DataFrame:
    number = np.repeat(np.arange(1, rounds + 1), 4)
    seconds = np.arange(len(number), dtype=float)
    warm = np.minimum(number, 3) * 50
    return pd.DataFrame({"seconds": seconds, "round": number, "mb": 500 + warm + growth * number + seconds % 4})


def test_memory_is_that_of_the_rounds_after_the_first_ones() -> None:
    by_round = _soak_memory.by_round(samples(2.0))
    assert list(by_round["round"]) == list(range(1, 13))
    assert set(by_round["seconds"]) == {3.0}
    assert by_round["peak_mb"].iloc[-1] == 500 + 150 + 24 + 3
    line = _soak_memory.slope(by_round)
    assert line
    assert line.slope == pytest.approx(2)
    assert _soak_memory.slope(_soak_memory.by_round(samples(2.0, rounds=7))) is None


@pytest.mark.parametrize("rounds", [1, 12])
def test_memory_is_drawn(tmp_path: Path, rounds: int) -> None:
    _soak_memory.figure(samples(0.5, rounds), tmp_path / "memory.png")
    assert (tmp_path / "memory.png").stat().st_size > 5_000


def test_a_snapshot_is_the_project_with_one_member_of_many_rounds(root: Path, tmp_path: Path) -> None:
    _soak_project.snapshot(root, tmp_path, rounds=30, clips=240)
    params = load_params(tmp_path / "params.yaml")
    member = params.members[_soak_project.MEMBER]
    assert params.ensemble.members == [_soak_project.MEMBER]
    assert (member.rounds, member.restart, params.dataset.settings["clips"]) == (30, False, 240)
    assert (tmp_path / "stages" / "self_train.py").read_bytes() == (root / "stages" / "self_train.py").read_bytes()
    assert (tmp_path / "data" / "corrections.csv").exists()
    assert not any((tmp_path / name).exists() for name in (".git", ".venv", "data/clips", "data/checkpoints"))


def test_without_git_nothing_is_copied_that_a_run_has_made(tmp_path: Path) -> None:
    for name in ("stages/judge.py", "data/corrections.csv", "data/.gitignore", ".dvc/config"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("")
    wanted = _soak_project.project_files(tmp_path)
    for name in ("data/clips/clips.csv", "reports/index.html", ".dvc/cache/x", ".dvc/tmp/y", "a/__pycache__/b.pyc"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("")
    assert _soak_project.project_files(tmp_path) == wanted
    assert len(wanted) == 4


def test_a_fresh_copy_has_nothing_of_the_lap_before(project: Path, tmp_path: Path) -> None:
    lap = tmp_path / "lap"
    (lap / "data").mkdir(parents=True)
    (lap / "data" / "old").write_text("")
    _soak_project.fresh(project, lap)
    assert _soak_compare.compare(project, lap).empty


def test_what_was_survived_is_summed_up() -> None:
    rows = pd.DataFrame(
        [
            {"record": "undisturbed", "lap": 0, "ended": True, "took": 600},
            {"record": "kill", "kind": "SIGKILL to all", "stage": TRAINING, "ended": True, "orphans": 0},
            {"record": "kill", "kind": "SIGTERM to DVC", "stage": TRAINING, "ended": True, "orphans": 1},
            {"record": "kill", "kind": "SIGINT to DVC", "stage": "", "ended": False, "orphans": 1},
            {"record": "refused", "stage": TRAINING},
            {"record": "lap", "ended": True, "took": 750, "rounds": 33, "rounds_again": 3, "files": 9, "differing": 0},
            {"record": "lap", "ended": False, "took": 60, "rounds": 1, "rounds_again": 0},
        ],
        columns=list(_soak_table.COLUMNS),
    )
    memory = pd.DataFrame({"stage": ["judge", TRAINING, TRAINING], "mb": [900.0, 1000.0, 1100.0]})
    text = _soak_table.markdown(rows, memory, _soak_memory.Line(0.1, -0.2, 0.4, 900))
    assert "| kills | 3: 1 SIGKILL to all, 1 SIGTERM to DVC, 1 SIGINT to DVC |" in text
    assert "| left an orphan | 1 |" in text
    assert "| laps | 2, in 12.5, 1.0 minutes; undisturbed 10.0 |" in text
    assert "| rounds | 34 trained, 3 of them once more, 1 more cut off |" in text
    assert "| laps that differ from the undisturbed run | 1 of 2, 9 files compared |" in text
    assert "| memory by round | +0.10 MB a round (95%: -0.20 to +0.40), after 5 rounds |" in text
    assert f"| peak memory | judge 900 MB, {TRAINING} 1,100 MB |" in text


def test_the_reason_of_a_failure_is_that_of_the_stage() -> None:
    log = "x\nerror: data/clips: missing\nERROR: failed to reproduce 'judge': exited with 1\n"
    assert _soak_lap.last_error(log) == "error: data/clips: missing"
    assert _soak_lap.last_error("only this\n") == "only this"
    assert _soak_lap.last_error("") == ""
