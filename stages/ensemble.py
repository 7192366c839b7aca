"""Validate each member on its held-out fold and combine them."""

import argparse
from pathlib import Path

import numpy as np
import pandas as pd

from pipeline.errors import ArtifactError, DataError, ParamsError
from pipeline.files import artifacts
from pipeline.files.publishing import publish
from pipeline.params.schema import Params
from pipeline.probs import metrics
from pipeline.probs.pooling import combine
from stages import common


def work(params: Params, paths: argparse.Namespace) -> None:
    """Read clips, labels and members' probs.npy; write probs.npy, validation.csv and ensemble.json as one folder."""
    clips, classes = artifacts.read_clips(paths.clips), artifacts.read_classes(paths.clips)
    labels = artifacts.read_targets(paths.labels)
    artifacts.same_clips(labels, clips, paths.labels / "targets.csv")
    # A label that a person gave or confirmed validates like any other verified one.
    clips = clips.assign(label=labels["label"], verified=labels["verified"])
    names, k = params.ensemble.members, params.ensemble.top_k
    probs = [artifacts.read_probs(paths.members / name / "probs.npy", len(clips), len(classes)) for name in names]
    folds = [_fold(paths.members / name / "member.json", classes) for name in names]
    rows = [_score(p, clips, classes, fold, k) for p, fold in zip(probs, folds, strict=True)]
    validation = pd.DataFrame({"member": names, "fold": pd.array(folds, dtype="Int64")}).join(pd.DataFrame(rows))
    weights = _weights(validation, params.ensemble.method)
    mean = combine(probs, method=params.ensemble.method, weights=weights)
    with publish(paths.out) as folder:
        artifacts.write_array(folder / "probs.npy", mean)
        artifacts.write_table(folder / "validation.csv", validation)
        recipe = {"method": params.ensemble.method, "weights": dict(zip(names, weights, strict=True))}
        artifacts.write_json(folder / "ensemble.json", recipe)
    for name, row, fold in zip(names, rows, folds, strict=True):
        print(_line(name, row, fold, k))
    if len(set(folds)) > 1:
        print(f"{params.ensemble.method} mean of {len(names)}: not validated, no fold was held out from every member")
    else:
        print(_line(f"{params.ensemble.method} mean", _score(mean, clips, classes, folds[0], k), folds[0], k))


def _fold(card: Path, classes: list[str]) -> int | None:
    """Return the fold that a member held out, having made sure that its columns are those of the run."""
    found = artifacts.read_record(card, "fold", "classes")
    if found["classes"] != classes:
        raise ArtifactError(
            f"{card}: made for the classes {', '.join(map(str, found['classes']))}, expected {', '.join(classes)} in "
            "that order; run `dvc repro`"
        )
    fold: int | None = found["fold"]
    return fold


def _score(probs: np.ndarray, clips: pd.DataFrame, classes: list[str], fold: int | None, k: int) -> dict[str, float]:
    """Score on the verified training clips of `fold`, which the member did not train on; NaN and 0 clips for None."""
    held_out = (clips["split"] == "train") & clips["verified"] & (clips["fold"] == fold)
    targets = np.where(held_out, pd.Index(classes).get_indexer(pd.Index(clips["label"])), -1)
    count = int(metrics.scored(probs, targets).sum())
    return {
        "clips": count,
        "accuracy": metrics.accuracy(probs, targets),
        "map": metrics.map_at_k(probs, targets, k),
    }


def _weights(validation: pd.DataFrame, method: str) -> list[float]:
    """Return shares that sum to one: in proportion to validation MAP for `weighted`, else equal."""
    score = validation["map"].to_numpy(dtype=np.float64)
    if method != "weighted":
        score = np.ones(len(score))
    elif not np.isfinite(score).all():
        name, fold = validation.loc[~np.isfinite(score), ["member", "fold"]].iloc[0]
        if fold is pd.NA:
            raise ParamsError(
                f"members.{name}.fold: found null, so that no clip validates it, expected a fold for ensemble.method "
                "weighted; give it one, or choose method geometric"
            )
        raise DataError(
            f"members.{name}.fold: fold {fold} has no verified clip to validate on, expected at least one for "
            "ensemble.method weighted; choose another fold, or method geometric"
        )
    elif score.sum() == 0:
        score = np.ones(len(score))
    return [float(share) for share in score / score.sum()]


def _line(name: str, score: dict[str, float], fold: int | None, k: int) -> str:
    if fold is None:
        return f"{name:<24} not validated, every fold was trained on"
    values = f"MAP@{k} {score['map']:.3f}  accuracy {score['accuracy']:.3f}"
    return f"{name:<24} {values}  on {score['clips']} verified clips of fold {fold}"


if __name__ == "__main__":
    common.run(work, str(__doc__), "clips", "labels", "members", "out", out=("out",))
