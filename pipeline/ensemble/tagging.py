"""Labels for new audio, by the ensemble of the last run.

Conventions: everything that the audio has to go through (features, patches, classes) is read from what travels with
the weights; params.yaml is not consulted.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, get_args

import keras

from pipeline.audio.extraction import Extracted, extract_each
from pipeline.compute.progress import bar
from pipeline.errors import ArtifactError
from pipeline.files import formats
from pipeline.members import saved
from pipeline.params.data import Features
from pipeline.probs import metrics
from pipeline.probs.pooling import Method, combine

BLOCK = 256


@dataclass(frozen=True)
class Tagger:
    """The members of an ensemble, loaded, and what they agree on."""

    networks: list[tuple[keras.Model, dict[str, Any]]]
    method: Method
    weights: list[float]
    features: Features
    classes: list[str]


@dataclass(frozen=True)
class Prediction:
    """The likeliest labels of one clip, best first; `problem` says why there are none.

    `flags` is what was noticed of its sound, each with what is said of it: keys of `problems.FLAGS`.
    """

    path: Path
    labels: list[tuple[str, float]]
    problem: str = ""
    flags: dict[str, str] = field(default_factory=dict)


def load_tagger(ensemble: Path, folder: Path) -> Tagger:
    """Load the ensemble described in `ensemble` from the members below `folder`.

    Raises:
        ArtifactError: there is none, a member lacks its settings, or members disagree on features or classes.
    """
    recipe = formats.read_json(ensemble / "ensemble.json")
    if not isinstance(recipe, dict) or not {"method", "weights"} <= set(recipe) or not _weights(recipe["weights"]):
        raise ArtifactError(f"{ensemble / 'ensemble.json'}: lacks method or weights; remove it and run `dvc repro`")
    if recipe["method"] not in get_args(Method):
        found = f"method {recipe['method']!r}, expected {' or '.join(get_args(Method))}"
        raise ArtifactError(f"{ensemble / 'ensemble.json'}: {found}; remove it and run `dvc repro`")
    networks = [saved.load(folder / name) for name in recipe["weights"]]
    cards = [card for _, card in networks]
    for name, card in zip(recipe["weights"], cards, strict=True):
        for key in ("features", "classes"):
            if card[key] != cards[0][key]:
                first = next(iter(recipe["weights"]))
                raise ArtifactError(
                    f"{folder / name / saved.CARD}: made with other {key} than {first}; run `dvc repro` to train both"
                )
    made_with = cards[0]["features"]
    shared = {key: made_with[key] for key in ("sr", "trim_db", "max_seconds")}
    return Tagger(
        networks=networks,
        method=recipe["method"],
        weights=list(recipe["weights"].values()),
        features=Features.model_validate({"name": made_with["kind"]} | shared | made_with["settings"]),
        classes=[str(name) for name in cards[0]["classes"]],
    )


def _weights(found: Any) -> bool:
    """Whether what a recipe has as weights are numbers by the name of a member, which is that of a folder."""
    return (
        isinstance(found, dict)
        and bool(found)
        and all(
            isinstance(w, int | float) and not isinstance(w, bool) and 0 <= w < float("inf") for w in found.values()
        )
        and all(re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]{0,59}", name) for name in found)
    )


def predict(tagger: Tagger, paths: list[Path], *, top_k: int) -> Iterator[Prediction]:
    """Yield a prediction a path, in order; a file that cannot be read gets its problem instead of labels.

    Frames of `BLOCK` files are held in memory at a time, and their predictions come when they have all been read.
    """
    with bar(total=len(paths), title="labelling", unit="clip") as progress:
        extracted = _counted(extract_each(paths, tagger.features, jobs=-1), progress)
        for start in range(0, len(paths), BLOCK):
            block = paths[start : start + BLOCK]
            yield from _predict_block(tagger, block, list(islice(extracted, len(block))), top_k)


def _counted(extracted: Iterator[Extracted], progress: Any) -> Iterator[Extracted]:
    for clip in extracted:
        progress.update()
        yield clip


def _predict_block(tagger: Tagger, paths: list[Path], extracted: list[Extracted], top_k: int) -> list[Prediction]:
    clips = [clip.frames for clip in extracted]
    problems = ["" if clip.frames is not None else clip.reason for clip in extracted]
    each = [saved.probabilities(network, card, clips) for network, card in tagger.networks]
    probs = combine(each, method=tagger.method, weights=tagger.weights)
    order = metrics.ranking(probs, top_k)
    labels = [[(tagger.classes[i], float(row[i])) for i in best] for best, row in zip(order, probs, strict=True)]
    return [
        Prediction(path, [] if problem else own, problem, clip.flags)
        for path, problem, own, clip in zip(paths, problems, labels, extracted, strict=True)
    ]
