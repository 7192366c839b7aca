"""A run that never ran: twelve tones, what was decided of them, and the command that takes them out."""

import hashlib
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile

from pipeline.clips import preparing
from pipeline.files import artifacts, formats
from stages import cli

RATE = 8000
CLASSES = ["Bark", "Meow"]
# Of clips 0 to 11; the last one but one could not be read.
OUTCOMES = ["verified"] * 4 + ["reviewed", "promoted", "corrected", "left_out", "promoted", "test", "test", "test"]
LICENCES = ["CC0", "CC BY", "CC BY-NC, 3.0", ""] * 3


@dataclass
class Run:
    """The run's folder, and that of the user's own sounds."""

    data: Path
    sounds: Path

    def clips(self) -> pd.DataFrame:
        return artifacts.read_answers(self.data / "clips")


def make(root: Path, *, licences: bool = True) -> Run:
    run, rows = Run(root / "data", root / "sounds"), []
    for number, outcome in enumerate(OUTCOMES):
        path = f"{'deep, er' if number % 2 else 'a b'}/{number % 6:02d}{number // 6}.wav"
        (run.sounds / path).parent.mkdir(parents=True, exist_ok=True)
        tone = 0.5 * np.sin(2 * np.pi * (300 + 30 * number) * np.arange(RATE // 4) / RATE)
        soundfile.write(run.sounds / path, tone, RATE)
        test = outcome == "test"
        row = {"clip_id": path, "source": str(run.sounds / path), "path": path, "label": CLASSES[number % 2]}
        row |= {"verified": number < 4 or test, "split": "test" if test else "train", "group": f"speaker {number // 3}"}
        rows.append(row | {"truth": CLASSES[0], "outcome": outcome})
    table = pd.DataFrame(rows)
    (run.data / "raw").mkdir(parents=True)
    clips, classes = preparing.prepare(table.drop(columns="outcome"), run.data / "raw", n_folds=2, seed=0)
    table = table.set_index("clip_id").loc[clips["clip_id"]].reset_index()
    if licences:
        by_clip = dict(zip((row["clip_id"] for row in rows), LICENCES, strict=True))
        clips = clips.assign(licence=clips["clip_id"].map(by_clip), uploader=[f"user{i}" for i in range(12)])
    artifacts.write_clips(run.data / "clips", clips, classes)
    _labels(run, clips, table["outcome"])
    _index(run, clips, quarantined=rows[10]["path"])
    return run


def _labels(run: Run, clips: pd.DataFrame, outcome: pd.Series) -> None:
    other = clips["label"].map({"Bark": "Meow", "Meow": "Bark"})
    given = clips["label"].where(clips["split"] == "train", "")
    target = given.where(outcome != "corrected", other).where(~outcome.isin(["left_out", "test"]), "")
    decided = outcome.isin(["promoted", "corrected", "left_out"])
    labels = clips[["clip_id", "path"]].assign(
        given=given,
        label=given,
        verified=outcome.isin(["verified", "reviewed"]),
        review="",
        spread_label="",
        confidence=0.0,
        abstained=True,
        promoted=outcome == "promoted",
        family="all",
        outcome=outcome,
        target=target,
        probability=np.where(decided, 0.875, np.where(outcome == "test", np.nan, 1.0)),
        outside=np.where(outcome == "test", np.nan, 0.125),
        reason=np.where(decided, "=judged, so", ""),
    )
    artifacts.write_labels(run.data / "labels", labels)
    formats.write_json(run.data / "labels" / "run.json", {"run_id": "0123456789ab"})


def _index(run: Run, clips: pd.DataFrame, quarantined: str) -> None:
    bad = (clips["path"] == quarantined).to_numpy()
    frames = np.where(bad, 0, 3)
    sums = [hashlib.sha256((run.sounds / path).read_bytes()).hexdigest() for path in clips["path"]]
    index = clips[["clip_id"]].assign(
        start=np.cumsum(frames) - frames,
        n_frames=frames,
        seconds=0.25,
        offset=0.0,
        status=np.where(bad, "quarantined", "ok"),
        reason=np.where(bad, "not audio", ""),
        sha256=sums,
        flags="",
        sound="0",
    )
    formats.write_table(run.data / "features" / "index.csv", index)
    formats.write_array(run.data / "features" / "frames.npy", np.zeros((int(frames.sum()), 2), np.float16))
    formats.write_json(run.data / "features" / "features.json", {"kind": "mel", "n_bins": 2})


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return make(tmp_path)


@pytest.fixture
def export(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """Run the command in this process; return its exit code and what it printed."""

    def call(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["earmark", "export-dataset", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        shown, code = capsys.readouterr(), ended.value.code
        said = shown.err + (f"{code}\n" if isinstance(code, str) else "")
        return (1 if isinstance(code, str) else code or 0), shown.out, said

    return call
