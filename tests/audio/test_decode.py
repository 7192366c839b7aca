"""Every way of writing the same tone gives the same waveform; every broken file its reason."""

import os
import struct
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.audio.decoding import Decoded, decode
from pipeline.errors import DataError

RATE = 22050
ESC10 = Path(__file__).parents[2] / ".." / "shared" / "data" / "esc10" / "audio"


def read(path: Path, **changes: object) -> Decoded:
    return decode(path, **({"sr": RATE, "max_seconds": 30.0, "trim_db": None} | changes))  # type: ignore[arg-type]


def tone(seconds: float = 1.0, rate: int = 44100, hz: float = 440.0) -> np.ndarray:
    return 0.5 * np.sin(2 * np.pi * hz * np.arange(int(seconds * rate)) / rate)


def write(path: Path, y: np.ndarray, rate: int = 44100, **how: object) -> Path:
    soundfile.write(path, y, rate, **how)  # type: ignore[arg-type]
    return path


def wav(data: bytes = bytes(200), *, rate: int = 8000, channels: int = 1, size: int | None = None) -> bytes:
    """A WAV file by hand, so that its header may lie; 16 bits."""
    width = 2 * channels
    form = struct.pack("<IHHIIHH", 16, 1, channels, rate, rate * width & 0xFFFFFFFF, width & 0xFFFF, 16)
    size = len(data) if size is None else size
    return (
        b"RIFF"
        + struct.pack("<I", min(size + 36, 0xFFFFFFFF))
        + b"WAVEfmt "
        + form
        + b"data"
        + struct.pack("<I", size)
        + data
    )


GOLDEN = [
    ("WAV", "PCM_U8", 1, 1e-2),
    ("WAV", "PCM_16", 1, 1e-4),
    ("WAV", "PCM_24", 1, 1e-5),
    ("WAV", "PCM_32", 1, 1e-5),
    ("WAV", "FLOAT", 1, 1e-5),
    ("WAV", "DOUBLE", 1, 1e-5),
    ("WAV", "PCM_16", 2, 1e-4),
    ("WAV", "PCM_16", 6, 1e-4),
    ("FLAC", "PCM_16", 2, 1e-4),
    ("FLAC", "PCM_24", 1, 1e-5),
    ("AIFF", "PCM_16", 1, 1e-4),
    ("OGG", "VORBIS", 1, 3e-2),
    ("MP3", "MPEG_LAYER_III", 1, 3e-2),
    ("MP3", "MPEG_LAYER_III", 2, 3e-2),
]


@pytest.mark.parametrize(("form", "subtype", "channels", "tolerance"), GOLDEN)
def test_the_same_tone_from_every_format(
    tmp_path: Path, form: str, subtype: str, channels: int, tolerance: float
) -> None:
    y = np.repeat(tone()[:, None], channels, axis=1)
    path = write(tmp_path / "clip.bin", y, format=form, subtype=subtype)
    clip = read(path)
    assert clip.y.dtype == np.float32
    assert clip.y.shape == (RATE,)
    assert clip.seconds == pytest.approx(1.0)
    assert clip.flags == {}
    inner = slice(500, -500)
    np.testing.assert_allclose(clip.y[inner], tone(rate=RATE)[inner], atol=tolerance)


def test_channels_are_averaged(tmp_path: Path) -> None:
    path = write(tmp_path / "a.wav", np.stack([np.full(500, 0.5), np.full(500, -0.25)], axis=1), RATE)
    np.testing.assert_allclose(read(path).y, 0.125, atol=1e-4)


def test_only_the_first_seconds_are_read(tmp_path: Path) -> None:
    clip = read(write(tmp_path / "a.wav", tone(3.0), 44100), max_seconds=0.5)
    assert clip.seconds == pytest.approx(0.5)
    assert len(clip.y) == RATE // 2
    assert "capped" in clip.flags


def test_quiet_ends_are_trimmed_and_silence_is_kept(tmp_path: Path) -> None:
    y = np.concatenate([np.zeros(RATE), tone(1.0, RATE), np.zeros(RATE)])
    clip = read(write(tmp_path / "a.wav", y, RATE), trim_db=60.0)
    assert clip.seconds == pytest.approx(3.0)
    assert RATE <= len(clip.y) < 1.3 * RATE
    assert 1.0 - 0.1 < clip.offset <= 1.0
    begin = round(clip.offset * RATE)
    np.testing.assert_allclose(clip.y, y[begin : begin + len(clip.y)], atol=1e-4)
    assert read(tmp_path / "a.wav", trim_db=None).offset == 0
    silent = read(write(tmp_path / "b.wav", np.zeros(RATE), RATE), trim_db=60.0)
    assert list(silent.flags) == ["silent"]
    assert silent.offset == 0
    assert len(silent.y) == RATE


def test_a_constant_and_a_single_sample_are_flagged(tmp_path: Path) -> None:
    assert read(write(tmp_path / "a.wav", np.full(4000, 0.5), RATE)).flags == {"constant": ""}
    for rate in (1000, 8000, 44100, 768_000):
        clip = read(write(tmp_path / "b.wav", np.array([0.5]), rate), trim_db=60.0)
        assert "short" in clip.flags
        assert len(clip.y) >= 1
        assert np.isfinite(clip.y).all()


@pytest.mark.parametrize("size", [0xFFFFFFFF, 0xFFFFFFFE])
def test_a_streamed_wav_is_as_long_as_what_it_holds(tmp_path: Path, size: int) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(wav(size=size))
    clip = read(path, sr=8000)
    assert clip.seconds == pytest.approx(100 / 8000)
    assert "streamed" in clip.flags


def test_a_cut_rf64_is_not_taken_for_a_whole_one(tmp_path: Path) -> None:
    path = write(tmp_path / "a.wav", tone(), format="RF64")
    assert read(path).flags == {}
    path.write_bytes(path.read_bytes()[:-2000])
    with pytest.raises(DataError, match=r"^truncated: 43,100 of 44,100 frames$"):
        read(path)


def test_a_tag_behind_the_end_costs_no_samples(tmp_path: Path) -> None:
    for form in ("FLAC", "MP3", "WAV"):
        path = write(tmp_path / "a", tone(), format=form)
        whole = read(path).y
        path.write_bytes(path.read_bytes() + b"TAG" + b"x" * 125)
        np.testing.assert_array_equal(read(path).y, whole)


def test_other_kinds_of_audio_are_not_handed_to_the_decoder(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"^not read: audio of the kind SVX$"):
        read(write(tmp_path / "a.wav", tone(), format="SVX"))


def test_more_than_a_wav_can_have_is_refused_unread(tmp_path: Path) -> None:
    with open(tmp_path / "a.wav", "wb") as file:
        file.write(wav())
        file.truncate(2**32 + 1)  # of zeros that the disk does not hold
    with pytest.raises(DataError, match=r"^too large: 4\.3 GB"):
        read(tmp_path / "a.wav")


def test_no_setting_makes_it_hold_more_than_its_bound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.audio.bounds.MAX_FRAMES", 4410)
    clip = read(write(tmp_path / "a.wav", tone()), max_seconds=1e6)
    assert clip.seconds == pytest.approx(0.1)
    assert list(clip.flags) == ["capped"]


def test_an_odd_last_byte_is_ignored(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(wav(bytes(201)))
    assert len(read(path, sr=8000).y) == 100


REASONS = {
    b"": r"^empty file$",
    b"\0": r"^not audio$",
    b"just some text": r"^not audio$",
    "text in UTF-16".encode("utf-16"): r"^not audio$",
    b"<!DOCTYPE html><h1>404</h1>": r"^not audio: a web page$",
    b"\x89PNG\r\n\x1a\n" + bytes(100): r"^not audio: a picture \(PNG\)$",
    b"RIFF\x10\0\0\0WEBPVP8 ": r"^not audio: a picture \(WebP\)$",
    wav()[:30]: r"^damaged: ",
    wav(b""): r"^no frames$",
    wav(bytes(1000), size=8820): r"^truncated: 500 of 4,410 frames$",
    wav(rate=0): r"^damaged: ",
    wav(rate=1): r"^sample rate out of range: 1 Hz, expected 1,000 to 768,000$",
    wav(rate=2**31 - 1): r"^sample rate out of range: 2,147,483,647 Hz",
    wav(channels=0): r"^damaged: ",
    wav(channels=65535): r"^damaged: ",
    wav(bytes(2048 * 3), channels=1024): r"^too many channels: 1,024 channels, at most 32 are read$",
}


@pytest.mark.parametrize(("content", "reason"), REASONS.items(), ids=range(len(REASONS)))
def test_a_broken_file_says_why(tmp_path: Path, content: bytes, reason: str) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(content)
    with pytest.raises(DataError, match=reason):
        read(path)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1e30, -2e3])
def test_samples_that_are_no_sound_are_refused(tmp_path: Path, value: float) -> None:
    y = tone()
    y[30_000] = value
    path = write(tmp_path / "a.wav", y, subtype="FLOAT")
    with pytest.raises(DataError, match="^not finite: " if not np.isfinite(value) else "^out of range: a sample of "):
        read(path)


@pytest.mark.parametrize("keep", [0.3, 0.6, 0.95])
@pytest.mark.parametrize("form", ["WAV", "AIFF", "FLAC", "OGG", "MP3"])
def test_a_cut_file_is_never_taken_for_a_whole_one(tmp_path: Path, form: str, keep: float) -> None:
    noise = np.random.default_rng(0).normal(0, 0.1, 44100 * 2)
    path = write(tmp_path / "a", noise, format=form)
    assert read(path).seconds == pytest.approx(2.0)
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * keep)])
    with pytest.raises(DataError, match=r"^(truncated|damaged): "):
        read(path)


def flac_of(path: Path, total: int) -> Path:
    """A FLAC whose header claims `total` samples (36 bits, in STREAMINFO)."""
    content = bytearray(write(path, tone(), format="FLAC").read_bytes())
    content[21] = content[21] & 0xF0 | total >> 32
    content[22:26] = struct.pack(">I", total & 0xFFFFFFFF)
    path.write_bytes(content)
    return path


def test_a_flac_that_claims_hours_is_decoded_no_further_than_it_goes(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"^truncated: [\d,]+ of 68,719,476,735 frames$"):
        read(flac_of(tmp_path / "a.flac", 2**36 - 1))
    assert read(flac_of(tmp_path / "b.flac", 0)).seconds == pytest.approx(1.0)
    assert read(flac_of(tmp_path / "c.flac", 0), max_seconds=0.5).flags == {"capped": "the first 0.5 s are read"}
    path = flac_of(tmp_path / "d.flac", 0)
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 2 // 3])
    with pytest.raises(DataError, match=r"^truncated: [\d,]+ of an unknown number of frames$"):
        read(path)


def test_an_mp3_without_its_tag_is_not_read_by_a_guessed_length(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    path = write(tmp_path / "a.mp3", rng.normal(0, 0.1, 88200), bitrate_mode="VARIABLE", compression_level=0.5)
    content = path.read_bytes()
    path.write_bytes(content[content.find(b"\xff\xfb", 10) :])  # libsndfile would give the first 0.6 s of it
    assert read(path).seconds == pytest.approx(2.0, abs=0.1)
    path = write(tmp_path / "b.mp3", tone(2.0), bitrate_mode="CONSTANT", compression_level=0.5)
    content = path.read_bytes()
    path.write_bytes(content[content.find(b"\xff\xfb", 10) :])
    assert read(path).seconds == pytest.approx(2.0, abs=0.1)


def test_only_regular_files_are_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.wav")
    (tmp_path / "loop.wav").symlink_to("loop.wav")
    for path in (tmp_path, tmp_path / "pipe.wav", Path("/dev/null"), Path("/dev/zero")):
        with pytest.raises(DataError, match="not a regular file"):
            read(path)
    with pytest.raises(DataError, match="cannot be opened: "):
        read(tmp_path / "loop.wav")
    for path in (tmp_path / "none.wav", tmp_path / "none" / "none.wav"):
        with pytest.raises(DataError, match="missing"):
            read(path)


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may read every file")
def test_a_file_without_permission_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "a.wav", tone())
    path.chmod(0)
    with pytest.raises(DataError, match="cannot be opened: "):
        read(path)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(flips=st.lists(st.tuples(st.integers(0, 143), st.integers(0, 255)), max_size=6), keep=st.integers(0, 144))
def test_whatever_a_wav_holds_it_is_decoded_or_refused(tmp_path: Path, flips: list[tuple[int, int]], keep: int) -> None:
    content = bytearray(wav(bytes(range(100))))
    for place, value in flips:
        content[place] = value
    path = tmp_path / "a.wav"
    path.write_bytes(content[:keep])
    try:
        clip = read(path, sr=8000, max_seconds=1.0, trim_db=60.0)
    except DataError:
        return
    assert clip.y.dtype == np.float32
    assert 1 <= len(clip.y) <= 8001
    assert np.isfinite(clip.y).all()


@pytest.mark.skipif(not ESC10.is_dir(), reason=f"real clips are not at {ESC10}")
def test_real_clips_are_read_whole() -> None:
    for path in sorted(ESC10.glob("*.ogg"))[:12]:
        clip = read(path, trim_db=60.0)
        assert 3 < clip.seconds < 8
        assert 0 < np.abs(clip.y).max() < 2
