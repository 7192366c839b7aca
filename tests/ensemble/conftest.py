"""Two small members, trained by the stages themselves on six kinds of beep."""

import shutil
from argparse import Namespace
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile

from pipeline.audio import extraction
from pipeline.files import artifacts, formats
from pipeline.params.schema import Params
from pipeline.presets import catalogue

SR, CLASSES = 8000, ["high", "low", "middle", "rattle"]
PITCH = {"high": 2400.0, "low": 180.0, "middle": 800.0}
# Nothing here is a default: an answer that agrees was made with the settings that travel with the member.
FEATURES = {"name": "mel", "sr": SR, "trim_db": 35, "max_seconds": 0.8, "max_quarantined": 0.2}
FEATURES |= {"n_fft": 256, "hop_length": 128, "n_mels": 16, "fmin": 60, "fmax": 3800}
NETWORK = {"name": "vgg", "width": 4, "depth": 2, "dense": 8, "dropout": 0.0, "pooling": "mean_and_max"}


@dataclass
class Trained:
    """A run's folder, the params it was made with, and its audio."""

    run: Path
    raw: Path
    params: Params

    def probs(self, folder: str) -> np.ndarray:
        return np.load(self.run / folder / "probs.npy")


def beep(kind: str, random: np.random.Generator) -> np.ndarray:
    """A sound of 0.5 to 1.2 s with faint noise around it; float64 (n,)."""
    n = int(SR * random.uniform(0.5, 1.2))
    t = np.arange(n) / SR
    if kind == "rattle":
        sound = random.normal(size=n) * (np.sin(2 * np.pi * 9 * t) > 0.5)
    else:
        sound = np.sin(2 * np.pi * PITCH[kind] * random.uniform(0.9, 1.1) * t) + 0.05 * random.normal(size=n)
    padded = np.pad(0.2 * sound, (int(0.1 * SR), int(0.2 * SR)))
    # About 45 dB below the sound: whether it is trimmed depends on `trim_db`.
    return padded + 0.0008 * random.normal(size=len(padded))


def write_audio(raw: Path) -> pd.DataFrame:
    """Write six clips a class and return their table."""
    random, rows = np.random.default_rng(5), []
    raw.mkdir(parents=True)
    for number in range(6):
        for kind in CLASSES:
            clip_id = f"{kind}{number}"
            soundfile.write(raw / f"{clip_id}.wav", beep(kind, random), SR)
            split, fold = ("test", -1) if number == 5 else ("train", number % 2)
            rows.append((clip_id, f"{clip_id}.wav", kind, True, split, fold, clip_id))
    columns = ["clip_id", "path", "label", "verified", "split", "fold", "group"]
    return pd.DataFrame(rows, columns=columns).sort_values("clip_id", ignore_index=True)


def make_params(root: Path) -> Params:
    given = catalogue.settings("demo")
    given["features"] = FEATURES
    given["folds"] = 2
    given["patches"], given["network"] = {"crop": {"frames": 20, "test_crops": 3}}, NETWORK
    given["training"] = {"batch_size": 4, "learning_rate": 0.01}
    given["self_train"] |= {"rounds": 1, "epochs": 3}
    given["members"] = {"one": {"hold_out": 0}, "two": {"hold_out": 1}}
    given["compute"] = {"device": "cpu", "precision": "float32", "threads": 2, "jobs": 1}
    return Params.model_validate(given)


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory, root: Path) -> Trained:
    from stages import ensemble, self_train

    folder = tmp_path_factory.mktemp("trained")
    run, raw, params = folder / "data", folder / "raw", make_params(root)
    clips = write_audio(raw)
    (raw / "middle3.wav").write_bytes(b"RIFF")  # quarantined
    artifacts.write_clips(run / "clips", clips, CLASSES)
    extraction.extract_all(clips, raw, params.features, jobs=1, out=run / "features")
    train = clips["split"] == "train"
    empty = {"spread_label": "", "confidence": 0.0, "abstained": True, "promoted": False, "family": "g", "reason": ""}
    decided = {
        "outcome": np.where(train, "verified", "test"),
        "target": clips["label"].where(train, ""),
        "probability": np.where(train, 1.0, np.nan),
        "outside": np.nan,
    }
    labels = clips[["clip_id", "label", "verified"]].assign(**empty, **decided, given=clips["label"], review="")
    artifacts.write_labels(run / "labels", labels)
    posterior = np.eye(len(CLASSES), dtype=np.float32)[pd.Index(CLASSES).get_indexer(pd.Index(clips["label"]))]
    posterior[~train] = np.nan
    formats.write_array(run / "labels" / "posterior.npy", posterior)
    formats.write_array(run / "labels" / "ruled_out.npy", np.zeros(posterior.shape, dtype=bool))
    names = ("clips", "features", "labels", "members", "ensemble", "checkpoints")
    at = {name: run / name for name in names} | {"out": run / "ensemble"}
    for member in params.members:
        self_train.work(params, Namespace(**at, member=member))
    (run / "ensemble").mkdir()
    ensemble.work(params, Namespace(**at))
    return Trained(run=run, raw=raw, params=params)


@pytest.fixture
def copy(trained: Trained, tmp_path: Path) -> Trained:
    """The same, to be spoilt."""
    for name in ("members", "ensemble"):
        shutil.copytree(trained.run / name, tmp_path / "data" / name)
    return Trained(run=tmp_path / "data", raw=trained.raw, params=trained.params)
