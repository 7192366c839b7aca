"""A folder of sounds of three classes, whose table has verified none, and the settings that name it."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import soundfile

from pipeline.params.schema import Params
from pipeline.presets import catalogue

RATE, CLASSES = 8000, ("high", "low", "mid")


@pytest.fixture
def project(tmp_path: Path) -> SimpleNamespace:
    """`root`, `table`, `folder` (of the start), `corrections` and `params`."""
    random, sounds = np.random.default_rng(0), tmp_path / "sounds"
    sounds.mkdir()
    time, rows = np.arange(RATE // 2) / RATE, ["path,label,verified,group"]
    for i in range(18):
        name = CLASSES[i % 3]
        pitch = {"low": 200, "mid": 800, "high": 2500}[name] * (1 + 0.2 * random.random())
        soundfile.write(sounds / f"{i:02d}.wav", 0.5 * np.sin(2 * np.pi * pitch * time), RATE)
        rows.append(f"{i:02d}.wav,{name},0,day {i // 3}")
    table = sounds / "clips.csv"
    table.write_text("\n".join(rows) + "\n")
    given = catalogue.settings("demo")
    given["dataset"] = {"name": "csv", "root": str(sounds)}
    given["features"] = {"name": "mel", "sr": RATE, "n_fft": 256, "hop_length": 128, "n_mels": 16, "fmax": 4000}
    given["spread"] |= {"grouping": "one"}
    given["folds"] = 3
    given["compute"] = {"device": "cpu", "precision": "float32", "threads": 1, "jobs": 1}
    folder = tmp_path / "data" / "start"
    folder.mkdir(parents=True)
    return SimpleNamespace(
        root=tmp_path,
        table=table,
        folder=folder,
        corrections=tmp_path / "data" / "corrections.csv",
        given=given,
        params=lambda: Params.model_validate(given),
    )
