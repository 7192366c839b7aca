"""What telephones, browsers, recorders and archives write is read as the sound that it was made from."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks.fuzz_specimens import by_ffmpeg, by_soundfile
from pipeline.audio.decoding import Decoded, decode
from pipeline.errors import DataError

RATE = 44_100
EXACT: list[tuple[str, Any]] = [
    ("wav", ("WAV", "PCM_16")),
    ("rf64", ("RF64", "PCM_16")),
    ("wavex", ("WAVEX", "PCM_16")),
    ("w64", ("W64", "PCM_16")),
    ("aiff", ("AIFF", "PCM_16")),
    ("caf", ("CAF", "PCM_16")),
    ("caf-alac", ("CAF", "ALAC_16")),
    ("au", ("AU", "PCM_16")),
    ("flac", ("FLAC", "PCM_16")),
    ("wav-24", ("WAV", "PCM_24")),
    ("wav-float", ("WAV", "FLOAT")),
    ("m4a-alac", "ipod alac"),
    ("mov", "mov pcm_s16le"),
    ("caf-ffmpeg", "caf pcm_s16be"),
    ("caf-ffmpeg-alac", "caf alac"),
    ("w64-ffmpeg", "w64 pcm_s16le"),
    ("au-ffmpeg", "au pcm_s16be"),
    ("aifc", "aiff pcm_s16le"),
    ("ogg-flac", "ogg flac"),
    ("mkv-flac", "matroska flac"),
    ("avi", "avi pcm_s16le"),
    ("tta", "tta tta"),
    ("wavpack", "wv wavpack"),
]
# Of lossy codecs: by how much the sound may be longer, s, and differ, beside its level.
LOSSY: list[tuple[str, Any, float, float]] = [
    ("m4a", "ipod aac", 0.001, 0.1),
    ("3gp", "3gp aac", 0.001, 0.1),
    ("mov", "mov aac", 0.001, 0.1),
    ("aac", "adts aac", 0.07, 0.1),
    ("mkv", "matroska aac", 0.03, 0.1),
    ("webm", "webm libopus", 0.02, 0.1),
    ("opus", "ogg libopus", 0.001, 0.1),
    ("mp3", "mp3 libmp3lame", 0.001, 0.1),
    ("mp2", "mp2 mp2", 0.05, 0.1),
    ("wma", "asf wmav2", 0.05, 0.1),
    ("wav-ms", "wav adpcm_ms", 0.05, 0.1),
    ("wav-ima", "wav adpcm_ima_wav", 0.05, 0.1),
    ("wav-mp2", "wav mp2", 0.05, 0.1),
    ("wav-mp3", "wav libmp3lame", 0.06, 0.1),
    ("ogg", ("OGG", "VORBIS"), 0.001, 0.1),
    ("au-ulaw", ("AU", "ULAW"), 0.001, 0.05),
    ("amr", "amr libopencore_amrnb", 0.05, 0.7),
]


def sweep(seconds: float = 1.0, rate: int = RATE) -> np.ndarray:
    """A sound of many frequencies below 3 kHz, whose shift would show."""
    t = np.arange(round(seconds * rate)) / rate
    parts = [
        np.sin(2 * np.pi * hz * t + hz) * (1 + np.sin(2 * np.pi * (3 + i) * t))
        for i, hz in enumerate((313, 797, 1511, 2503))
    ]
    y = 0.1 * np.sum(parts, axis=0)
    y = y + np.random.default_rng(0).normal(0, 0.003, len(y))  # nothing recorded is without
    return np.asarray(np.round(y * 32_768) / 32_768)


def written(path: Path, how: Any, y: np.ndarray, rate: int = RATE, channels: int = 1) -> Path:
    if isinstance(how, str):
        container, codec = how.split()
        path.write_bytes(by_ffmpeg(y, rate, container, codec, channels))
    else:
        path.write_bytes(by_soundfile(y, rate, channels, format=how[0], subtype=how[1]))
    return path


def read(path: Path, **changes: Any) -> Decoded:
    return decode(path, **({"sr": RATE, "max_seconds": 30.0, "trim_db": None} | changes))


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize(("name", "how"), EXACT)
def test_the_same_samples_are_the_same_sound_in_every_container(
    tmp_path: Path, name: str, how: Any, channels: int
) -> None:
    y = sweep()
    reference = read(written(tmp_path / "reference.wav", ("WAV", "PCM_16"), y))
    clip = read(written(tmp_path / name, how, y, channels=channels))
    np.testing.assert_allclose(clip.y, y, atol=1e-6)
    assert clip.sound == reference.sound
    assert clip.flags == {}


@pytest.mark.parametrize(("name", "how", "longer", "tolerance"), LOSSY)
def test_lossy_codecs_give_the_sound_in_its_place_and_length(
    tmp_path: Path, name: str, how: Any, longer: float, tolerance: float
) -> None:
    y = sweep()
    clip = read(written(tmp_path / name, how, y))
    assert -0.025 <= clip.seconds - 1.0 <= longer
    found, lag = aligned(clip.y, y)
    assert abs(lag) <= 0.06 * RATE
    assert np.sqrt(np.square(found[0] - found[1]).mean()) < tolerance * np.sqrt(np.square(found[1]).mean())
    assert set(clip.flags) <= {"streamed", "upsampled"}
    if name != "amr":
        assert clip.flags == {}


def aligned(found: np.ndarray, y: np.ndarray) -> tuple[tuple[np.ndarray, np.ndarray], int]:
    """Return both, cut to where they overlap, and by how many samples the first is late (codecs begin with a pause)."""
    n = min(len(found), len(y))
    alike = np.fft.irfft(np.fft.rfft(found[:n], 2 * n) * np.conj(np.fft.rfft(y[:n], 2 * n)))
    lag = int(np.argmax(np.roll(alike, n))) - n
    return (found[6_000 + lag : n - 6_000 + lag], y[6_000 : n - 6_000]), lag


@pytest.mark.parametrize(
    "how", ["ipod aac", "webm libopus", "ogg flac", "asf wmav2", ("W64", "PCM_16"), ("AU", "PCM_16")]
)
def test_only_the_first_seconds_of_any_container_are_read(tmp_path: Path, how: Any) -> None:
    clip = read(written(tmp_path / "clip", how, sweep(3.0)), max_seconds=1.0)
    assert clip.seconds == pytest.approx(1.0)
    assert clip.flags == {"capped": "the first 1 s are read"}


@pytest.mark.parametrize("keep", [0.3, 0.6, 0.95])
@pytest.mark.parametrize("how", [h for _, h in EXACT] + [h for _, h, _, _ in LOSSY if "ulaw" not in h])
def test_a_cut_file_of_any_kind_is_never_taken_for_a_whole_one(tmp_path: Path, how: Any, keep: float) -> None:
    path = written(tmp_path / "clip", how, sweep(2.0))
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * keep)])
    with pytest.raises(DataError, match=r"^(truncated|damaged): "):
        read(path)


@pytest.mark.parametrize("how", [("OGG", "VORBIS"), ("OGG", "OPUS"), "ogg flac"])
def test_streams_that_follow_each_other_in_an_ogg_are_all_read(tmp_path: Path, how: Any) -> None:
    path, rate = written(tmp_path / "one", how, sweep(rate=48_000), 48_000), 48_000
    one, twice = read(path, sr=rate), tmp_path / "two"
    twice.write_bytes(2 * path.read_bytes())
    clip = read(twice, sr=rate)
    assert clip.seconds == pytest.approx(2.0, abs=0.001)
    np.testing.assert_array_equal(clip.y, np.concatenate([one.y, one.y]))
    assert read(twice, max_seconds=1.5).flags == {"capped": "the first 1.5 s are read"}


def test_the_sound_of_a_film_is_read_and_a_film_without_any_says_so(tmp_path: Path) -> None:
    import av

    y = sweep()
    for name, container in (("a.mp4", "mp4"), ("a.mkv", "matroska"), ("a.mov", "mov")):
        for sound in (True, False):
            with av.open(str(tmp_path / name), "w", format=container) as out:
                film = out.add_stream("mpeg4", rate=10)
                film.width = film.height = 32
                voice = out.add_stream("aac", rate=RATE, layout="mono") if sound else None
                for number in range(10):
                    picture = av.VideoFrame.from_ndarray(np.full((32, 32, 3), 20 * number, np.uint8))
                    out.mux(film.encode(picture))
                out.mux(film.encode(None))
                if voice is not None:
                    frame = av.AudioFrame.from_ndarray(y.astype(np.float32)[None], format="fltp", layout="mono")
                    frame.sample_rate, frame.pts = RATE, 0
                    for piece in av.AudioResampler(format="fltp", layout="mono", rate=RATE, frame_size=1024).resample(
                        frame
                    ):
                        out.mux(voice.encode(piece))
                    out.mux(voice.encode(None))
            if sound:
                assert read(tmp_path / name).seconds == pytest.approx(1.0, abs=0.05)
            else:
                with pytest.raises(DataError, match=r"^not audio: .*, a film without a sound track$"):
                    read(tmp_path / name)


NAMED = {
    b"PK\x03\x04" + bytes(26) + b"xl/workbook.xml": "not audio: an Excel sheet",
    b"PK\x03\x04" + bytes(26) + b"word/document.xml": "not audio: a Word document",
    b"\x89PNG\r\n\x1a\n" + bytes(100): "not audio: a picture (PNG)",
    b"\xff\xd8\xff\xe0" + bytes(100): "not audio: a picture (JPEG)",
    b"RIFF\x10\0\0\0WEBPVP8 ": "not audio: a picture (WebP)",
    b"MThd\0\0\0\x06": "not audio: MIDI, notes without a sound; play it into a WAV first",
    b"<!DOCTYPE html><h1>404</h1>": "not audio: a web page",
    b"#EXTM3U\nhttps://a.invalid/b.mp3": "not audio: a playlist, a list of sounds without their sound",
    b"NIST_1A\n   1024\n": "not read: NIST SPHERE; this converts it: ffmpeg -i FILE FILE.flac",
    b"\0\0\0\x20ftypaax " + bytes(20): "protected: Audible's DRM; only who sold it can give an open file",
    b"SQLite format 3\0": "not audio: a database (SQLite; an Audacity project is one: export its sound as WAV)",
    b"just some text": "not audio",
}


@pytest.mark.parametrize(("content", "name"), NAMED.items(), ids=list(NAMED.values()))
def test_what_is_not_read_is_called_by_its_name(tmp_path: Path, content: bytes, name: str) -> None:
    (tmp_path / "a.wav").write_bytes(content)
    with pytest.raises(DataError) as caught:
        read(tmp_path / "a.wav")
    assert str(caught.value) == name


@pytest.mark.parametrize(
    "content",
    [
        b"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nfile:///etc/passwd\n",
        b"ffconcat version 1.0\nfile /etc/passwd\n",
        b"<?xml version='1.0'?><MPD xmlns='urn:mpeg:dash:schema:mpd:2011'/>",
    ],
)
def test_a_list_of_other_files_is_never_followed(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.m4a").write_bytes(content)
    with pytest.raises(DataError, match=r"^not audio"):
        read(tmp_path / "a.m4a")
