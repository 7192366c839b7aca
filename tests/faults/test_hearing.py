"""Whoever reviews a clip hears what the network heard, also where the browser could not play the file."""

import io

import numpy as np
import pytest
import soundfile

from pipeline.audio import decoding
from pipeline.files import fingerprint
from pipeline.review.hearing import Clip, Ear

RATE = 8000
KINDS = [
    ("AIFF", "PCM_16"),
    ("AIFF", "PCM_24"),
    ("WAV", "IMA_ADPCM"),
    ("WAV", "MS_ADPCM"),
    ("WAV", "GSM610"),
    ("WAV", "DOUBLE"),
    ("RF64", "FLOAT"),
    ("FLAC", "PCM_24"),
]


@pytest.mark.fault(47)
@pytest.mark.parametrize(("container", "subtype"), KINDS, ids=lambda part: part.lower())
def test_a_sound_that_no_browser_plays_is_sent_as_one_that_each_does(tmp_path, container, subtype) -> None:
    path = tmp_path / "a"
    y = 0.5 * np.sin(np.arange(3200) / 4)
    soundfile.write(path, y, RATE, format=container, subtype=subtype)
    sent = _sent(path)
    expected = decoding.decode(path, sr=RATE, max_seconds=10.0, trim_db=None).y
    assert len(sent) == len(expected)
    np.testing.assert_allclose(sent, expected, atol=1 / 2**14)


@pytest.mark.fault(47)
def test_surround_at_another_rate_is_what_the_network_had_of_it(tmp_path) -> None:
    path = tmp_path / "a.wav"
    soundfile.write(path, 0.2 * np.random.default_rng(0).normal(size=(4800, 6)), 48_000)
    np.testing.assert_allclose(
        _sent(path), decoding.decode(path, sr=RATE, max_seconds=10.0, trim_db=None).y, atol=1 / 2**14
    )


def _sent(path) -> np.ndarray:
    ear = Ear()
    try:
        sound = ear.hear(Clip(path, fingerprint.sha256(path), RATE, 10.0))
    finally:
        ear.close()
    assert sound.problem == ""
    info = soundfile.info(io.BytesIO(sound.wav))
    assert (info.format, info.subtype, info.channels, info.samplerate) == ("WAV", "PCM_16", 1, RATE)
    return soundfile.read(io.BytesIO(sound.wav))[0]
