"""When the next kill is due, and why a run failed."""

import numpy as np
import pytest

from benchmarks.soak import lap
from pipeline.seeding import rng


def test_a_clock_strikes_after_exponential_times_until_it_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0
    monkeypatch.setattr(lap.time, "monotonic", lambda: now)
    clock, struck = lap.Clock(rng(0, "soak"), every=60, seconds=60_000), []
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


def test_the_reason_of_a_failure_is_that_of_the_stage() -> None:
    log = "x\nerror: data/clips: missing\nERROR: failed to reproduce 'judge': exited with 1\n"
    assert lap.last_error(log) == "error: data/clips: missing"
    assert lap.last_error("only this\n") == "only this"
    assert lap.last_error("") == ""
