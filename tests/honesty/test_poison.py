"""Poison what nothing may learn from, and all that is learnt stays the same to the byte."""

from argparse import Namespace
from dataclasses import fields
from itertools import cycle
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pipeline.corrections import store
from pipeline.errors import DataError
from pipeline.files import artifacts, frames
from pipeline.files.checkpoints import Checkpoints
from pipeline.members.roles import Split, split_clips
from pipeline.members.self_training import RoundsSoFar, run_rounds
from pipeline.results.outcomes import score_against_truth
from stages import spread

TRAIN_ON = ["verified", "promoted", "agreed", "all", "posterior"]


def at(run: Path) -> Namespace:
    names = ("clips", "features", "latents", "judged", "labels", "members", "checkpoints")
    places = {name: run / name for name in names} | {"corrections": run / "corrections.csv"}
    return Namespace(**places, out=run / "labels", member="one")


class Centroids:
    """A learner without weights: the nearer the centre of a class's latents, the likelier the class."""

    def __init__(self, latents: np.ndarray, n_classes: int) -> None:
        scale = latents.std(axis=0) + 1e-6
        self.x, self.k = ((latents - latents.mean(axis=0)) / scale).astype(np.float64), n_classes

    def fit(
        self, number: int, rows: np.ndarray, targets: np.ndarray, doubtful: np.ndarray, split: Split
    ) -> pd.DataFrame:
        weight = targets * np.where(doubtful, 0.5, 1.0)[:, np.newaxis]
        self.centres = (weight.T @ self.x[rows]) / np.maximum(weight.sum(axis=0), 1)[:, np.newaxis]
        return pd.DataFrame({"epoch": [1], "loss": [float(len(rows))]})

    def predict(self) -> np.ndarray:
        far = ((self.x[:, np.newaxis] - self.centres) ** 2).sum(axis=2)
        raw = np.exp(-(far - far.min(axis=1, keepdims=True)) / 4)
        return (raw / raw.sum(axis=1, keepdims=True)).astype(np.float32)

    def save(self, folder: Path) -> None:
        np.save(folder / "centres.npy", self.centres)

    def restore(self, number: int, folder: Path) -> None:
        self.centres = np.load(folder / "centres.npy")


def roles(run: Path, params, train_on: str) -> Split:
    clips, classes = artifacts.read_clips(run / "clips"), artifacts.read_classes(run / "clips")
    labels = artifacts.read_labels(run / "labels")
    posterior = artifacts.read_probs(run / "labels" / "posterior.npy", len(clips), len(classes), open_set=True)
    features = frames.read_features(run / "features")
    member = params.members["one"].model_copy(update={"train_on": train_on})
    return split_clips(clips, labels, posterior, classes, features.ok, member)


def rounds(run: Path, params, train_on: str, folder: Path) -> RoundsSoFar:
    latents = np.load(run / "latents" / "latents.npy")
    learner = Centroids(latents, len(artifacts.read_classes(run / "clips")))
    checkpoints = Checkpoints(folder, "key")
    split = roles(run, params, train_on)
    return run_rounds(split, params.members["one"], learner, checkpoints, say=lambda line: None)


def test_the_poison_is_there(clean, poisoned):
    one, other = artifacts.read_answers(clean / "clips"), artifacts.read_answers(poisoned / "clips")
    test = one["split"] == "test"
    assert (one["truth"] != other["truth"]).mean() > 0.5
    assert (one["label"] != other["label"])[test].mean() > 0.5
    assert (one["label"] == other["label"])[~test].all()
    labels = artifacts.read_labels(clean / "labels")
    scores = [score_against_truth(labels, answers)["precision"].iloc[-1] for answers in (one, other)]
    assert scores[0] > scores[1] + 0.2


def test_what_learns_reads_the_same_clips(clean, poisoned):
    pd.testing.assert_frame_equal(artifacts.read_clips(clean / "clips"), artifacts.read_clips(poisoned / "clips"))


def test_labels_are_spread_the_same(clean, poisoned):
    files = sorted(path.name for path in (clean / "labels").iterdir())
    assert files == [
        "calibration.csv",
        "corrections.csv",
        "families.json",
        "labels.csv",
        "posterior.npy",
        "promotion.csv",
        "ruled_out.npy",
        "run.json",
        "targets.csv",
    ]
    for name in files:
        assert (clean / "labels" / name).read_bytes() == (poisoned / "labels" / name).read_bytes(), name
    assert artifacts.read_labels(clean / "labels")["promoted"].any()


def _review(path: Path, clips: pd.DataFrame, classes: list[str]) -> None:
    """Accept, reject, relabel and doubt each fourth of these clips, whatever they really are."""
    rows = [
        dict.fromkeys(store.COLUMNS, "") | {"clip_id": clip, "given_label": label, "decision": decision}
        for clip, label, decision in zip(clips["clip_id"], clips["label"], cycle(store.DECISIONS), strict=False)
    ]
    new = [classes[i % len(classes)] if row["decision"] == "relabel" else "" for i, row in enumerate(rows)]
    store.write(path, pd.DataFrame(rows, columns=store.COLUMNS).assign(new_label=new))


def test_a_review_lets_no_answer_through(clean, poisoned, params, tmp_path):
    written = []
    for run in (clean, poisoned):
        clips, classes = artifacts.read_clips(run / "clips"), artifacts.read_classes(run / "clips")
        places = Namespace(**vars(at(run)) | {"corrections": tmp_path / "review.csv", "out": tmp_path / run.name})
        _review(places.corrections, clips[clips["split"] == "train"].iloc[:24], classes)
        spread.work(params, places)
        written.append({path.name: path.read_bytes() for path in places.out.iterdir()})
    assert written[0] == written[1]
    labels = artifacts.read_labels(tmp_path / clean.name)
    assert (labels["outcome"] == "reviewed").sum() == 12
    test = (artifacts.read_clips(clean / "clips")["split"] == "test").to_numpy()
    assert (labels.loc[test, ["given", "label", "target", "review"]] == "").all(axis=None)
    assert written[0]["labels.csv"] != (clean / "labels" / "labels.csv").read_bytes()


def test_a_correction_of_a_test_clip_is_refused_without_telling_its_label(clean, params, tmp_path):
    answers, classes = artifacts.read_answers(clean / "clips"), artifacts.read_classes(clean / "clips")
    clip = answers[answers["split"] == "test"].iloc[[0]]
    places = Namespace(**vars(at(clean)) | {"corrections": tmp_path / "review.csv", "out": tmp_path / "labels"})
    _review(places.corrections, clip.assign(label=next(n for n in classes if n != clip["label"].iloc[0])), classes)
    with pytest.raises(DataError, match=r"review\.csv:2: clip '\w+' is a test clip") as caught:
        spread.work(params, places)
    assert clip["label"].iloc[0] not in str(caught.value)
    assert not places.out.exists()


@pytest.mark.parametrize("train_on", TRAIN_ON)
def test_clips_play_the_same_roles(clean, poisoned, params, train_on):
    one, other = roles(clean, params, train_on), roles(poisoned, params, train_on)
    for field in fields(Split):
        np.testing.assert_array_equal(getattr(one, field.name), getattr(other, field.name))
    test = (artifacts.read_clips(clean / "clips")["split"] == "test").to_numpy()
    assert (one.given[test] == -1).all()
    assert not (one.trusted | one.pool | one.doubtful | one.validation)[test].any()
    assert np.isnan(one.posterior[test]).all()


@pytest.mark.parametrize("train_on", TRAIN_ON)
def test_rounds_end_the_same(clean, poisoned, params, train_on, tmp_path):
    one = rounds(clean, params, train_on, tmp_path / "one")
    other = rounds(poisoned, params, train_on, tmp_path / "other")
    assert one.probs is not None
    assert other.probs is not None
    assert one.probs.tobytes() == other.probs.tobytes()
    for name in ("rounds", "history", "selections"):
        pd.testing.assert_frame_equal(getattr(one, name), getattr(other, name), check_exact=True)
    if train_on != "all":
        assert len(one.selections)


def test_the_held_out_fold_does_not_train_its_judge(clean, params, tmp_path):
    """Scramble the given labels of fold 0: the member that holds it out must give the same probabilities."""
    answers, classes = artifacts.read_answers(clean / "clips"), artifacts.read_classes(clean / "clips")
    latents, labels = np.load(clean / "latents" / "latents.npy"), artifacts.read_labels(clean / "labels")
    posterior = np.load(clean / "labels" / "posterior.npy")
    inside, found = (answers["fold"] == 0).to_numpy(), []
    for shift in (0, 1):
        clips, moved = answers.drop(columns="truth"), labels.copy()
        moved.loc[inside, "label"] = np.roll(labels.loc[inside, "label"].to_numpy(), shift)
        split = split_clips(clips, moved, posterior, classes, np.ones(len(clips), bool), params.members["one"])
        checkpoints = Checkpoints(tmp_path / str(shift), "key")
        learner = Centroids(latents, len(classes))
        found.append(run_rounds(split, params.members["one"], learner, checkpoints, say=lambda line: None).probs)
    np.testing.assert_array_equal(*found)


def test_labels_without_meaning_are_promoted_about_as_often_as_chance(clean, params, tmp_path):
    """Permute all training labels: sound says nothing of them, so few agree, and the estimate says they are wrong."""
    answers, classes = artifacts.read_answers(clean / "clips"), artifacts.read_classes(clean / "clips")
    train = (answers["split"] == "train").to_numpy()
    labels = artifacts.read_labels(clean / "labels")
    honest = labels["promoted"].sum() / (train & ~answers["verified"]).sum()
    for name in ("latents", "judged"):
        (tmp_path / name).symlink_to(clean / name)
    shares = []
    for seed in range(5):
        random, label = np.random.default_rng(seed), answers["label"].to_numpy().copy()
        label[train] = random.permutation(label[train])
        artifacts.write_clips(
            tmp_path / "clips", answers.assign(label=label), classes, artifacts.read_groupings(clean / "clips")
        )
        spread.work(params, at(tmp_path))
        found = artifacts.read_labels(tmp_path / "labels")
        shares.append(found["promoted"].sum() / (train & ~answers["verified"]).sum())
    # Two families of six classes: one in six agrees by chance.
    assert np.mean(shares) < 1 / 6 + 0.1
    assert honest > np.mean(shares) + 0.15


@pytest.mark.keras
@pytest.mark.slow
def test_a_network_learns_the_same_to_the_byte(clean, poisoned, params):
    from stages import self_train

    written = []
    for run in (clean, poisoned):
        self_train.work(params, at(run))
        folder = run / "members" / "one"
        written.append({path.name: path.read_bytes() for path in folder.iterdir() if path.suffix in (".npy", ".csv")})
    assert set(written[0]) >= {"probs.npy", "rounds.csv", "selections.csv", "history.csv"}
    assert written[0] == written[1]
    assert np.ptp(np.load(clean / "members" / "one" / "probs.npy"), axis=0).max() > 1e-4
    assert len(written[0]["selections.csv"].splitlines()) > 1
