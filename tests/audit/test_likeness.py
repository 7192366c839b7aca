"""Waveforms of one recording are alike whatever was done to them; others are not."""

import librosa
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.audit.likeness import SR, likeness, prepared


def sound(seed: int, seconds: float = 1.5) -> np.ndarray:
    """A few bursts of coloured noise."""
    random = np.random.default_rng(seed)
    n = int(seconds * SR)
    envelope = np.repeat(random.uniform(0.05, 1, 12), n // 12 + 1)[:n]
    return np.convolve(random.normal(size=n), random.normal(size=8), "same") * envelope


def alike(a: np.ndarray, b: np.ndarray) -> float:
    return likeness(prepared(a), prepared(b))


def test_it_is_the_correlation_where_both_are_as_long() -> None:
    a, b = prepared(sound(0)), prepared(0.7 * sound(0) + 0.3 * sound(1))
    oracle = abs(np.correlate(a, b)[0]) / np.linalg.norm(a) / np.linalg.norm(b)
    assert likeness(a, b) == pytest.approx(oracle, abs=1e-3)


@given(level=st.floats(0.01, 100), sign=st.sampled_from([-1, 1]), cut=st.integers(0, SR // 5), late=st.integers(0, SR))
def test_level_sign_shift_and_cut_change_little(level: float, sign: int, cut: int, late: int) -> None:
    a = sound(3)
    assert alike(a, np.concatenate([np.zeros(late), sign * level * a[cut:]])) > 0.97


def test_a_shift_by_part_of_a_sample_changes_little() -> None:
    fine = librosa.resample(sound(4), orig_sr=SR, target_sr=5 * SR)
    for late in range(1, 5):
        shifted = librosa.resample(np.concatenate([np.zeros(late), fine]), orig_sr=5 * SR, target_sr=SR)
        assert alike(sound(4), shifted) > 0.9


@given(seeds=st.tuples(st.integers(0, 10_000), st.integers(10_001, 20_000)))
def test_other_sounds_are_not_alike_and_the_order_is_nothing(seeds: tuple[int, int]) -> None:
    a, b = sound(seeds[0]), sound(seeds[1])
    assert alike(a, b) < 0.5
    assert alike(a, b) == pytest.approx(alike(b, a), abs=1e-3)


def test_hum_and_offset_make_nothing_alike() -> None:
    hum = 3 * np.sin(2 * np.pi * 50 * np.arange(int(1.5 * SR)) / SR) + 1
    assert alike(sound(5) + hum, sound(6) + hum) < 0.5


@pytest.mark.parametrize("n", [1, 2, 100])
def test_silence_and_almost_nothing_are_like_nothing(n: int) -> None:
    assert likeness(np.zeros(n, np.float32), prepared(sound(7))) == 0
    assert likeness(np.zeros(n, np.float32), np.zeros(n, np.float32)) == 0


def test_two_sounds_that_share_a_short_loud_click_are_not_alike() -> None:
    a, b = 0.1 * sound(8), 0.1 * sound(9)
    a[-3:], b[:3] = 5, 5
    assert alike(a, b) < 0.6
