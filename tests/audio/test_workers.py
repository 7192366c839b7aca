"""Processes that may hang, crash or eat the memory, and what is left of the others' work."""

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from pipeline.audio import extraction
from pipeline.compute import workers
from pipeline.compute.workers import Lost
from pipeline.params.data import Features

ROOT = Path(__file__).parents[2]
HANG, CRASH = "__import__('time').sleep(60)", "__import__('signal').raise_signal(11)"


def run(expressions: Sequence[str], **changes: Any) -> list[Any]:
    """Evaluate each in a worker."""
    return list(ask(expressions, **changes))


def ask(expressions: Sequence[str], **changes: Any) -> Iterator[Any]:
    # Processes are forked from what the first of all tests had imported: let that be what others need.
    limits: Any = {"jobs": 2, "seconds": 30.0, "memory": 2**28, "preload": extraction.modules(Features(name="mel"))}
    return workers.run(eval, [(expression,) for expression in expressions], **limits | changes)


def gone(pid: int) -> bool:
    """Whether a process is no more, or a zombie that waits to be collected."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").split()[2] == "Z"
    except FileNotFoundError:
        return True


def wait_until(condition: Any) -> None:
    end = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < end, "it did not happen within 30 s"
        time.sleep(0.02)


@pytest.mark.parametrize("jobs", [1, 2, 5])
def test_answers_come_in_order_whichever_is_ready_first(jobs: int) -> None:
    slow = "__import__('time').sleep(0.2) or 0"
    assert run([slow, *map(str, range(1, 100))], jobs=jobs) == list(range(100))


def test_nothing_to_do_starts_nothing() -> None:
    assert run([]) == []


def test_a_call_that_hangs_is_lost_alone() -> None:
    assert run(["1", HANG, "3", "4"], seconds=0.5) == [1, Lost("took longer than 0.5 s"), 3, 4]


@pytest.mark.parametrize(
    ("expression", "reason"),
    [
        (CRASH, "crashed (signal 11)"),
        ("__import__('os').abort()", "crashed (signal 6)"),
        ("__import__('os')._exit(3)", "crashed (exit code 3)"),
    ],
)
def test_a_call_that_ends_its_process_is_lost_alone(expression: str, reason: str) -> None:
    assert run(["1", expression, "3", "4"]) == [1, Lost(reason), 3, 4]


def test_every_call_may_be_lost() -> None:
    assert run([CRASH] * 5) == [Lost("crashed (signal 11)")] * 5


def test_a_call_whose_process_was_killed_for_once_is_tried_again(tmp_path: Path) -> None:
    once = f"__import__('os').mkdir({str(tmp_path / 'seen')!r}) or {CRASH}"
    assert run([f"2 if __import__('os').path.exists({str(tmp_path / 'seen')!r}) else {once}", "3"]) == [2, 3]


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="memory is bounded on Linux alone")
def test_a_call_that_wants_all_the_memory_is_lost_alone() -> None:
    assert run(["1", "len(bytearray(2**38))", "3"]) == [1, Lost("needed more than 0.25 GiB of memory"), 3]
    assert run(["len(bytearray(2**27))"]) == [2**27]


def test_memory_stays_bounded_for_the_next_call() -> None:
    wasteful = "sum(len(bytearray(2**26)) for _ in range(5)) // 2**26"
    assert run([wasteful] * 2, jobs=1) == [5] * 2


def test_an_error_of_ours_is_raised_with_where_it_came_from() -> None:
    with pytest.raises(ZeroDivisionError) as caught:
        run(["1", "1 / 0", "3"])
    assert "in _answer" in caught.value.__notes__[0]
    assert multiprocessing.active_children() == []


def test_an_error_that_cannot_be_sent_is_told() -> None:
    with pytest.raises(RuntimeError, match=r"Odd: 1, 2"):
        run(["(_ for _ in ()).throw(type('Odd', (Exception,), {})('1, 2'))"])


def test_a_worker_that_cannot_start_ends_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    module = ModuleType("known_here_alone")
    exec("def answer(): return 1", module.__dict__)
    monkeypatch.setitem(sys.modules, "known_here_alone", module)
    with pytest.raises(RuntimeError, match="could not start"):
        list(workers.run(module.answer, [()], jobs=1, seconds=5, memory=2**28))


def test_time_in_which_nobody_asks_does_not_count() -> None:
    answers = ask(["1", "__import__('time').sleep(0.3) or 2"], seconds=0.5)
    assert next(answers) == 1
    time.sleep(0.8)
    assert next(answers) == 2


def test_whoever_stops_asking_leaves_no_process_behind() -> None:
    answers = ask(["__import__('os').getpid()", HANG, HANG])
    pid = next(answers)
    answers.close()
    assert multiprocessing.active_children() == []
    wait_until(lambda: gone(pid))


@pytest.mark.parametrize("how", ["Ctrl-C", "killed"])
def test_no_process_outlives_the_run(tmp_path: Path, how: str) -> None:
    (tmp_path / "program.py").write_text(f"""
import pathlib, os, time
from pipeline.compute import workers
def hang(i):
    pathlib.Path({str(tmp_path)!r}, f"{{os.getpid()}}.pid").touch()
    time.sleep(60)
if __name__ == "__main__":
    list(workers.run(hang, [(0,), (1,)], jobs=2, seconds=50, memory=2**28))
""")
    program = subprocess.Popen(
        [sys.executable, str(tmp_path / "program.py")],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    wait_until(lambda: len(list(tmp_path.glob("*.pid"))) == 2)
    if how == "Ctrl-C":
        os.killpg(program.pid, signal.SIGINT)
    else:
        program.kill()
    said = program.communicate(timeout=30)[1]
    assert program.returncode == (-signal.SIGINT if how == "Ctrl-C" else -signal.SIGKILL)
    assert said.count("Traceback") == (how == "Ctrl-C"), said
    wait_until(lambda: all(gone(int(path.stem)) for path in tmp_path.glob("*.pid")))
