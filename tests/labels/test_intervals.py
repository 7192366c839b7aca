"""Intervals hold what they are the interval of, and do not close because nothing was seen."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.labels import intervals
from pipeline.seeding import rng


def interval_of(p: np.ndarray, witnesses: int, draws: int = 100, seed: int = 0) -> tuple[float, float, float]:
    """The mean of `p`, and its interval where each resample believes the same."""
    random = rng(seed, "chance")
    drawn = [np.stack([p, np.zeros_like(p), random.random(p.size)]) for _ in range(draws)]
    out = intervals.came_out(drawn, np.ones(p.size, bool), witnesses, rng(seed, "unseen errors"))
    low, high = intervals.interval([draw[:, 0].mean(axis=1) for draw in out], float(p.mean()))
    assert low is not None
    assert high is not None
    return low, float(p.mean()), high


@given(
    st.lists(st.floats(0, 1) | st.sampled_from([0.0, 1.0, 1 - 1e-16, 0.997]), min_size=1, max_size=10),
    st.integers(0, 500),
    st.integers(1, 20),
)
def test_an_interval_holds_its_estimate_and_stays_open(beliefs, witnesses, draws):
    low, estimate, high = interval_of(np.array(beliefs), witnesses, draws)
    assert 0 <= low <= estimate <= high <= 1
    assert high > low or draws == 1


def test_eighteen_promoted_by_judges_of_twenty_four_verified_clips():
    """As it was found: 0.997, and an interval of [1.0, 1.0]."""
    low, estimate, high = interval_of(np.full(18, 0.997), 24)
    assert 0.7 < low < 0.95
    assert estimate == pytest.approx(0.997)
    assert high == 1.0


def test_the_more_was_seen_the_narrower():
    wide, narrower, narrow = (interval_of(np.full(50, 0.999), m) for m in (5, 50, 5000))
    assert wide[0] < narrower[0] < narrow[0] < 1
    assert narrow[0] > 0.97


@pytest.mark.parametrize("witnesses", [12, 24, 100])
def test_where_no_error_was_seen_what_comes_out_is_covered(witnesses):
    """Judges err at a rate that none of the verified clips showed, and are believed to be never wrong."""
    random, covered = np.random.default_rng(0), []
    while len(covered) < 200:
        rate = random.beta(0.5, 0.5)
        if random.binomial(witnesses, rate):
            continue  # an error was seen: the resamples have it
        came_out = 1 - random.binomial(18, rate) / 18
        low, _, high = interval_of(np.full(18, 1 - 1e-6), witnesses, seed=len(covered))
        covered.append(low <= came_out <= high)
    assert np.mean(covered) >= 0.92


def test_without_resamples_there_is_no_interval():
    assert intervals.interval([], 0.5) == (None, None)
