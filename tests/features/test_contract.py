"""What every feature promises: run over all there are, so that a new one is tested the moment it exists."""

from typing import Any

import numpy as np
import pytest

from pipeline.errors import ParamsError
from pipeline.params import registry

SR = 22050
KINDS = registry.names("features")


def extract(kind: str, y: np.ndarray, sr: int = SR, **given: Any) -> np.ndarray:
    return registry.function("features", kind)(y, sr, **registry.settings("features", kind, given))


def n_bins(kind: str, sr: int = SR, **given: Any) -> int:
    return registry.load("features", kind).n_bins(sr, **registry.settings("features", kind, given))


def noise(n: int) -> np.ndarray:
    return np.random.default_rng(0).normal(0, 0.2, n).astype(np.float32)


SIGNALS = {
    "noise": noise(30_000),
    "one sample": noise(1),
    "short": noise(700),
    "silence": np.zeros(5_000, np.float32),
    "almost silence": np.full(5_000, 1e-12, np.float32),
    "constant": np.full(5_000, 0.3, np.float32),
    "click": np.eye(1, 5_000, 2_500, dtype=np.float32)[0],
    "clipped": np.sign(noise(20_000)),
    "loud": 900 * noise(5_000),
    "quiet": 1e-5 * noise(5_000),
}


@pytest.mark.parametrize("name", SIGNALS)
@pytest.mark.parametrize("kind", KINDS)
def test_frames_are_finite_bounded_and_of_the_width_that_was_said(kind: str, name: str) -> None:
    y = SIGNALS[name]
    before = y.copy()
    frames = extract(kind, y)
    assert frames.dtype == np.float32
    assert frames.ndim == 2
    assert len(frames) >= 1
    assert frames.shape[1] == n_bins(kind)
    assert np.isfinite(frames).all()
    assert np.abs(frames).max() <= 1
    np.testing.assert_array_equal(y, before)
    np.testing.assert_array_equal(frames, extract(kind, y))


@pytest.mark.parametrize("kind", KINDS)
def test_silence_is_zero_everywhere(kind: str) -> None:
    assert not extract(kind, SIGNALS["silence"]).any()


@pytest.mark.parametrize("kind", KINDS)
def test_the_level_of_a_clip_does_not_matter(kind: str) -> None:
    np.testing.assert_allclose(extract(kind, 1e-3 * noise(9_000)), extract(kind, noise(9_000)), atol=1e-4)


@pytest.mark.parametrize("kind", KINDS)
def test_longer_clips_have_more_frames(kind: str) -> None:
    lengths = [len(extract(kind, noise(n))) for n in (1, 5_000, 20_000, 60_000)]
    assert lengths == sorted(set(lengths))


@pytest.mark.parametrize(
    ("kind", "sr", "given", "message"),
    [
        ("mel", 8000, {}, r"^features\.fmax: found 11025 Hz, expected at most half of features\.sr \(4000 Hz\)"),
        ("mfcc", 8000, {}, r"^features\.fmax: found 11025 Hz"),
        ("mel", SR, {"fmin": 5000.0, "fmax": 4000.0}, r"^features\.fmin: found 5000 Hz, expected less than fmax"),
        ("mel", SR, {"n_mels": 500}, r"^features\.n_mels: found 500, of which \d+ filters"),
        ("mel", SR, {"n_mels": 4000}, r"^features\.n_mels: found 4000, expected at most n_fft"),
        ("mel", SR, {"hop_length": 2000}, r"^features\.hop_length: found 2000, expected at most n_fft \(1024\)"),
        ("stft", SR, {"hop_length": 2000}, r"^features\.hop_length: found 2000"),
        ("stft", SR, {"n_fft": 4}, r"^features\.n_fft: found 4, expected 16 to 65,536"),
        ("stft", SR, {"n_fft": 100_000}, r"^features\.n_fft: found 100000"),
        ("mfcc", SR, {"n_mfcc": 65}, r"^features\.n_mfcc: found 65, expected at most n_mels \(64\)"),
        ("waveform", SR, {"hop_length": 131_072}, r"^features\.hop_length: found 131,072"),
    ],
)
def test_impossible_settings_name_their_key(kind: str, sr: int, given: dict[str, Any], message: str) -> None:
    with pytest.raises(ParamsError, match=message):
        n_bins(kind, sr, **given)
    with pytest.raises(ParamsError, match=message):
        extract(kind, noise(100), sr, **given)


@pytest.mark.parametrize("kind", ["mel", "mfcc"])
def test_no_highest_frequency_means_half_the_sample_rate(kind: str) -> None:
    y = noise(9_000)
    np.testing.assert_array_equal(extract(kind, y, 8000, fmax=None), extract(kind, y, 8000, fmax=4000.0))
