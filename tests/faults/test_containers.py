"""Headers that lie: what the file holds is read and both figures are said, or it is set aside; never a part of it."""

import io
import struct
from collections.abc import Callable
from pathlib import Path, PurePath
from typing import Any

import numpy as np
import pytest
import soundfile

from benchmarks.fuzz_specimens import by_ffmpeg, by_soundfile
from pipeline.audio import endings, extraction, flac
from pipeline.audio.decoding import Decoded, decode
from pipeline.audio.heard import heard
from pipeline.errors import DataError
from pipeline.params.data import Features

RATE = 22_050


def recorded(seconds: float = 1.0, rate: int = RATE) -> np.ndarray:
    t = np.arange(round(seconds * rate)) / rate
    y = 0.2 * np.sin(2 * np.pi * 440 * t) + np.random.default_rng(0).normal(0, 0.02, len(t))
    return np.asarray(np.round(y * 32_768) / 32_768)


def hear(folder: Path, content: bytes, **changes: Any) -> Decoded:
    (folder / "clip").write_bytes(content)
    return decode(folder / "clip", **({"sr": RATE, "max_seconds": 30.0, "trim_db": None} | changes))


def rewritten(content: bytes, place: int, value: int, width: int = 4, order: str = "little") -> bytes:
    return content[:place] + value.to_bytes(width, order) + content[place + width :]  # type: ignore[arg-type]


def size_at(content: bytes, name: bytes) -> int:
    return content.index(name) + len(name)


def container(form: str, subtype: str = "PCM_16", channels: int = 1) -> bytes:
    return by_soundfile(recorded(), RATE, channels, format=form, subtype=subtype)


def lying(form: str, size: int, **how: Any) -> bytes:
    """A file of one second whose header says that its samples have `size` bytes."""
    content = container(form, **how)
    if form in ("WAV", "WAVEX"):
        return rewritten(content, size_at(content, b"data"), size)
    if form == "RF64":
        return rewritten(content, content.index(b"ds64") + 16, size, 8)
    if form == "W64":
        return rewritten(content, content.index(b"data\xf3\xac") + 16, size + 24, 8)
    if form == "AIFF":
        return rewritten(content, size_at(content, b"SSND"), size + 8, 4, "big")
    if form == "CAF":
        return rewritten(content, content.index(b"data") + 4, size + 4, 8, "big")
    return rewritten(content, 8, size, 4, "big")


BY_TELEPHONES_AND_BROWSERS = {
    "m4a": ("ipod", "aac"),
    "aac": ("adts", "aac"),
    "webm": ("webm", "libopus"),
    "wma": ("asf", "wmav2"),
    "w64": ("w64", "pcm_s16le"),
    "au": ("au", "pcm_s16be"),
    "caf": ("caf", "alac"),
    "3gp": ("3gp", "aac"),
    "mkv": ("matroska", "flac"),
    "mp2": ("mp2", "mp2"),
    "aifc": ("aiff", "pcm_s16le"),
    "wav": ("wav", "adpcm_ms"),
}


@pytest.mark.fault(45)
def test_what_telephones_and_browsers_write_is_read_within_the_bounds_of_a_worker(tmp_path: Path) -> None:
    for ending, (box, codec) in BY_TELEPHONES_AND_BROWSERS.items():
        (tmp_path / f"clip.{ending}").write_bytes(by_ffmpeg(recorded(), RATE, box, codec))
    paths = sorted(tmp_path.iterdir())
    for path, found in zip(paths, extraction.extract_each(paths, Features(name="mel"), jobs=2), strict=True):
        assert found.reason == "", path.name
        assert found.seconds == pytest.approx(1.0, abs=0.1), path.name
        assert found.flags == {}, path.name
        assert found.frames is not None


@pytest.mark.fault(45)
@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"PK\x03\x04" + bytes(26) + b"xl/workbook.xml", "not audio: an Excel sheet"),
        (b"\xff\xd8\xff\xe0" + bytes(100), "not audio: a picture (JPEG)"),
        (b"MThd\0\0\0\x06", "not audio: MIDI, notes without a sound; play it into a WAV first"),
        (b"NIST_1A\n   1024\n", "not read: NIST SPHERE; this converts it: ffmpeg -i FILE FILE.flac"),
        (b"\0\0\0\x20ftypM4P " + bytes(20), "protected: DRM (M4P); only who sold it can give an open file"),
    ],
)
def test_what_is_not_read_is_called_by_its_name(tmp_path: Path, content: bytes, name: str) -> None:
    with pytest.raises(DataError) as caught:
        hear(tmp_path, content)
    assert str(caught.value) == name


@pytest.mark.fault(46)
def test_all_that_is_read_is_looked_for_in_a_folder_and_what_systems_leave_behind_is_not() -> None:
    for ending in BY_TELEPHONES_AND_BROWSERS:
        assert endings.is_sound(PurePath("Dog", f"clip.{ending.upper()}"))
        assert not endings.is_sound(PurePath("Dog", f"._clip.{ending}"))
        assert endings.passed_over(PurePath("__MACOSX", f"clip.{ending}"))


@pytest.mark.fault(47)
@pytest.mark.parametrize("how", [("AIFF", "PCM_16"), ("WAV", "IMA_ADPCM"), ("WAV", "MS_ADPCM"), ("CAF", "PCM_24")])
def test_what_no_browser_plays_is_given_to_it_as_the_network_hears_it(tmp_path: Path, how: tuple[str, str]) -> None:
    clip = hear(tmp_path, container(*how), sr=16_000)
    given = heard(tmp_path / "clip", Features(name="mel", sr=16_000))
    y, rate = soundfile.read(io.BytesIO(given), dtype="float32")
    assert given[:4] == b"RIFF"
    assert (rate, y.ndim) == (16_000, 1)
    np.testing.assert_allclose(y, clip.y, atol=1e-4)


FORMS = ["WAV", "WAVEX", "RF64", "W64", "AIFF", "CAF", "AU"]


@pytest.mark.fault(41)
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("size", [44, 0, 22_050, 40_000])
def test_a_size_that_is_too_small_hides_nothing(tmp_path: Path, form: str, size: int) -> None:
    clip = hear(tmp_path, lying(form, size))
    np.testing.assert_allclose(clip.y, recorded(), atol=1e-6)
    assert clip.flags == {"header": f"says {size // 2:,} frames, holds 22,050"}


@pytest.mark.fault(41)
@pytest.mark.parametrize(("subtype", "channels"), [("PCM_24", 2), ("FLOAT", 1), ("PCM_U8", 1), ("ULAW", 2)])
def test_so_it_is_at_other_widths_and_numbers_of_channels(tmp_path: Path, subtype: str, channels: int) -> None:
    clip = hear(tmp_path, lying("WAV", 44, subtype=subtype, channels=channels))
    assert clip.seconds == pytest.approx(1.0)
    assert clip.flags["header"].endswith("holds 22,050")


@pytest.mark.fault(41, 42)
@pytest.mark.parametrize("subtype", ["IMA_ADPCM", "MS_ADPCM"])
def test_so_it_is_where_samples_are_compressed(tmp_path: Path, subtype: str) -> None:
    whole = hear(tmp_path, container("WAV", subtype))
    for size in (44, len(container("WAV", subtype))):
        clip = hear(tmp_path, lying("WAV", size, subtype=subtype))
        np.testing.assert_array_equal(clip.y, whole.y)
        assert clip.flags["header"].endswith(f"holds {len(whole.y):,}")


@pytest.mark.fault(41)
def test_of_what_lies_behind_the_cap_nothing_is_said_but_the_header(tmp_path: Path) -> None:
    clip = hear(tmp_path, lying("WAV", 44), max_seconds=0.5)
    assert clip.seconds == pytest.approx(0.5)
    assert set(clip.flags) == {"header", "capped"}


@pytest.mark.fault(41)
def test_room_set_aside_by_a_recorder_is_no_sound_and_never_the_whole_of_it(tmp_path: Path) -> None:
    content = container("WAV")
    assert hear(tmp_path, content + bytes(30_000)).seconds == pytest.approx(1.0)
    with pytest.raises(DataError, match=r"^damaged: the header says 22 frames, and [\d,]+ bytes that are no sound"):
        hear(tmp_path, rewritten(content[:44] + bytes(2**20), 40, 44))


@pytest.mark.fault(42)
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("more", ["the header", "all but eight bytes", 2, 44, 200])
def test_a_size_that_is_a_little_too_large_is_no_truncation(tmp_path: Path, form: str, more: Any) -> None:
    begin = len(container(form)) - 44_100
    if form == "AIFF":
        begin = container(form).index(b"SSND") + 16
    if form == "CAF":
        begin = container(form).index(b"data") + 16
    excess = {"the header": begin, "all but eight bytes": begin - 8}.get(more, more)
    if form in ("RF64", "WAVEX", "WAV") and len(container(form)) - 44_100 != begin:
        pytest.skip("has a chunk behind its samples")
    clip = hear(tmp_path, lying(form, 44_100 + excess))
    assert len(clip.y) == pytest.approx(RATE, abs=1)
    np.testing.assert_allclose(clip.y[:RATE], recorded(), atol=1e-6)
    assert clip.flags == {"header": f"says {(44_100 + excess) // 2:,} frames, holds 22,050"}


@pytest.mark.fault(42)
@pytest.mark.parametrize("form", FORMS)
def test_a_size_that_is_much_too_large_is_one(tmp_path: Path, form: str) -> None:
    with pytest.raises(DataError, match=r"^truncated: 22,050 of 44,100 frames"):
        hear(tmp_path, lying(form, 88_200))


CHUNKS = {
    "text": b"LIST" + struct.pack("<I", 3_000) + b"INFOICMT" + struct.pack("<I", 2_988) + b"a comment " * 299,
    "unknown, to the end": b"zzzz" + struct.pack("<I", 5_000) + bytes(range(250)) * 20,
    "tag": b"TAG" + b"x" * 125,
    "odd": b"id3 " + struct.pack("<I", 2_001) + b"ID3\x04" + b"\xff" * 1_997 + b"\0",
    "two": (b"LIST" + struct.pack("<I", 400) + b"y" * 400) + (b"bext" + struct.pack("<I", 602) + b"z" * 602),
}


@pytest.mark.fault(41)
@pytest.mark.parametrize("behind", CHUNKS.values(), ids=list(CHUNKS))
@pytest.mark.parametrize("pad", [b"", b"\0"])
def test_what_is_said_behind_the_samples_is_never_heard(tmp_path: Path, behind: bytes, pad: bytes) -> None:
    clip = hear(tmp_path, container("WAV") + pad + behind)
    np.testing.assert_allclose(clip.y, recorded(), atol=1e-6)
    assert clip.flags == {}


@pytest.mark.fault(41)
@pytest.mark.parametrize("junk", [b"lorem ipsum dolor sit amet " * 400, np.random.default_rng(0).bytes(9_000)])
def test_junk_behind_the_samples_is_said_and_never_heard(tmp_path: Path, junk: bytes) -> None:
    clip = hear(tmp_path, container("WAV") + junk)
    np.testing.assert_allclose(clip.y, recorded(), atol=1e-6)
    assert clip.flags == {"header": f"says 22,050 frames, {len(junk):,} bytes that are no sound follow"}
    with pytest.raises(DataError, match=r"^damaged: the header says 22 frames"):
        hear(tmp_path, rewritten(container("WAV")[:88] + junk, 40, 44))


def without_tag(content: bytes) -> bytes:
    """An MP3 less its ID3 and its first frame, in which the number of frames stands."""
    from pipeline.audio import mpeg

    first = content.index(b"\xff", 0 if content[:3] != b"ID3" else 10)
    frame = mpeg.header(content[first : first + 8])
    assert frame is not None
    return content[first + frame[0] :]


VARIABLE: dict[str, dict[str, Any]] = {
    "VBR": {"bitrate_mode": "VARIABLE", "compression_level": 0.5},
    "VBR, loud": {"bitrate_mode": "VARIABLE", "compression_level": 0.0},
    "ABR": {"bitrate_mode": "AVERAGE", "compression_level": 0.6},
}


def changing(seconds: float = 3.0) -> np.ndarray:
    """A sound that begins in silence: a length guessed from its first frame is far from the truth."""
    y = np.random.default_rng(0).normal(0, 0.1, round(seconds * 44_100))
    y[:22_050] = 0
    return y


@pytest.mark.fault(43)
@pytest.mark.parametrize("how", VARIABLE.values(), ids=list(VARIABLE))
@pytest.mark.parametrize("channels", [1, 2])
def test_an_mp3_without_its_length_is_read_whole(tmp_path: Path, how: dict[str, Any], channels: int) -> None:
    content = by_soundfile(changing(), 44_100, channels, format="MP3", **how)
    whole, clip = hear(tmp_path, content), hear(tmp_path, without_tag(content))
    assert 3.0 <= clip.seconds <= 3.0 + 2 * 1_152 / 44_100 + 0.03
    assert np.square(clip.y).mean() == pytest.approx(np.square(whole.y).mean(), rel=0.05)
    assert "header" not in clip.flags


@pytest.mark.fault(43)
@pytest.mark.parametrize("keep", [0.3, 0.6, 0.95])
@pytest.mark.parametrize("how", VARIABLE.values(), ids=list(VARIABLE))
def test_and_a_cut_one_is_truncated(tmp_path: Path, how: dict[str, Any], keep: float) -> None:
    content = without_tag(by_soundfile(changing(), 44_100, format="MP3", **how))
    with pytest.raises(DataError, match=r"^truncated: "):
        hear(tmp_path, content[: int(keep * len(content))])


@pytest.mark.fault(44)
@pytest.mark.parametrize("frames", [5, 60])
def test_an_mp3_whose_tag_says_too_little_is_read_whole(tmp_path: Path, frames: int) -> None:
    content = by_soundfile(changing(), 44_100, format="MP3", **VARIABLE["VBR"])
    tag = content.index(b"Xing") if b"Xing" in content else content.index(b"Info")
    clip = hear(tmp_path, rewritten(content, tag + 8, frames, 4, "big"))
    assert clip.seconds == pytest.approx(3.0, abs=0.1)
    assert clip.flags["header"].startswith(f"says {frames * 1_152:,} frames, holds 13")


@pytest.mark.fault(44)
@pytest.mark.parametrize("frames", [22, 11_025])
def test_a_flac_whose_header_says_too_little_is_read_whole(tmp_path: Path, frames: int) -> None:
    content = container("FLAC")
    place = 21
    lie = content[:place] + bytes([content[place] & 0xF0]) + frames.to_bytes(4, "big") + content[place + 5 :]
    (tmp_path / "lie").write_bytes(lie)
    with open(tmp_path / "lie", "rb", buffering=0) as file:
        assert (flac.told(file), flac.reached(file)) == (frames, RATE)
    clip = hear(tmp_path, lie)
    np.testing.assert_allclose(clip.y, recorded(), atol=1e-6)
    assert clip.flags == {"header": f"says {frames:,} frames, holds 22,050"}


def crc(page: bytes) -> bytes:
    """A page of an Ogg with its checksum put right (RFC 3533)."""
    value = 0
    for byte in page[:22] + bytes(4) + page[26:]:
        value ^= byte << 24
        for _ in range(8):
            value = (value << 1 ^ 0x04C11DB7 if value & 2**31 else value << 1) & 0xFFFFFFFF
    return page[:22] + struct.pack("<I", value) + page[26:]


@pytest.mark.fault(44)
@pytest.mark.parametrize("change", [lambda place: place + 30_000, lambda place: 10])
@pytest.mark.parametrize(("form", "subtype"), [("OGG", "VORBIS"), ("OGG", "OPUS")])
def test_an_ogg_whose_last_page_lies_is_read_whole(
    tmp_path: Path, form: str, subtype: str, change: Callable[[int], int]
) -> None:
    rate = 24_000
    content = by_soundfile(recorded(3.0, rate), rate, format=form, subtype=subtype)
    last = content.rindex(b"OggS")
    place = int.from_bytes(content[last + 6 : last + 14], "little")
    assert hear(tmp_path, content).flags.keys() <= {"upsampled"}
    clip = hear(tmp_path, content[:last] + crc(rewritten(content[last:], 6, change(place), 8)))
    assert clip.seconds == pytest.approx(3.0, abs=0.1)
    assert "header" in clip.flags


@pytest.mark.fault(44)
@pytest.mark.parametrize(("how", "name"), [("ipod aac", b"mdhd"), ("mov pcm_s16le", b"mdhd")])
def test_an_mp4_whose_duration_lies_is_read_by_its_table(tmp_path: Path, how: str, name: bytes) -> None:
    box, codec = how.split()
    content = by_ffmpeg(recorded(2.0), RATE, box, codec)
    place = content.index(name) + 4 + 4 + 8 + 4  # version and flags, two times, time scale
    clip = hear(tmp_path, rewritten(content, place, 10 * RATE, 4, "big"))
    assert clip.seconds == pytest.approx(2.0, abs=0.1)
    clip = hear(tmp_path, rewritten(content, place, RATE // 4, 4, "big"))
    assert clip.seconds == pytest.approx(2.0, abs=0.1)
    assert clip.flags["header"].startswith("says 5,512 frames, holds 4")


@pytest.mark.fault(44)
def test_an_mp4_that_plays_a_part_of_what_it_holds_says_so(tmp_path: Path) -> None:
    content = by_ffmpeg(recorded(2.0), RATE, "ipod", "aac")
    clip = hear(tmp_path, rewritten(content, content.index(b"elst") + 12, 500, 4, "big"))  # as every player does
    assert clip.seconds == pytest.approx(0.5, abs=0.1)
    assert clip.flags["header"].startswith("holds 1")


@pytest.mark.fault(44)
def test_an_au_of_unknown_length_is_read_to_its_end(tmp_path: Path) -> None:
    clip = hear(tmp_path, rewritten(container("AU"), 8, 0xFFFFFFFF, 4, "big"))
    np.testing.assert_allclose(clip.y, recorded(), atol=1e-6)
    assert clip.flags == {"streamed": ""}


@pytest.mark.fault(44)
@pytest.mark.parametrize("align", [0, 1, 3, 4, 65_535])
def test_a_width_that_lies_gives_the_sound_or_says_so(tmp_path: Path, align: int) -> None:
    content = container("WAV")
    reason, y = "", recorded()
    try:
        y = hear(tmp_path, rewritten(content, 32, align, 2)).y
    except DataError as error:
        reason = str(error)
    assert reason == "" or reason.startswith("damaged: ")
    np.testing.assert_allclose(y, recorded(), atol=1e-6)
