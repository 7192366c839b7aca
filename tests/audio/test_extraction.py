"""From a folder of audio to packed frames: what is read, what is set aside, what is refused."""

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import soundfile

from pipeline.audio import extraction
from pipeline.errors import DataError, ParamsError
from pipeline.files import artifacts, frames
from pipeline.params.data import Features
from stages import spectrograms

ROOT = Path(__file__).parents[2]
ESC10 = ROOT / ".." / "shared" / "data" / "esc10" / "audio"


def make(folder: Path, n: int = 6) -> pd.DataFrame:
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(0)
    for i in range(n):
        soundfile.write(folder / f"c{i}.wav", rng.normal(0, 0.1, 4000 + 1000 * i), 22050)
    return table([f"c{i}.wav" for i in range(n)])


def table(paths: list[str]) -> pd.DataFrame:
    return pd.DataFrame({"clip_id": [f"{i:04d}" for i in range(len(paths))], "path": paths})


def features(**given: object) -> Features:
    return Features.model_validate({"name": "mel"} | given)


def test_frames_are_packed_in_the_order_of_the_clips(tmp_path: Path) -> None:
    clips = make(tmp_path / "raw")
    extraction.extract_all(clips, tmp_path / "raw", features(), jobs=1, out=tmp_path / "out")
    stored = frames.read_features(tmp_path / "out")
    assert stored.frames.dtype == np.float16
    assert stored.ok.all()
    assert stored.index["clip_id"].tolist() == clips["clip_id"].tolist()
    assert stored.settings == {
        "kind": "mel", "sr": 22050, "trim_db": 60.0, "max_seconds": 30.0,
        "settings": {"n_fft": 1024, "hop_length": 512, "n_mels": 64, "fmin": 20.0, "fmax": 11025.0}, "n_bins": 64,
    }  # fmt: skip
    for row, path in enumerate(clips["path"]):
        file = tmp_path / "raw" / path
        np.testing.assert_array_equal(stored.clip(row), extraction.extract_file(file, features()))
        assert stored.index["sha256"][row] == hashlib.sha256(file.read_bytes()).hexdigest()
    assert len(stored.frames) == stored.index["n_frames"].sum()


def test_the_index_says_where_in_the_file_the_frames_begin(tmp_path: Path) -> None:
    raw = tmp_path / "raw"
    make(raw, 2)
    soundfile.write(raw / "c1.wav", np.concatenate([np.zeros(44100), soundfile.read(raw / "c0.wav")[0]]), 22050)
    (raw / "gone.wav").write_bytes(b"")
    clips = table(["c0.wav", "c1.wav", "gone.wav"])
    extraction.extract_all(clips, raw, features(max_quarantined=0.5), jobs=1, out=tmp_path / "out")
    index = frames.read_features(tmp_path / "out").index
    assert index["offset"].tolist() == pytest.approx([0, 2, 0], abs=0.1)
    assert index["seconds"][1] == pytest.approx(2 + index["seconds"][0])


@pytest.mark.parametrize("kind", ["mel", "waveform"])
def test_several_processes_give_the_same_bytes(tmp_path: Path, kind: str) -> None:
    clips = make(tmp_path / "raw")
    for jobs in (1, 2):
        extraction.extract_all(clips, tmp_path / "raw", features(name=kind), jobs=jobs, out=tmp_path / f"out{jobs}")
    for name in ("frames.npy", "index.csv", "features.json"):
        assert (tmp_path / "out1" / name).read_bytes() == (tmp_path / "out2" / name).read_bytes()


def test_clips_that_cannot_be_read_are_set_aside(tmp_path: Path) -> None:
    raw = tmp_path / "raw"
    make(raw)
    (raw / "text.wav").write_text("not a sound")
    (raw / "folder.wav").mkdir()
    soundfile.write(raw / "silent.wav", np.zeros(9000), 22050)
    clips = table(["c0.wav", "text.wav", "c1.wav", "gone.wav", "folder.wav", "silent.wav"])
    out = tmp_path / "out"
    index = extraction.extract_all(clips, raw, features(max_quarantined=0.5), jobs=1, out=out)
    assert index["status"].tolist() == ["ok", "quarantined", "ok", "quarantined", "quarantined", "ok"]
    assert index["reason"].tolist() == ["", "not audio", "", "missing", "not a regular file", ""]
    assert index["flags"].tolist() == ["", "", "", "", "", "silent"]
    stored = frames.read_features(out)
    assert stored.ok.tolist() == [True, False, True, False, False, True]
    assert len(stored.clip(1)) == 0
    assert not stored.clip(5).any()
    assert stored.index["sha256"][1] == hashlib.sha256(b"not a sound").hexdigest()
    assert stored.index["sha256"][3] == stored.index["sha256"][4] == ""


def test_too_many_of_them_end_the_run_and_leave_earlier_results(tmp_path: Path) -> None:
    raw, out = tmp_path / "raw", tmp_path / "data" / "features"
    clips = make(raw)
    extraction.extract_all(clips, raw, features(), jobs=1, out=out)
    before = {path.name: path.read_bytes() for path in out.iterdir()}
    (raw / "c1.wav").unlink()
    (raw / "c2.wav").write_bytes(b"")
    with pytest.raises(DataError, match=r"features\.max_quarantined") as caught:
        extraction.extract_all(clips, raw, features(max_quarantined=0.1), jobs=1, out=out)
    message = str(caught.value)
    assert "2 of 6 clips cannot be read, expected at most 10.0%" in message
    assert "1 missing, 1 empty file" in message
    assert "0001: missing" in message
    assert {path.name: path.read_bytes() for path in out.iterdir()} == before
    assert [path.name for path in out.parent.iterdir()] == ["features"]


@pytest.mark.parametrize("paths", [[], ["a.wav", "b.wav"]])
def test_nothing_to_read_is_refused_whatever_is_allowed(tmp_path: Path, paths: list[str]) -> None:
    (tmp_path / "raw").mkdir()
    with pytest.raises(DataError, match="clips cannot be read"):
        extraction.extract_all(
            table(paths), tmp_path / "raw", features(max_quarantined=1.0), jobs=1, out=tmp_path / "out"
        )
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    "path",
    ["../a.wav", "x/../../a.wav", "/etc/passwd", "C:\\a.wav", "C:a.wav", "\\\\host\\a.wav", "x\\..\\a", "a\0.wav", ""],
)
def test_a_path_that_leads_outside_is_refused(tmp_path: Path, path: str) -> None:
    make(tmp_path / "raw", 1)
    with pytest.raises(DataError, match=r"clips\.csv: clip '0001': path .* must be relative and stay below"):
        extraction.extract_all(
            table(["c0.wav", path]), tmp_path / "raw", features(max_quarantined=1.0), jobs=1, out=tmp_path / "out"
        )


def test_impossible_settings_are_refused_before_anything_is_read(tmp_path: Path) -> None:
    with pytest.raises(ParamsError, match=r"^features\.fmax"):
        extraction.extract_all(table(["gone.wav"]), tmp_path, features(sr=8000), jobs=1, out=tmp_path / "out")


def test_the_stage_prints_what_there_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    clips = make(tmp_path / "raw").assign(label="a", verified=True, split="train", fold=0, group="g")
    artifacts.write_clips(tmp_path / "listed", clips, ["a"])
    params = SimpleNamespace(features=features(), compute=SimpleNamespace(jobs=1))
    arguments = SimpleNamespace(listed=tmp_path / "listed", raw=tmp_path / "raw", features=tmp_path / "features")
    spectrograms.work(params, arguments)  # type: ignore[arg-type]
    assert capsys.readouterr().out.startswith("spectrograms: 6 clips, 0 quarantined, 0.00 hours, ")
    assert json.loads((tmp_path / "features" / "features.json").read_text())["n_bins"] == 64


@pytest.mark.whole
def test_processes_load_no_tensorflow_and_say_nothing(tmp_path: Path) -> None:
    make(tmp_path / "raw", 3)
    (tmp_path / "program.py").write_text(f"""
import sys
from pathlib import Path
from pipeline.audio import extraction
from pipeline.compute import workers
from pipeline.params.data import Features

def probe(path, features):
    assert extraction._extract(path, features).frames is not None
    return "tensorflow" in sys.modules or "keras" in sys.modules

if __name__ == "__main__":
    calls = [(path, Features(name="mel")) for path in Path({str(tmp_path / "raw")!r}).glob("*.wav")]
    print(any(workers.run(probe, calls, jobs=2, seconds=60, memory=2**31, preload=["pipeline.audio.extraction"])))
""")
    command = [sys.executable, "-W", "error", str(tmp_path / "program.py")]
    done = subprocess.run(
        command, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout.strip(), done.stderr) == (0, "False", "")


@pytest.mark.skipif(not ESC10.is_dir(), reason=f"real clips are not at {ESC10}")
def test_real_clips(tmp_path: Path) -> None:
    clips = table([path.name for path in sorted(ESC10.glob("*.ogg"))[:8]])
    index = extraction.extract_all(clips, ESC10, features(), jobs=2, out=tmp_path / "out")
    assert (index["status"] == "ok").all()
    assert (index["n_frames"] > 10).all()
    stored = frames.read_features(tmp_path / "out")
    assert 0.1 < float(stored.frames.astype(np.float32).mean()) < 0.9
