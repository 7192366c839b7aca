"""One lap: a run from nothing to its end, killed again and again on the way and started again each time."""

import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.soak.process import Alive, Attempt, alive, choose, refused, round_reached, send, victims

STEP = 0.25  # seconds between two looks
ENDING = 10.0  # seconds within which who was hit is gone, or goes on
PATIENCE = 15.0  # seconds before a run that was refused is tried again
LINGERING = 60.0  # seconds for what is still alive at the end of a lap
FAILURES = 3  # runs in a row that fail of themselves: the lap is given up


class Clock:
    """When the next kill is due: after exponential times of mean `every` seconds, for `seconds` from now."""

    def __init__(self, random: np.random.Generator, *, every: float, seconds: float) -> None:
        self._random, self._every, self._until = random, every, time.monotonic() + seconds
        self.wind()

    def wind(self) -> None:
        """Draw the time of the next kill."""
        self._next = time.monotonic() + self._random.exponential(self._every)

    @property
    def over(self) -> bool:
        return time.monotonic() >= self._until

    @property
    def due(self) -> bool:
        return not self.over and time.monotonic() >= self._next


class Lap:
    """Runs of `dvc repro` in `folder`, one after the other, until one comes to the end of the pipeline.

    `note` takes a row an event: a kill, a run that was refused, a run that failed of itself.
    """

    def __init__(self, folder: Path, logs: Path, note: Callable[[dict[str, Any]], None]) -> None:
        self._folder, self._logs, self._note = folder, logs, note
        self._attempts: dict[int, Attempt] = {}

    @property
    def said(self) -> list[str]:
        """The output of each run."""
        return [attempt.text for attempt in self._attempts.values()]

    def start(self) -> Attempt:
        """Start a run."""
        attempt = Attempt(self._folder, self._logs / f"{len(self._attempts) + 1:03d}.log")
        self._attempts[attempt.session] = attempt
        return attempt

    def alive(self) -> Alive:
        """Return what is alive of all runs."""
        return alive(self._attempts.keys())

    def stop(self) -> None:
        """Kill whatever is left."""
        while left := self.alive().sessions:
            send("SIGKILL to all", left)
            time.sleep(STEP)

    def run(self, clock: Clock, random: np.random.Generator) -> bool:
        """Start, kill when `clock` says so, start again; return whether a run came to the end and nothing is left."""
        failures = 0
        while failures < FAILURES:
            others = self.alive().sessions
            attempt = self.start()
            while attempt.code is None:
                self._kill_if_due(attempt, clock, random)
                time.sleep(STEP)
            if attempt.code == 0:
                return self._at_rest(attempt)
            if attempt.struck:
                failures = 0
            elif refused(attempt.text, others):
                self._note({"record": "refused"} | self._where(self.alive()))
                failures = 0
                self._wait(attempt, clock, random)
            else:
                failures += 1
                self._note({"record": "failed", "said": last_error(attempt.text)} | self._where(self.alive()))
        return False

    def _at_rest(self, attempt: Attempt) -> bool:
        until = time.monotonic() + LINGERING
        while (left := self.alive()).sessions and time.monotonic() < until:
            time.sleep(STEP)
        if left.sessions:
            self._note({"record": "failed", "said": f"{len(left.sessions)} processes linger"} | self._where(left))
            self.stop()
        return not left.sessions

    def _wait(self, attempt: Attempt, clock: Clock, random: np.random.Generator) -> None:
        """Wait for what is still at work; it may be hit meanwhile."""
        until = time.monotonic() + PATIENCE
        while self.alive().sessions and time.monotonic() < until:
            self._kill_if_due(attempt, clock, random)
            time.sleep(STEP)

    def _kill_if_due(self, attempt: Attempt, clock: Clock, random: np.random.Generator) -> None:
        if not clock.due:
            return
        now = self.alive()
        dvc = attempt.session if attempt.session in now.sessions else None
        stage = int(random.choice(list(now.stages))) if now.stages else None
        kind = choose(random, dvc=dvc is not None, stage=stage is not None)
        if kind is None:
            return
        row = {"record": "kill", "kind": kind} | self._where(now)
        hit = victims(kind, dvc, stage, now.sessions)
        ended = self._hit(kind, hit)
        attempt.struck |= ended and attempt.session in {now.sessions[pid] for pid in hit}
        self._note(row | {"ended": ended, "orphans": len(self.alive().stages)})
        clock.wind()

    def _hit(self, kind: str, hit: Iterable[int]) -> bool:
        """Send the signal; return whether all who were hit have ended soon after."""
        hit, until = set(hit), time.monotonic() + ENDING
        send(kind, hit)
        while left := hit.intersection(self.alive().sessions):
            if time.monotonic() > until:
                return False
            time.sleep(0.05)
        if kind.endswith("to all"):
            self.stop()  # who was born meanwhile
        return not left

    def _where(self, now: Alive) -> dict[str, Any]:
        """Return what was under way: the stages that are alive, and the last round of which they know."""
        reached = [round_reached(self._attempts[now.sessions[pid]].text) for pid in now.stages]
        return {"stage": " ".join(sorted(now.stages.values())), "round": max(reached, default=0)}


def last_error(log: str) -> str:
    """Return the last line of a run's output that says what went wrong, or its last line."""
    lines = [line.strip() for line in log.splitlines() if line.strip()]
    errors = [line for line in lines if "error" in line.lower() and not line.startswith("ERROR: failed to reproduce")]
    return (errors or lines or [""])[-1]
