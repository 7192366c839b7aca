"""Runs of `dvc repro` to be killed: what of them is alive, and who is hit.

Conventions: each run is started in a session of its own, and whatever it starts stays in that session, orphans
included. A process of another session is never looked at twice, let alone hit.
"""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import psutil  # type: ignore[import-untyped]

from benchmarks.soak.project import MEMBER

KINDS = {
    "SIGKILL to all": signal.SIGKILL,
    "SIGKILL to DVC": signal.SIGKILL,
    "SIGTERM to DVC": signal.SIGTERM,
    "SIGINT to DVC": signal.SIGINT,
    "SIGKILL to the stage": signal.SIGKILL,
}
TRAINING = f"self_train@{MEMBER}"
_ROUND = re.compile(rf"^{MEMBER}: round (\d+) of \d+:", re.MULTILINE)
_REACHED = re.compile(rf"^{MEMBER}: (?:going on after )?round (\d+) of \d+", re.MULTILINE)


class Attempt:
    """One `dvc repro` in `folder`, its output in the file `log`."""

    def __init__(self, folder: Path, log: Path) -> None:
        log.parent.mkdir(parents=True, exist_ok=True)
        self.log, self.struck = log, False
        here = {
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}",
            "DVC_SITE_CACHE_DIR": str(folder.parent / "site-cache"),
            "DVC_NO_ANALYTICS": "1",
        }
        with open(log, "wb") as file:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "dvc", "repro"],
                cwd=folder,
                env=os.environ | here,
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def session(self) -> int:
        """The id of the session, which is that of the process of DVC."""
        return self._process.pid

    @property
    def code(self) -> int | None:
        """How DVC ended, None while it runs; what it started may outlive it."""
        return self._process.poll()

    @property
    def text(self) -> str:
        """What the run has said so far."""
        return self.log.read_text(encoding="utf-8", errors="replace")


@dataclass(frozen=True)
class Alive:
    """What is alive of some runs: the session of each process, and the name of each stage, by their ids."""

    sessions: dict[int, int]
    stages: dict[int, str]


def alive(sessions: Collection[int]) -> Alive:
    """Return the processes of `sessions` that have not ended."""
    found, named, parents = {}, {}, {}
    for pid in psutil.pids():
        with suppress(ProcessLookupError, PermissionError, psutil.Error):
            session = os.getsid(pid)
            if session in sessions and (process := psutil.Process(pid)).status() != psutil.STATUS_ZOMBIE:
                found[pid] = session
                if name := stage_name(process.cmdline()):
                    named[pid], parents[pid] = name, process.ppid()
    # A worker that was forked goes by the command line of its stage.
    return Alive(found, {pid: name for pid, name in named.items() if parents[pid] not in named})


def stage_name(command: list[str]) -> str | None:
    """Return the stage that a command line runs, as DVC calls it, or None."""
    if command[1:2] != ["-m"] or not command[2:3] or not command[2].startswith("stages."):
        return None
    name = command[2].removeprefix("stages.")
    return f"{name}@{command[command.index('--member') + 1]}" if "--member" in command else name


def memory(processes: Collection[int]) -> float:
    """Return the resident memory of processes in MB; those that have ended count for nothing."""
    total = 0
    for pid in processes:
        with suppress(psutil.Error):
            total += psutil.Process(pid).memory_info().rss
    return total / 1e6


def choose(random: np.random.Generator, *, dvc: bool, stage: bool) -> str | None:
    """Draw one of `KINDS` among those that have someone to hit: whether DVC runs, and whether a stage does."""
    there = {"to all": dvc or stage, "to DVC": dvc, "to the stage": stage}
    possible = [kind for kind in KINDS if there[kind.split(" ", 1)[1]]]
    return str(random.choice(possible)) if possible else None


def victims(kind: str, dvc: int | None, stage: int | None, everyone: Collection[int]) -> list[int]:
    """Return the processes that a kind of kill hits."""
    if kind.endswith("to all"):
        return sorted(everyone)
    hit = dvc if kind.endswith("to DVC") else stage
    return [] if hit is None else [hit]


def send(kind: str, pids: Collection[int]) -> None:
    """Send the signal of a kind of kill."""
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, KINDS[kind])


def rounds_in(log: str) -> list[int]:
    """Return the rounds that a run says it has finished, in order."""
    return [int(number) for number in _ROUND.findall(log)]


def round_reached(log: str) -> int:
    """Return the last round that a run has finished or taken over from an earlier one, 0 where there is none."""
    return int(found[-1]) if (found := _REACHED.findall(log)) else 0


def rounds_again(logs: Collection[str]) -> int:
    """Return how many finished rounds were trained once more, over all runs of one lap."""
    done = [number for log in logs for number in rounds_in(log)]
    return len(done) - len(set(done))


def refused(log: str, others: Collection[int]) -> bool:
    """Say whether a run that failed did so because one of the processes `others` was still at work: it names it."""
    lines = [line for line in log.splitlines() if line.lower().startswith("error:")]
    return any(set(map(int, re.findall(r"\d+", line))).intersection(others) for line in lines)
