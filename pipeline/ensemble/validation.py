"""Members scored on the clips that they held out, and joined.

Conventions: clips are rows; probabilities are float32 (n, n_classes), NaN rows where a clip is quarantined.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from pipeline.errors import DataError, ParamsError
from pipeline.params.schema import Ensemble
from pipeline.probs import metrics, pooling


@dataclass(frozen=True)
class Joined:
    """The members' mean and what it rests on.

    Attributes:
        probs: of the mean.
        weights: shares of the members, in order; they sum to one.
        validation: a row a member: `member, fold, clips, accuracy, map`; NaN and 0 clips where none was held out.
        mean: the scores of the mean on the fold that all members held out; None: there is no such fold.
    """

    probs: np.ndarray
    weights: list[float]
    validation: pd.DataFrame
    mean: dict[str, float] | None


def join(
    members: dict[str, np.ndarray],
    folds: list[int | None],
    clips: pd.DataFrame,
    classes: list[str],
    settings: Ensemble,
) -> Joined:
    """Score each member on its fold and join them as `settings.method` says.

    Args:
        members: the probabilities of each.
        folds: that each member held out.
        clips: as `artifacts.read_clips` gives it, labels and verified flags as reviewed.
        classes: names in column order.
        settings: the params' section `ensemble`.

    Raises:
        ParamsError: a member that holds out no fold is to be weighed by its validation.
        DataError: a fold has no clip to weigh a member by.
    """
    k, probs = settings.top_k, list(members.values())
    rows = [score(own, clips, classes, fold, k) for own, fold in zip(probs, folds, strict=True)]
    named = pd.DataFrame({"member": list(members), "fold": pd.array(folds, dtype="Int64")})
    validation = named.join(pd.DataFrame(rows))
    weights = _weights(validation, settings.method)
    mean = pooling.combine(probs, method=settings.method, weights=weights)
    shared = folds[0] if len(set(folds)) == 1 else None
    scored = None if len(set(folds)) > 1 else score(mean, clips, classes, shared, k)
    return Joined(mean, weights, validation, scored)


def score(probs: np.ndarray, clips: pd.DataFrame, classes: list[str], fold: int | None, k: int) -> dict[str, float]:
    """Score on the verified training clips of `fold`: `clips, accuracy, map` at `k`; NaN and 0 clips for None."""
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
    found = validation["map"].to_numpy(dtype=np.float64)
    if method != "weighted":
        found = np.ones(len(found))
    elif not np.isfinite(found).all():
        name, fold = validation.loc[~np.isfinite(found), ["member", "fold"]].iloc[0]
        if fold is pd.NA:
            raise ParamsError(
                f"members.{name}.hold_out: found null, so that no clip validates it, expected a fold for "
                "ensemble.method weighted; give it one, or choose method geometric"
            )
        raise DataError(
            f"members.{name}.hold_out: fold {fold} has no verified clip to validate on, expected at least one for "
            "ensemble.method weighted; choose another fold, or method geometric"
        )
    elif found.sum() == 0:
        found = np.ones(len(found))
    return [float(share) for share in found / found.sum()]
