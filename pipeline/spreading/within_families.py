"""Label spreading within groups of classes: which unverified clips to promote, and where to abstain.

Conventions: within a group, the clips are those of the training split whose *given* label is one of the group's
classes; its verified clips are the seeds, the labels of all others are hidden from the spreading. An unverified
clip is promoted if the label that is spread to it equals its given one. Where there is no evidence for any label,
scikit-learn answers the first class; here such a clip abstains and its row says why.

Method: Zhou, Bousquet, Lal, Weston and Schölkopf, "Learning with local and global consistency" (NIPS 2003), as
implemented by `sklearn.semi_supervised.LabelSpreading`.
"""

import logging
import warnings
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.sparse import csgraph
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics.pairwise import rbf_kernel
from sklearn.neighbors import NearestNeighbors
from sklearn.semi_supervised import LabelSpreading

from pipeline.params.schema import Spread

Affinity: TypeAlias = np.ndarray | sparse.csr_matrix
log = logging.getLogger(__name__)

# Against a clip's affinity of 1 to itself, anything below this is rounding: no evidence, however it normalises.
NEGLIGIBLE = float(np.finfo(np.float64).eps)
TIE = 1e-9


@dataclass(frozen=True)
class Answer:
    """What spreading says of n clips.

    Attributes:
        best: int (n,), column of the most likely class; -1 where the clip abstains.
        confidence: float64 (n,), share of the evidence that is for that class, in [0, 1].
        reason: n texts, why a clip abstains; empty where it does not.
    """

    best: np.ndarray
    confidence: np.ndarray
    reason: list[str]


def scale(x: np.ndarray, n_neighbors: int) -> float | None:
    """Return the median squared distance of clips (n, d) to their `n_neighbors` nearest neighbours.

    Exact duplicates are left out where they are the majority. None: all clips are identical.
    """
    if len(x) < 2:
        return None
    from_centre = np.square(x - np.median(x, axis=0)).sum(axis=1)
    if from_centre.max() <= 1e-24 * np.square(x).sum(axis=1).max():
        return None
    search = NearestNeighbors(n_neighbors=min(n_neighbors, len(x) - 1)).fit(x)
    squared = np.square(search.kneighbors()[0])
    typical = float(np.median(squared))
    # Distances of duplicates are not always zero: what rounding leaves is far below any real distance.
    rounding = 1e-12 * float(np.median(from_centre))
    if typical > rounding:
        return typical
    distinct = squared[squared > rounding]
    return float(np.median(distinct if distinct.size else from_centre[from_centre > rounding]))


def affinity(x: np.ndarray, settings: Spread) -> Affinity | None:
    """Return how close clips are to each other; None where they are all identical.

    Args:
        x: float64 (n, d), finite.
        settings: `kernel`, `gamma`, `gamma_scale`, `n_neighbors` are read. `gamma: auto` is `gamma_scale` divided
            by the median squared distance to the nearest neighbours, so that it does not depend on the latents' unit.

    Returns:
        (n, n) in [0, 1]: dense for rbf, sparse for knn. Affinities below float64's epsilon are zero; so are knn's
        edges to neighbours so far away that rbf with `gamma: auto` would give them less than that.
    """
    typical = scale(x, settings.n_neighbors)
    if typical is None:
        return None
    x = x - np.median(x, axis=0)
    if settings.kernel == "knn":
        return _neighbours(x, settings.n_neighbors, typical)
    gamma = settings.gamma_scale / typical if settings.gamma == "auto" else settings.gamma
    near = rbf_kernel(x, gamma=gamma)
    near[near < NEGLIGIBLE] = 0
    return near


def _neighbours(x: np.ndarray, n_neighbors: int, typical: float) -> sparse.csr_matrix:
    search = NearestNeighbors(n_neighbors=min(n_neighbors, len(x) - 1)).fit(x)
    distance, index = search.kneighbors()
    near = np.exp(-np.square(distance) / typical) >= NEGLIGIBLE
    row = np.repeat(np.arange(len(x)), near.sum(axis=1))
    return sparse.csr_matrix((np.ones(len(row)), (row, index[near])), shape=(len(x), len(x)))


def distributions(near: Affinity, seeds: np.ndarray, settings: Spread) -> tuple[np.ndarray, bool]:
    """Spread seeds over a graph.

    Args:
        near: (n, n), from `affinity`.
        seeds: int (n,), class of each clip, -1 where hidden.
        settings: `alpha`, `max_iter`, `tol` are read.

    Returns:
        float64 (n, n_seeded): a row sums to one, or is zero where nothing reached it; columns are the classes that
        occur in `seeds`, in order. And whether the iteration converged.
    """
    # The graph does not depend on the seeds, so it is made once and handed over as a kernel.
    model = LabelSpreading(kernel=lambda *_: near, alpha=settings.alpha, max_iter=settings.max_iter, tol=settings.tol)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(np.arange(len(seeds), dtype=np.float64)[:, np.newaxis], seeds)
    return model.label_distributions_, model.n_iter_ < settings.max_iter


def leave_source_out(near: Affinity, seeds: np.ndarray, source: np.ndarray, n_classes: int, alpha: float) -> np.ndarray:
    """Spread seeds over a graph; each clip is told its class by the seeds of other sources alone.

    The limit of label spreading is linear in the seeds, F = (I - alpha S)^-1 Y (Zhou et al. 2003), so that what a
    clip's own source contributed can be taken away exactly.

    Args:
        near: (n, n), from `affinity`.
        seeds: int (n,), class of each clip, -1 where hidden.
        source: int (n,), `clips['group']` as a number.
        n_classes: columns of the result.
        alpha: how far a clip listens to its neighbours, in (0, 1).

    Returns:
        float64 (n, n_classes); a row sums to one, or is NaN where no other source reached it.
    """
    laplacian = csgraph.laplacian(near, normed=True)
    system = laplacian.toarray() if sparse.issparse(near) else laplacian
    # I - alpha S, where S is minus the Laplacian off the diagonal and zero on it.
    system *= alpha
    np.fill_diagonal(system, 1.0)
    seeded = np.flatnonzero(seeds >= 0)
    right = np.zeros((len(seeds), len(seeded)))
    right[seeded, np.arange(len(seeded))] = 1
    reach = np.clip(np.linalg.solve(system, right), 0, None)
    reach[source[:, np.newaxis] == source[seeded][np.newaxis, :]] = 0
    told = reach @ np.eye(n_classes)[seeds[seeded]]
    total = told.sum(axis=1, keepdims=True)
    return np.divide(told, total, out=np.full_like(told, np.nan), where=total > np.finfo(np.float64).eps)


def answer(near: Affinity | None, seeds: np.ndarray, settings: Spread) -> Answer:
    """Spread `seeds` (int (n,), -1 hidden) over the graph `near` and read off the label of each clip, or none."""
    n = len(seeds)
    classes = np.unique(seeds[seeds >= 0])
    if len(classes) < 2:
        return _silent(n, f"abstained: {len(classes)} classes with verified clips in the group, expected two or more")
    if near is None:
        return _silent(n, "abstained: the latents of the group are identical")
    shares, converged = distributions(near, seeds, settings)
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
    return Answer(best, top, [f"abstained: {why}" if why else "" for why in silent])


def _silent(n: int, reason: str) -> Answer:
    return Answer(np.full(n, -1), np.zeros(n), [reason] * n)


def spread(latents: np.ndarray, clips: pd.DataFrame, groups: dict[str, list[str]], settings: Spread) -> pd.DataFrame:
    """Spread the verified labels within each group and promote the unverified clips that agree.

    Args:
        latents: float64 (n_clips, d), from `scaling.normalise`; a NaN row where there is no usable latent.
        clips: one row a clip, as `artifacts.read_clips` or, as reviewed, `store.apply` returns it.
        groups: the classes of each group; a class is in one group at most.
        settings: the params' section `spread`.

    Returns:
        The columns of `schemas.LABELS` that `decisions.decide` and `store.record` do not add, in the order of
        `clips`. A verified clip keeps its label with confidence 1; of a test clip nothing is said. `reason` is where
        the outcome came from: `verified`, `agrees`, `disagrees: spread says X`, `abstained: ...` or `test`.
    """
    table = _blank(clips)
    usable = np.isfinite(latents).all(axis=1)
    given = clips["given"].to_numpy() if "given" in clips else ""
    for group, classes in groups.items():
        inside = table["label"].isin(classes).to_numpy()
        # A clip whose label a person rejected is not spread to, but it is still one of the clips that came as these.
        table.loc[table["label"].where(table["label"] != "", given).isin(classes), "group"] = group
        table.loc[inside & ~usable & ~table["verified"], "reason"] = "abstained: no usable latent"
        rows = np.flatnonzero(inside & usable)
        _fill(table, rows, sorted(classes), affinity(latents[rows], settings), settings)
    promoted = ~table["verified"] & ~table["abstained"] & (table["spread_label"] == table["label"])
    table["promoted"] = promoted
    table.loc[promoted, "reason"] = "agrees"
    return table


def _blank(clips: pd.DataFrame) -> pd.DataFrame:
    """Return the table before any group is spread: each clip abstains, but for the verified."""
    train = (clips["split"] == "train").to_numpy()
    label = clips["label"].where(train, "").reset_index(drop=True)
    verified = clips["verified"].to_numpy() & train
    reason = np.select(
        [~train, verified, label == ""],
        ["test", "verified", "abstained: no given label"],
        "abstained: its class is in no group",
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
            "group": "",
            "reason": reason.astype(object),
        }
    )


def _fill(table: pd.DataFrame, rows: np.ndarray, classes: list[str], near: Affinity | None, settings: Spread) -> None:
    """Write into the unverified of `rows` what spreading over them says."""
    verified = table["verified"].to_numpy()[rows]
    given = pd.Index(classes).get_indexer(table["label"].to_numpy()[rows])
    said = answer(near, np.where(verified, given, -1), settings)
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
