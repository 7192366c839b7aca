"""What a browser is given is what the network hears."""

import io
from pathlib import Path

import numpy as np
import pytest
import soundfile

from pipeline.audio.decoding import decode
from pipeline.audio.heard import heard
from pipeline.errors import DataError
from pipeline.params.data import Features

FEATURES = Features(name="mel", sr=16_000, max_seconds=2.0)


def tone(rate: int, level: float = 0.5, seconds: float = 1.0) -> np.ndarray:
    return level * np.sin(2 * np.pi * 440 * np.arange(round(seconds * rate)) / rate)


def listen(path: Path) -> np.ndarray:
    y, rate = soundfile.read(io.BytesIO(heard(path, FEATURES)), dtype="float32")
    assert rate == 16_000
    assert y.ndim == 1
    return np.asarray(y)


def test_it_is_the_mix_at_the_features_rate_and_not_trimmed(tmp_path: Path) -> None:
    quiet = np.zeros(22_050)
    y = np.concatenate([quiet, tone(44_100), quiet])
    soundfile.write(tmp_path / "a.flac", np.stack([y, 0.5 * y], axis=1), 44_100)
    found = listen(tmp_path / "a.flac")
    assert len(found) == 32_000
    decoded = decode(tmp_path / "a.flac", sr=16_000, max_seconds=2.0, trim_db=60.0)
    begin = round(decoded.offset * 16_000)
    assert begin > 0
    np.testing.assert_allclose(found[begin : begin + len(decoded.y)], decoded.y, atol=1e-4)


def test_its_level_is_left_alone_unless_it_exceeds_full_scale(tmp_path: Path) -> None:
    for level, expected in ((0.1, 0.1), (0.9, 0.9), (3.0, 1.0)):
        soundfile.write(tmp_path / "a.wav", tone(16_000, level), 16_000, subtype="FLOAT")
        found = listen(tmp_path / "a.wav")
        np.testing.assert_allclose(found, tone(16_000, expected), atol=1e-4)


def test_it_is_capped_as_the_features_are(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", tone(8_000, seconds=5), 8_000)
    assert len(listen(tmp_path / "a.wav")) == 32_000


def test_what_cannot_be_decoded_says_why(tmp_path: Path) -> None:
    (tmp_path / "a.wav").write_text("no sound")
    with pytest.raises(DataError, match="not audio"):
        heard(tmp_path / "a.wav", FEATURES)
