"""Scores of probabilities against one true class a clip.

Conventions: `probs` is float (n_clips, n_classes), a row of NaN where the clip is quarantined; `targets` is int
(n_clips,), the column of the true class, or -1 where it is not known. Both kinds of clip are left out of every
score; `scored` says which are left, so that a report can count them. A score of no clip at all is NaN. Equal
probabilities rank in the order of the classes, as in a submission.
"""

import numpy as np
import pandas as pd
from sklearn.metrics import (
    average_precision_score,
    confusion_matrix,
    label_ranking_average_precision_score,
    precision_recall_fscore_support,
)


def scored(probs: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """Return bool (n_clips,): clips with a known class and an answer.

    Raises:
        ValueError: the shapes do not belong together, or a target is no column.
    """
    if probs.ndim != 2 or targets.shape != probs.shape[:1]:
        raise ValueError(f"probs {probs.shape} and targets {targets.shape}: expected (n, n_classes) and (n,)")
    if targets.size and (targets.min() < -1 or targets.max() >= probs.shape[1]):
        found = f"{targets.min()} to {targets.max()}"
        raise ValueError(f"targets: found {found}, expected -1 (unknown) to {probs.shape[1] - 1}")
    known: np.ndarray = (targets >= 0) & np.isfinite(probs).all(axis=1)
    return known


def _scored(probs: np.ndarray, targets: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    keep = scored(probs, targets)
    return probs[keep].astype(np.float64), targets[keep]


def ranking(probs: np.ndarray, k: int) -> np.ndarray:
    """Return int (n_clips, min(k, n_classes)): the columns of the k most likely classes, best first."""
    return np.argsort(-probs, axis=1, kind="stable")[:, :k]


def map_at_k(probs: np.ndarray, targets: np.ndarray, k: int) -> float:
    """Return the mean average precision at k in [0, 1]: with one true class, 1 / its rank, or 0 beyond rank k."""
    p, y = _scored(probs, targets)
    hits = ranking(p, k) == y[:, np.newaxis]
    return float((hits / np.arange(1, hits.shape[1] + 1)).sum(axis=1).mean()) if y.size else float("nan")


def accuracy(probs: np.ndarray, targets: np.ndarray) -> float:
    """Return the share in [0, 1] of clips whose most likely class is the true one."""
    return map_at_k(probs, targets, 1)


def lwlrap(probs: np.ndarray, targets: np.ndarray) -> float:
    """Return the label-weighted label-ranking average precision in [0, 1] (DCASE 2019, task 2).

    With one true class a clip it is the mean of 1 / rank; equal probabilities count as ranked above the true class.
    """
    p, y = _scored(probs, targets)
    return float(label_ranking_average_precision_score(np.eye(p.shape[1])[y], p)) if y.size else float("nan")


def per_class(probs: np.ndarray, targets: np.ndarray, classes: list[str]) -> pd.DataFrame:
    """Return one row a class: `class, support, predicted, precision, recall, f1, average_precision`.

    `support` and `predicted` count clips. A ratio is NaN where there is nothing to divide by: precision of a class
    that was never predicted, the others of one that has no clip.
    """
    p, y = _scored(probs, targets)
    columns = np.arange(len(classes))
    guess = p.argmax(axis=1) if y.size else y
    table = confusion(probs, targets)
    support, predicted = table.sum(axis=1), table.sum(axis=0)
    if y.size:
        precision, recall, f1, _ = precision_recall_fscore_support(y, guess, labels=columns, zero_division=np.nan)
    else:
        precision = recall = f1 = np.full(len(classes), np.nan)
    ap = [average_precision_score(y == c, p[:, c]) if support[c] else np.nan for c in columns]
    return pd.DataFrame(
        {
            "class": classes,
            "support": support,
            "predicted": predicted,
            "precision": precision,
            "recall": recall,
            "f1": np.where(support > 0, f1, np.nan),
            "average_precision": ap,
        }
    )


def confusion(probs: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """Return int (n_classes, n_classes): clips of the row's true class answered with the column's."""
    p, y = _scored(probs, targets)
    n = probs.shape[1]
    if not y.size:
        return np.zeros((n, n), dtype=np.int64)
    table: np.ndarray = confusion_matrix(y, p.argmax(axis=1), labels=np.arange(n))
    return table


def expected_calibration_error(probs: np.ndarray, targets: np.ndarray, bins: int = 15) -> float:
    """Return how far confidence is from accuracy in [0, 1], over `bins` equal-width bins of confidence.

    Naeini, Cooper and Hauskrecht, "Obtaining well calibrated probabilities using Bayesian binning" (AAAI 2015).
    """
    p, y = _scored(probs, targets)
    if not y.size:
        return float("nan")
    top = p.max(axis=1)
    # A bin has its upper edge, not its lower one.
    bin_of = np.clip(np.ceil(top * bins).astype(int) - 1, 0, bins - 1)
    gap = np.bincount(bin_of, (p.argmax(axis=1) == y) - top, minlength=bins)
    return float(np.abs(gap).sum() / y.size)
