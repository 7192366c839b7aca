"""Label spreading within families of classes: which unverified clips to promote, and where to abstain.

Conventions: within a family, the clips are those of the training split whose *given* label is one of the family's
classes; its verified clips are known, the labels of all others are hidden from the spreading. An unverified
clip is promoted if the label that is spread to it equals its given one. Where there is no evidence for any label,
scikit-learn answers the first class; here such a clip abstains and its row says why.

Method: Zhou, Bousquet, Lal, Weston and Schölkopf, "Learning with local and global consistency" (NIPS 2003), as
implemented by `sklearn.semi_supervised.LabelSpreading`.
"""

import logging
import warnings
from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.exceptions import ConvergenceWarning
from sklearn.semi_supervised import LabelSpreading

from pipeline.params.labels import Spread
from pipeline.spreading.graph import Affinity, affinity

log = logging.getLogger(__name__)

TIE = 1e-9


@dataclass(frozen=True)
class Likeliest:
    """What spreading says of n clips.

    Attributes:
        best: int (n,), column of the most likely class; -1 where the clip abstains.
        confidence: float64 (n,), share of the evidence that is for that class, in [0, 1].
        reason: n texts, why a clip abstains; empty where it does not.
    """

    best: np.ndarray
    confidence: np.ndarray
    reason: list[str]


def distributions(edges: Affinity, known: np.ndarray, settings: Spread) -> tuple[np.ndarray, bool]:
    """Spread known labels over a graph.

    Args:
        edges: (n, n), from `affinity`.
        known: int (n,), class of each clip, -1 where hidden.
        settings: `alpha`, `max_iter`, `tol` are read.

    Returns:
        float64 (n, n_seeded): a row sums to one, or is zero where nothing reached it; columns are the classes that
        occur in `known`, in order. And whether the iteration converged.
    """
    # The graph does not depend on the labels, so it is made once and handed over as a kernel.
    model = LabelSpreading(kernel=lambda *_: edges, alpha=settings.alpha, max_iter=settings.max_iter, tol=settings.tol)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(np.arange(len(known), dtype=np.float64)[:, np.newaxis], known)
    return model.label_distributions_, model.n_iter_ < settings.max_iter


def answer(edges: Affinity | None, known: np.ndarray, settings: Spread) -> Likeliest:
    """Spread `known` (int (n,), -1 hidden) over the graph `edges` and read off the label of each clip, or none."""
    n = len(known)
    classes = np.unique(known[known >= 0])
    if len(classes) < 2:
        return _silent(n, f"abstained: {len(classes)} classes with verified clips in the family, expected two or more")
    if edges is None:
        return _silent(n, "abstained: the latents of the family are identical")
    shares, converged = distributions(edges, known, settings)
    if not converged:
        log.warning("label spreading stopped at spread.max_iter (%d) before spread.tol", settings.max_iter)
    finite = np.isfinite(shares).all(axis=1)
    shares = np.where(finite[:, np.newaxis], shares, 0)
    ordered = np.sort(shares, axis=1)
    top = np.clip(ordered[:, -1], 0, 1)
    tie = (top > 0) & (top - ordered[:, -2] <= TIE)
    unsure = top < settings.min_confidence
    best = np.where((top > 0) & ~tie & ~unsure, classes[shares.argmax(axis=1)], -1)
    silent = np.select(
        [~finite, top == 0, tie, unsure],
        ["not finite", "no evidence", "a tie between classes", f"below min_confidence {settings.min_confidence:g}"],
        "",
    )
    return Likeliest(best, top, [f"abstained: {why}" if why else "" for why in silent])


def _silent(n: int, reason: str) -> Likeliest:
    return Likeliest(np.full(n, -1), np.zeros(n), [reason] * n)


def spread(latents: np.ndarray, clips: pd.DataFrame, families: dict[str, list[str]], settings: Spread) -> pd.DataFrame:
    """Spread the verified labels within each family and promote the unverified clips that agree.

    Args:
        latents: float64 (n_clips, d), from `scaling.normalise`; a NaN row where there is no usable latent.
        clips: one row a clip, as `artifacts.read_clips` or, as reviewed, `verdicts.apply` returns it.
        families: the classes of each family; a class is in one family at most.
        settings: the params' section `spread`.

    Returns:
        The columns of `schemas.LABELS` that `decisions.decide` and `verdicts.record` do not add, in the order of
        `clips`. A verified clip keeps its label with confidence 1; of a test clip nothing is said. `reason` is where
        the outcome came from: `verified`, `agrees`, `disagrees: spread says X`, `abstained: ...` or `test`.
    """
    table = _blank(clips)
    usable = np.isfinite(latents).all(axis=1)
    given = clips["given"].to_numpy() if "given" in clips else ""
    for family, classes in families.items():
        inside = table["label"].isin(classes).to_numpy()
        # A clip whose label a person rejected is not spread to, but it is still one of the clips that came as these.
        table.loc[table["label"].where(table["label"] != "", given).isin(classes), "family"] = family
        table.loc[inside & ~usable & ~table["verified"], "reason"] = "abstained: no usable latent"
        rows = np.flatnonzero(inside & usable)
        _fill(table, rows, sorted(classes), affinity(latents[rows], settings.kernel), settings)
    promoted = ~table["verified"] & ~table["abstained"] & (table["spread_label"] == table["label"])
    table["promoted"] = promoted
    table.loc[promoted, "reason"] = "agrees"
    return table


def _blank(clips: pd.DataFrame) -> pd.DataFrame:
    """Return the table before any family is spread: each clip abstains, but for the verified."""
    train = (clips["split"] == "train").to_numpy()
    label = clips["label"].where(train, "").reset_index(drop=True)
    verified = clips["verified"].to_numpy() & train
    reason = np.select(
        [~train, verified, label == ""],
        ["test", "verified", "abstained: no given label"],
        "abstained: its class is in no family",
    )
    return pd.DataFrame(
        {
            "clip_id": clips["clip_id"].to_numpy(),
            "label": label,
            "verified": verified,
            "spread_label": label.where(verified, ""),
            "confidence": verified.astype(np.float64),
            "abstained": ~verified,
            "promoted": False,
            "family": "",
            "reason": reason.astype(object),
        }
    )


def _fill(table: pd.DataFrame, rows: np.ndarray, classes: list[str], edges: Affinity | None, settings: Spread) -> None:
    """Write into the unverified of `rows` what spreading over them says."""
    verified = table["verified"].to_numpy()[rows]
    given = pd.Index(classes).get_indexer(table["label"].to_numpy()[rows])
    said = answer(edges, np.where(verified, given, -1), settings)
    hidden = ~verified
    best = said.best[hidden]
    label = np.where(best >= 0, np.array(classes, dtype=object)[best], "")
    reason = [
        why or f"disagrees: spread says {name}"
        for why, name in zip(np.array(said.reason, dtype=object)[hidden], label, strict=True)
    ]
    at = rows[hidden]
    table.loc[at, "spread_label"] = label
    table.loc[at, "confidence"] = said.confidence[hidden]
    table.loc[at, "abstained"] = best < 0
    table.loc[at, "reason"] = reason
