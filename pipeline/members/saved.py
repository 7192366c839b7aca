"""A trained member on disk: its weights, and every setting that is needed to use them again.

Conventions: `member.json` travels with the weights: features, patches, model, classes and the weights' checksum. A
member without it, or whose files do not belong together, is refused rather than guessed at.
"""

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pandas as pd

from pipeline.errors import ArtifactError, EarmarkError
from pipeline.files import formats, weights
from pipeline.files.fingerprint import sha256
from pipeline.files.frames import Frames
from pipeline.files.publishing import publish
from pipeline.members.roles import Split
from pipeline.members.self_training import RoundsSoFar
from pipeline.networks import building, fitting, inference
from pipeline.networks.learner import KerasLearner
from pipeline.networks.patches import clip_patches
from pipeline.params.data import Features
from pipeline.params.networks import Network, Patches
from pipeline.params.training import Member

WEIGHTS = "weights.weights.h5"
CARD = "member.json"


def write(
    folder: Path,
    member: Member,
    state: RoundsSoFar,
    learner: KerasLearner,
    *,
    features: Frames,
    clips: pd.DataFrame,
    classes: list[str],
    split: Split,
    feature_maps: int = 64,
) -> None:
    """Publish a member's folder: probs.npy, weights, tables, feature maps and `member.json`.

    Args:
        folder: to be replaced.
        member: its settings, patches resolved.
        state: what its rounds left.
        learner: holds the network of the last round.
        features: of all clips.
        clips: `clip_id` is read.
        classes: names in column order.
        split: what each clip did.
        feature_maps: how many are kept, of one trusted clip.
    """
    assert learner.network is not None
    assert state.probs is not None
    shown = int(np.flatnonzero(split.trusted)[0])
    patch = clip_patches(features.clip(shown), member.patches)[0]
    ids = clips["clip_id"].to_numpy()
    with publish(folder) as temporary:
        fitting.save_weights(learner.network, _made(temporary) / WEIGHTS)
        formats.write_array(temporary / "probs.npy", state.probs)
        maps = inference.first_feature_maps(learner.network, patch, feature_maps)
        formats.write_array(temporary / "feature_maps.npy", maps)
        formats.write_table(temporary / "rounds.csv", state.rounds)
        formats.write_table(temporary / "history.csv", state.history)
        formats.write_table(temporary / "selections.csv", _named(state.selections, ids, split, classes))
        card = {
            "network": {"name": member.network.name, **member.network.settings},
            "parameters": int(learner.network.count_params()),
            "hold_out": member.hold_out,
            "from_judge": member.from_judge,
            "patches": member.patches.model_dump(exclude_none=True),
            "features": features.settings,
            "classes": classes,
            "feature_maps_clip": str(ids[shown]),
            "weights_sha256": sha256(temporary / WEIGHTS),
        }
        formats.write_json(temporary / CARD, card)


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


def _named(selections: pd.DataFrame, ids: np.ndarray, split: Split, classes: list[str]) -> pd.DataFrame:
    rows = selections["row"].to_numpy(int)
    names = np.array([*classes, ""])
    return pd.DataFrame(
        {
            "round": selections["round"].to_numpy(int),
            "clip_id": ids[rows],
            "given": names[split.given[rows]],
            "target": names[selections["target"].to_numpy(int)],
            "probability": selections["probability"].to_numpy(float).round(6),
        }
    )


def load(folder: Path) -> tuple[keras.Model, dict[str, Any]]:
    """Return a member's network and its card.

    Raises:
        ArtifactError: weights or card are missing, or do not belong together.
    """
    if not (folder / CARD).is_file():
        raise ArtifactError(f"{folder / CARD}: missing; a model is of no use without its settings, run `dvc repro`")
    card = _card(folder / CARD)
    if not (folder / WEIGHTS).is_file():
        raise ArtifactError(f"{folder / WEIGHTS}: missing; run `dvc repro` to train it")
    if sha256(folder / WEIGHTS) != card["weights_sha256"]:
        raise ArtifactError(f"{folder / WEIGHTS}: not the weights that {CARD} describes; run `dvc repro` to train it")
    weights.check_h5(folder / WEIGHTS)
    settings = dict(card["network"])
    shape = (Patches.model_validate(card["patches"]).n_frames, card["features"]["n_bins"])
    network = building.rebuild(settings.pop("name"), settings, shape, len(card["classes"]))
    fitting.load_weights(network, folder / WEIGHTS)
    return network, card


def _card(path: Path) -> dict[str, Any]:
    """Return a card, having made sure that a network can be rebuilt from what it says, and that it is bearable.

    Raises:
        ArtifactError: it lacks a part, or a part is of another kind than was written.
    """
    card = formats.read_json(path)
    parts = ("network", "patches", "features", "classes", "weights_sha256")
    missing = [name for name in sorted(parts) if not isinstance(card, dict) or name not in card]
    if missing:
        raise ArtifactError(f"{path}: lacks {', '.join(missing)}; run `dvc repro` to train it again")
    wrong = f"{path}: damaged, {{}}; run `dvc repro` to train it again"
    features, classes = card["features"], card["classes"]
    if not isinstance(classes, list) or len(classes) < 2 or not all(isinstance(name, str) for name in classes):
        raise ArtifactError(wrong.format("classes are no list of names"))
    bins = features.get("n_bins") if isinstance(features, dict) else None
    if not isinstance(bins, int) or isinstance(bins, bool) or not 0 < bins <= 2**17:
        raise ArtifactError(wrong.format(f"found n_bins {str(bins)[:40]}"))
    try:
        Network.model_validate(card["network"])
        Patches.model_validate(card["patches"]).n_frames  # noqa: B018
        shared = {key: features[key] for key in ("sr", "trim_db", "max_seconds")}
        Features.model_validate({"name": features["kind"]} | shared | features["settings"])
    except (ValueError, TypeError, KeyError, EarmarkError) as error:
        raise ArtifactError(wrong.format(" ".join(str(error).split())[:200])) from None
    return card


def probabilities(network: keras.Model, card: dict[str, Any], clips: list[np.ndarray | None]) -> np.ndarray:
    """Return float32 (n, n_classes) for clips' frames (n_frames, n_bins), NaN rows for `None`."""
    return inference.clip_outputs(network, clips, Patches.model_validate(card["patches"]))
