"""A demo of 96 clips, and the same one with every answer poisoned that nothing may learn from."""

from argparse import Namespace
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pipeline.audio import extraction
from pipeline.files import artifacts, formats, frames
from pipeline.judges import said
from pipeline.judges.linear import regression
from pipeline.judges.network import neighbours
from pipeline.judges.roles import roles as roles_of
from pipeline.params.schema import Params
from pipeline.presets import catalogue
from stages import audit, prepare, spread

FEATURES = {"name": "mel", "sr": 8000, "max_seconds": 2}
FEATURES |= {"n_fft": 512, "hop_length": 256, "n_mels": 20, "fmin": 40, "fmax": 4000}


def make_params(root: Path, **changes: object) -> Params:
    given = catalogue.settings("demo")
    given["dataset"] = {"name": "demo", "root": "data/sounds", "clips": 96}
    given["folds"] = 2
    given["features"], given["space"]["whiten"] = FEATURES, 12
    given["labels"]["promote"] = "agree"
    given["patches"] = {"crop": {"frames": 16, "test_crops": 1}}
    given["network"] = {"name": "vgg", "width": 2, "depth": 2, "dense": 8, "dropout": 0.0, "pooling": "mean_and_max"}
    given["training"] = {"batch_size": 16, "learning_rate": 0.01}
    rounds = {"number": 2, "thresholds": {"lower": [0.09, 0.1]}, "select": "predicted"}
    given["self_train"] = {"train_on": "posterior", "epochs": 1, "rounds": rounds}
    given["members"] = {"one": {"hold_out": 0}}
    given["compute"] = {"device": "cpu", "precision": "float32", "threads": 2, "jobs": 1}
    return Params.model_validate(given | changes)


def paths(run: Path) -> Namespace:
    names = ("raw", "listed", "audit", "clips", "features", "latents", "judged", "labels", "members", "checkpoints")
    places = {name: run / name for name in names} | {"corrections": run / "corrections.csv"}
    return Namespace(**places, out=run / "labels", member="one")


@pytest.fixture(scope="session")
def params(root: Path) -> Params:
    return make_params(root)


@pytest.fixture(scope="session")
def clean(tmp_path_factory: pytest.TempPathFactory, params: Params) -> Path:
    """The demo prepared, its features, and as latents the mean and deviation of each clip's frames."""
    run = tmp_path_factory.mktemp("clean")
    prepare.work(params, paths(run))
    listed = artifacts.read_files(run / "listed")
    extraction.extract_all(listed, run / "raw", params.features, jobs=1, out=run / "features")
    audit.work(params, paths(run))
    clips = artifacts.read_clips(run / "clips")
    features = frames.read_features(run / "features")
    heard = [features.clip(row).astype(np.float32) for row in range(len(clips))]
    latents = np.array([np.concatenate([f.mean(axis=0), f.std(axis=0)]) for f in heard], np.float32)
    formats.write_array(run / "latents" / "latents.npy", latents)
    _spread(run, params)
    return run


def _spread(run: Path, params: Params) -> None:
    """Let the linear judge judge, no network, and decide; what sounds alike has much the same latents."""
    clips, classes = artifacts.read_clips(run / "clips"), artifacts.read_classes(run / "clips")
    features = frames.read_features(run / "features")
    roles = roles_of(clips, classes, features.ok)
    known = regression.judge(regression.summaries(features), roles, len(classes), params.judges.linear.strength)
    latents = np.where(roles.train[:, np.newaxis], np.load(run / "latents" / "latents.npy"), np.nan)
    near = neighbours.nearest(latents, pd.factorize(clips["group"])[0])
    said.write(run / "judged" / "network", replace(said.nothing(len(clips), len(classes)), near=near))
    said.write(run / "judged" / "linear", said.Said(known))
    spread.work(params, paths(run))


@pytest.fixture(scope="session")
def poisoned(tmp_path_factory: pytest.TempPathFactory, clean: Path, params: Params) -> Path:
    """The same with a random truth and random test labels; its labels are spread anew."""
    run = tmp_path_factory.mktemp("poisoned")
    for name in ("features", "latents"):
        (run / name).symlink_to(clean / name)
    answers, classes = artifacts.read_answers(clean / "clips"), artifacts.read_classes(clean / "clips")
    random = np.random.default_rng(1)
    wrong = pd.Series(random.choice(classes, len(answers)))
    label = answers["label"].where(answers["split"] == "train", wrong)
    assert (label != answers["label"]).any()
    assert (answers["truth"] != answers["label"]).any()
    truth = random.permutation(answers["truth"].to_numpy())
    artifacts.write_clips(
        run / "clips", answers.assign(label=label, truth=truth), classes, artifacts.read_groupings(clean / "clips")
    )
    _spread(run, params)
    return run
