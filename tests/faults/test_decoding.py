"""Files that hang, kill or exhaust the decoder, and files spoilt at random: the run goes on, and no row is wrong."""

import hashlib
import signal
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile

from benchmarks import fuzz
from pipeline.audio import extraction
from pipeline.audio.extraction import Extracted
from pipeline.params.data import Features

_extract = extraction._extract


def fragile(path: Path, features: Features) -> Extracted:
    """What extraction does in its processes, with a decoder that some files are too much for."""
    if path.stem == "hangs":
        time.sleep(60)
    if path.stem == "crashes":
        signal.raise_signal(signal.SIGSEGV)
    if path.stem == "grows":
        bytearray(2**44)
    return _extract(path, features)


NASTY = {
    "crashes": "decoding crashed (signal 11)",
    "grows": "decoding needed more than 2.01 GiB of memory",
    "hangs": "decoding took longer than 1 s",
}


def write_clips(raw: Path) -> pd.DataFrame:
    """Write eight sounds, three of which are too much for `fragile`."""
    raw.mkdir()
    random = np.random.default_rng(0)
    names = sorted([*NASTY, *"bdfik"])
    for name in names:
        soundfile.write(raw / f"{name}.wav", random.normal(0, 0.1, 8000), 16000)
    return pd.DataFrame({"clip_id": names, "path": [f"{name}.wav" for name in names]})


@pytest.mark.fault(18)
def test_a_file_that_hangs_or_kills_the_decoder_is_quarantined(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clips, features = write_clips(tmp_path / "raw"), Features(name="mel", max_seconds=0.5, max_quarantined=0.5)
    monkeypatch.setattr(extraction, "SECONDS", 0.5)
    monkeypatch.setattr(extraction, "_extract", fragile)
    index = extraction.extract_all(clips, tmp_path / "raw", features, jobs=2, out=tmp_path / "out")
    assert index["clip_id"].tolist() == clips["clip_id"].tolist()
    lost = index[index["status"] == "quarantined"]
    assert dict(zip(lost["clip_id"], lost["reason"], strict=True)) == NASTY
    for row in index.itertuples():
        assert row.sha256 == hashlib.sha256((tmp_path / "raw" / f"{row.clip_id}.wav").read_bytes()).hexdigest()
    monkeypatch.setattr(extraction, "_extract", _extract)
    alone = clips[~clips["clip_id"].isin(NASTY)]
    extraction.extract_all(alone, tmp_path / "raw", features, jobs=1, out=tmp_path / "alone")
    assert (tmp_path / "out" / "frames.npy").read_bytes() == (tmp_path / "alone" / "frames.npy").read_bytes()


@pytest.mark.fault(18)
def test_files_spoilt_at_random_are_read_as_what_they_hold_or_refused() -> None:
    table = fuzz.fuzz(520, seed=2018, jobs=2)
    assert len(table) == 520
    bad = table[~table["result"].isin(["accepted", "refused"])]
    assert bad.empty, bad.to_string()
    assert set(table["result"]) == {"accepted", "refused"}
    assert set(table["specimen"]) == set(fuzz.FORMATS)
    assert (table["reason"][table["result"] == "refused"] != "").all()


@pytest.mark.parametrize("name", fuzz.FORMATS)
def test_what_was_not_spoilt_is_accepted(tmp_path: Path, name: str) -> None:
    content = fuzz.specimens()[name]
    assert fuzz.judge(fuzz.Mutant(name, "not at all", content, intact=True), str(tmp_path)) == ("accepted", "")


def test_the_judge_tells_a_wrong_row(tmp_path: Path) -> None:
    half, other = tmp_path / "half.wav", tmp_path / "other.flac"
    soundfile.write(half, np.zeros(int(fuzz.SECONDS * fuzz.SR / 2)), fuzz.SR)
    soundfile.write(other, np.zeros(round(fuzz.SECONDS * fuzz.SR)), fuzz.SR)
    for name, path, words in (("wav", half, "0.350 of 0.7 s"), ("flac", other, "other samples than were written")):
        result, what = fuzz.judge(fuzz.Mutant(name, "cut", path.read_bytes(), intact=True), str(tmp_path))
        assert (result, words in what) == ("wrong", True)
