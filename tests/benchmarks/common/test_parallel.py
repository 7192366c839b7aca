"""Benchmarks that measure in processes of their own: as many threads as on any machine, and none outlives the run."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from benchmarks.common import parallel

THREADS = ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS", "OMP_NUM_THREADS")


def told(job: str) -> Iterator[parallel.Row]:
    yield {"job": job, **{name: os.environ[name] for name in THREADS}}


def test_one_process_of_many_cores_has_the_threads_of_one_of_many_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in THREADS:
        monkeypatch.setenv(name, "5")
    monkeypatch.setattr(os, "cpu_count", lambda: 64)
    assert list(parallel.measure(told, ["a"], 1)) == [{"job": "a", **dict.fromkeys(THREADS, "1")}]


def test_processes_end_with_a_run_that_is_killed(root: Path, tmp_path: Path) -> None:
    (tmp_path / "hangs.py").write_text(f"""
import os, pathlib, time
from benchmarks.common import parallel
def rows_of(job):
    pathlib.Path({str(tmp_path)!r}, f"{{os.getpid()}}.pid").touch()
    time.sleep(300)
    yield {{}}
if __name__ == "__main__":
    list(parallel.measure(rows_of, [1, 2], 2))
""")
    run = subprocess.Popen([sys.executable, str(tmp_path / "hangs.py")], env=os.environ | {"PYTHONPATH": str(root)})
    while len(list(tmp_path.glob("*.pid"))) < 2:
        assert run.poll() is None, "the run ended before it could be killed"
        time.sleep(0.05)
    left = psutil.Process(run.pid).children(recursive=True)
    run.kill()
    run.wait()
    _, alive = psutil.wait_procs(left, timeout=10)
    for process in alive:
        process.kill()
    assert not alive
