"""A folder of nasty files goes through the stages once; of each, what became of it."""

import hashlib
import os
import shutil
import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile

from pipeline.files import frames
from tests.faults.conftest import RATE, ROOT, Project, tone

# The superuser may read everything, unless told otherwise.
HUMBLE = ["setpriv", "--bounding-set", "-dac_override,-dac_read_search"]
SUPERUSER = os.geteuid() == 0
FORMATS = {"u8": "PCM_U8", "s24": "PCM_24", "s32": "PCM_32", "f64": "DOUBLE"}


def wav(data: bytes, *, rate: int = RATE, channels: int = 1, size: int | None = None) -> bytes:
    """A WAV of 16 bits by hand, so that its header may lie."""
    width = 2 * channels
    form = struct.pack("<IHHIIHH", 16, 1, channels, rate, rate * width & 0xFFFFFFFF, width & 0xFFFF, 16)
    size = len(data) if size is None else size
    riff = struct.pack("<I", min(size + 36, 0xFFFFFFFF))
    return b"RIFF" + riff + b"WAVEfmt " + form + b"data" + struct.pack("<I", size) + data


def sound(y: np.ndarray) -> bytes:
    return (y * 32767).astype("<i2").tobytes()


def handmade() -> dict[str, bytes]:
    whole = wav(sound(tone(440)))
    return {
        "empty.wav": b"",
        "header.wav": wav(b""),
        "cut_header.wav": whole[:30],
        "cut_data.wav": whole[: len(whole) // 2],
        "streamed_fe.wav": wav(sound(tone(440)), size=0xFFFFFFFE),
        "streamed_ff.wav": wav(sound(tone(440)), size=0xFFFFFFFF),
        **{f"rate_{rate}.wav": wav(sound(tone(440)), rate=rate) for rate in (0, 1, 2**31 - 1)},
        **{f"channels_{n}.wav": wav(bytes(4096), channels=n) for n in (0, 1024, 65535)},
        "odd.wav": wav(sound(tone(440)) + b"\0"),
        "text.wav": b"not a sound",
        "page.wav": b"<!DOCTYPE html><title>404</title>",
        "picture.wav": b"\x89PNG\r\n\x1a\n" + bytes(100),
        "forbidden.wav": whole,
    }


def write_encoded(folder: Path) -> None:
    def write(name: str, y: np.ndarray, **how: str) -> Path:
        soundfile.write(folder / name, y, RATE, **how)
        return folder / name

    noise = np.random.default_rng(0).normal(0, 0.1, 2 * RATE)
    for name in ("cut.flac", "cut.ogg", "cut.mp3"):
        path = write(name, noise)
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    for name, total in (("total_0.flac", 0), ("total_absurd.flac", 2**36 - 1)):
        path = write(name, tone(440))
        content = bytearray(path.read_bytes())
        content[21] = content[21] & 0xF0 | total >> 32
        content[22:26] = struct.pack(">I", total & 0xFFFFFFFF)
        path.write_bytes(content)
    for name, subtype in FORMATS.items():
        write(f"{name}.wav", tone(440), subtype=subtype)
    write("reference.wav", tone(440), subtype="PCM_16")
    write("six.wav", np.tile(tone(440)[:, None], 6), subtype="PCM_16")
    for name, value in (("nan", np.nan), ("inf", np.inf), ("huge", 1e30)):
        y = tone(440)
        y[1000] = value
        write(f"{name}.wav", y, subtype="FLOAT")
    write("silent.wav", np.zeros(RATE))
    write("constant.wav", np.full(RATE, 0.3))
    write("sample.wav", tone(440)[1:2])
    write("short.wav", tone(440)[:100])


def write_files(folder: Path) -> list[str]:
    """Write all that can be written; return the names, sorted."""
    for name, content in handmade().items():
        (folder / name).write_bytes(content)
    write_encoded(folder)
    with open(folder / "hours.wav", "wb") as file:  # of zeros that the disk does not hold
        file.write(wav(b"", size=2 * RATE * 36_000))
        file.truncate(44 + 2 * RATE * 36_000)
    (folder / "folder.wav").mkdir()
    os.mkfifo(folder / "pipe.wav")
    (folder / "circle.wav").symlink_to("circle.wav")
    (folder / "device.wav").touch()
    (folder / "forbidden.wav").chmod(0)
    return sorted(
        p.name for p in folder.glob("*.*") if p.name not in {"clips.csv", *(f"{i:02d}.wav" for i in range(12))}
    )


@pytest.fixture(scope="module")
def nasty(tmp_path_factory: pytest.TempPathFactory, make_project) -> Project:
    """The files in a project after `prepare` and `spectrograms`, the latter as DVC runs it."""
    project: Project = make_project(tmp_path_factory.mktemp("nasty") / "project")
    names = write_files(project.sounds)
    project.add(*(f"{name},Bark,0" for name in [*names, "no_file.wav"]))
    project.passes("prepare")
    device = project.data / "raw" / "device.wav"
    device.unlink()
    device.symlink_to("/dev/zero")
    prefix = HUMBLE if SUPERUSER and shutil.which(HUMBLE[0]) else []
    done = subprocess.run(
        [*prefix, sys.executable, *project.command("spectrograms")],
        cwd=project.folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return project


@pytest.fixture(scope="module")
def index(nasty: Project) -> pd.DataFrame:
    return nasty.index()


@pytest.fixture(scope="module")
def set_aside(nasty: Project, index: pd.DataFrame):
    """A function that makes sure that a clip is quarantined under its file's checksum; returns the reason."""

    def look(name: str, readable: bool = True) -> str:
        row = index.loc[name]
        assert (row["status"], row["n_frames"]) == ("quarantined", 0)
        expected = hashlib.sha256((nasty.sounds / name).read_bytes()).hexdigest() if readable else ""
        assert row["sha256"] == expected
        return str(row["reason"])

    return look


@pytest.fixture(scope="module")
def accepted(nasty: Project, index: pd.DataFrame):
    """A function that makes sure that a clip has finite frames; returns them and what was noticed of it."""
    features = frames.read_features(nasty.data / "features")

    def look(name: str) -> tuple[np.ndarray, str]:
        assert index.loc[name, "status"] == "ok", index.loc[name, "reason"]
        frames = features.clip(list(index.index).index(name)).astype(np.float32)
        assert len(frames) >= 1
        assert np.isfinite(frames).all()
        return frames, str(index.loc[name, "flags"])

    return look


def test_every_clip_that_went_in_is_accepted_or_quarantined(nasty, index):
    listed = {row.split(",")[0] for row in nasty.rows()[1:]}
    assert set(index.index) == listed
    assert set(index["status"]) == {"ok", "quarantined"}
    assert (index["n_frames"] > 0).equals(index["status"] == "ok")
    assert (index.loc[index["status"] == "quarantined", "reason"] != "").all()
    assert (index.loc[[f"{i:02d}.wav" for i in range(12)], "status"] == "ok").all()


@pytest.mark.fault(1)
def test_an_empty_file_is_quarantined(set_aside):
    assert set_aside("empty.wav") == "empty file"


@pytest.mark.fault(2)
def test_a_header_alone_is_quarantined(set_aside):
    assert set_aside("header.wav") == "no frames"


@pytest.mark.fault(3)
def test_a_cut_header_is_quarantined(set_aside):
    assert set_aside("cut_header.wav").startswith("damaged: ")


@pytest.mark.fault(4)
def test_a_wav_cut_in_its_data_is_quarantined(set_aside):
    assert set_aside("cut_data.wav").startswith("truncated: ")


@pytest.mark.fault(5)
@pytest.mark.parametrize("name", ["cut.flac", "cut.ogg", "cut.mp3"])
def test_a_cut_compressed_file_is_quarantined(set_aside, name):
    assert set_aside(name).startswith(("truncated: ", "damaged: "))


@pytest.mark.fault(6)
@pytest.mark.parametrize("name", ["streamed_fe.wav", "streamed_ff.wav"])
def test_a_wav_of_unknown_length_is_read_as_far_as_it_goes(accepted, index, name):
    assert "streamed" in accepted(name)[1]
    assert index.loc[name, "seconds"] == pytest.approx(0.5, abs=0.01)


@pytest.mark.fault(7)
def test_a_flac_that_lies_about_its_length_is_read_to_its_end_or_quarantined(accepted, set_aside, index):
    accepted("total_0.flac")
    assert index.loc["total_0.flac", "seconds"] == pytest.approx(0.5, abs=0.01)
    assert set_aside("total_absurd.flac").startswith("truncated: ")


@pytest.mark.fault(8)
@pytest.mark.parametrize(("rate", "words"), [(0, "damaged: "), (1, "out of range"), (2**31 - 1, "out of range")])
def test_an_impossible_sample_rate_is_quarantined(set_aside, rate, words):
    assert words in set_aside(f"rate_{rate}.wav")


@pytest.mark.fault(9)
@pytest.mark.parametrize(("channels", "words"), [(0, "damaged: "), (1024, "1,024 channels"), (65535, "damaged: ")])
def test_an_impossible_number_of_channels_is_quarantined(set_aside, channels, words):
    assert words in set_aside(f"channels_{channels}.wav")


@pytest.mark.fault(9)
def test_six_channels_are_averaged(accepted):
    np.testing.assert_allclose(accepted("six.wav")[0], accepted("reference.wav")[0], atol=2e-3)


@pytest.mark.fault(10)
@pytest.mark.parametrize("name", [*FORMATS, "odd"])
def test_the_same_tone_gives_the_same_frames_at_any_width(accepted, name):
    found, expected = accepted(f"{name}.wav")[0], accepted("reference.wav")[0]
    assert found.shape == expected.shape
    # Where the tone is: 8 bits have noise of their own beneath it.
    loud = expected > 0.6
    assert loud.any()
    np.testing.assert_allclose(found[loud], expected[loud], atol=0.02)


@pytest.mark.fault(11)
@pytest.mark.parametrize(("name", "words"), [("nan", "not finite"), ("inf", "not finite"), ("huge", "out of range")])
def test_samples_that_are_no_sound_are_quarantined(set_aside, name, words):
    assert set_aside(f"{name}.wav").startswith(words)


@pytest.mark.fault(12)
@pytest.mark.parametrize(("name", "flag"), [("silent", "silent"), ("constant", "constant")])
def test_silence_and_a_constant_are_accepted_and_flagged(accepted, name, flag):
    assert flag in accepted(f"{name}.wav")[1]


@pytest.mark.fault(13)
@pytest.mark.parametrize("name", ["sample", "short"])
def test_less_than_a_window_is_accepted_and_flagged(accepted, name):
    assert "short" in accepted(f"{name}.wav")[1]


@pytest.mark.fault(14)
def test_ten_hours_are_read_up_to_the_cap(accepted, index):
    frames, flags = accepted("hours.wav")
    assert "capped" in flags
    assert index.loc["hours.wav", "seconds"] == 2
    assert len(frames) <= 2 * RATE // 128 + 1


@pytest.mark.fault(15)
@pytest.mark.parametrize(
    ("name", "words"),
    [("text", "not audio"), ("page", "not audio: a web page"), ("picture", "not audio: a picture (PNG)")],
)
def test_what_is_no_audio_is_quarantined(set_aside, name, words):
    assert set_aside(f"{name}.wav") == words


@pytest.mark.fault(16)
@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("folder", "not a regular file"),
        ("pipe", "not a regular file"),
        ("device", "not a regular file"),
        ("circle", "cannot be opened"),
    ],
)
def test_what_is_no_regular_file_is_quarantined_without_waiting(set_aside, name, words):
    assert words in set_aside(f"{name}.wav", readable=False)


@pytest.mark.fault(17)
@pytest.mark.skipif(SUPERUSER and not shutil.which(HUMBLE[0]), reason="the superuser may read every file; no setpriv")
def test_a_file_that_may_not_be_read_is_quarantined(set_aside):
    assert "cannot be opened" in set_aside("forbidden.wav", readable=False)


@pytest.mark.fault(23)
def test_a_row_without_a_file_is_quarantined(set_aside):
    assert set_aside("no_file.wav", readable=False) == "missing"


def test_more_than_the_allowed_share_ends_the_run(project):
    """The last word on quarantine: a run that loses many of its clips is no run."""
    project.params["features"]["max_quarantined"] = 0.05
    (project.sounds / "03.wav").write_bytes(b"")
    project.passes("prepare")
    words = project.refused("spectrograms")
    assert "1 of 12 clips cannot be read" in words
    assert "03.wav: empty file" in words
    assert "features.max_quarantined" in words
