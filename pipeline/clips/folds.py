"""Stratified, grouped folds of the training split.

A greedy of our own: scikit-learn's StratifiedGroupKFold can leave a fold empty or a class out of a training part
(scikit-learn issues 33085, 34828), and knows nothing of verified clips.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from pipeline.errors import DataError
from pipeline.seeding import rng

_VERIFIED_WEIGHT = 2.0


def assign(
    labels: Sequence[str], groups: Sequence[str], verified: Sequence[bool], *, n_folds: int, seed: int
) -> np.ndarray:
    """Deal clips to folds: groups whole, each class and its verified clips spread as evenly as groups allow.

    Groups are dealt largest first, in random order among equals, each to the fold that holds the fewest of what it
    brings; the smaller fold wins a tie.

    Returns:
        int (n_clips,): 0 to n_folds - 1.
    """
    strata, weights = _strata(np.asarray(labels, dtype=str), np.asarray(verified, dtype=bool))
    names, owner = np.unique(np.asarray(groups, dtype=str), return_inverse=True)
    counts = np.zeros((names.size, weights.size))
    np.add.at(counts, owner, strata)
    sizes = np.bincount(owner, minlength=names.size)
    order = rng(seed, "folds").permutation(names.size)
    order = order[np.argsort(-sizes[order], kind="stable")]
    held, fold_sizes = np.zeros((n_folds, weights.size)), np.zeros(n_folds)
    fold_of = np.zeros(names.size, dtype=int)
    for group in order:
        brought = counts[group]
        cost = held[:, brought > 0] @ (brought * weights)[brought > 0]
        best = np.lexsort((np.arange(n_folds), fold_sizes, np.round(cost, 9)))[0]
        fold_of[group] = best
        held[best] += brought
        fold_sizes[best] += sizes[group]
    return fold_of[owner]


def _strata(labels: np.ndarray, verified: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return float (n_clips, 2 * n_classes), a one for the class and one for the class when verified, and weights.

    A weight is the reciprocal of how many clips there are, so that a rare class counts as much as a common one.
    """
    names, label = np.unique(labels, return_inverse=True)
    strata = np.zeros((labels.size, 2 * names.size))
    strata[np.arange(labels.size), label] = 1
    strata[np.flatnonzero(verified), names.size + label[verified]] = 1
    weights = 1 / np.maximum(strata.sum(axis=0), 1)
    weights[names.size :] *= _VERIFIED_WEIGHT
    return strata, weights


def check(clips: pd.DataFrame, classes: Sequence[str], *, n_folds: int) -> None:
    """Make sure that the folds of a clips table (columns as in `schemas.CLIPS`) can be trained on.

    Raises:
        DataError: a fold that does not exist or is empty, a group that lies in two folds or in both splits, or a
            class that is missing from the training part of a fold (all other folds).
    """
    train = clips[clips["split"] == "train"]
    found = sorted(set(train["fold"]))
    if found != list(range(n_folds)):
        raise DataError(f"folds: found {n_folds}, but the training clips lie in the folds {found}; set it to fit")
    places = clips.groupby("group")["fold"].nunique()
    if (places > 1).any():
        group = str(places.index[places > 1][0])
        where = sorted(set(clips.loc[clips["group"] == group, "fold"]))
        if -1 in where:
            raise DataError(
                f"group {group!r}: found in both splits, expected in train or in test alone, because clips of a group "
                "give each other away; give all of them the same split, or leave out those of one"
            )
        raise DataError(f"group {group!r}: found in the folds {where}, expected in one; a group is not split")
    lies_in = train.groupby("label")["fold"].agg(lambda folds: sorted(set(folds)))
    for name in classes:
        if len(lies_in[name]) < 2:
            fold = lies_in[name][0]
            why = "its clips are few or share a group"
            raise DataError(
                f"class {name!r}: all training clips lie in fold {fold}, so that none is left to train on "
                f"when it is held out ({why}); add clips of other groups, or leave the class out"
            )
