"""Validate each member on its held-out fold and combine them."""

import argparse
from pathlib import Path

from pipeline.ensemble.validation import join
from pipeline.errors import ArtifactError
from pipeline.files import artifacts, formats
from pipeline.files.publishing import publish
from pipeline.params.schema import Params
from stages import common


def work(params: Params, paths: argparse.Namespace) -> None:
    """Read clips, labels and members' probs.npy; write probs.npy, validation.csv and ensemble.json as one folder."""
    clips, classes = artifacts.read_clips(paths.clips), artifacts.read_classes(paths.clips)
    labels = artifacts.read_targets(paths.labels)
    artifacts.same_clips(labels, clips, paths.labels / "targets.csv")
    # A label that a person gave or confirmed validates like any other verified one.
    clips = clips.assign(label=labels["label"], verified=labels["verified"])
    settings, names = params.ensemble, list(params.members)
    shape = len(clips), len(classes)
    probs = {name: artifacts.read_probs(paths.members / name / "probs.npy", *shape) for name in names}
    folds = [_fold(paths.members / name / "member.json", classes) for name in names]
    joined = join(probs, folds, clips, classes, settings)
    with publish(paths.out) as folder:
        formats.write_array(folder / "probs.npy", joined.probs)
        formats.write_table(folder / "validation.csv", joined.validation)
        recipe = {"method": settings.method, "weights": dict(zip(names, joined.weights, strict=True))}
        formats.write_json(folder / "ensemble.json", recipe)
    for row, fold in zip(joined.validation.to_dict("records"), folds, strict=True):
        print(_line(str(row["member"]), row, fold, settings.top_k))
    if joined.mean is None:
        print(f"{settings.method} mean of {len(names)}: not validated, no fold was held out from every member")
    else:
        print(_line(f"{settings.method} mean", joined.mean, folds[0], settings.top_k))


def _fold(card: Path, classes: list[str]) -> int | None:
    """Return the fold that a member held out, having made sure that its columns are those of the run."""
    found = formats.read_record(card, "hold_out", "classes")
    if found["classes"] != classes:
        raise ArtifactError(
            f"{card}: made for the classes {', '.join(map(str, found['classes']))}, expected {', '.join(classes)} in "
            "that order; run `dvc repro`"
        )
    fold: int | None = found["hold_out"]
    return fold


def _line(name: str, score: dict, fold: int | None, k: int) -> str:
    if fold is None:
        return f"{name:<24} not validated, every fold was trained on"
    values = f"MAP@{k} {score['map']:.3f}  accuracy {score['accuracy']:.3f}"
    return f"{name:<24} {values}  on {score['clips']} verified clips of fold {fold}"


if __name__ == "__main__":
    common.run(work, str(__doc__), "clips", "labels", "members", "out", out=("out",))
