"""The split and the folds, dealt again where the sound shows that clips belong together.

Clips that hold the same sound, or nearly, share a `group`, so that none of them is judged or tested by what has heard
the other. Where the data set says the split or the folds, they stay as they are.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from pipeline.clips import folds
from pipeline.errors import DataError

_NAMED = 20


@dataclass(frozen=True)
class Given:
    """What the data set itself says: the split, the folds. What it does not say was drawn."""

    split: bool
    folds: bool


def parted(clips: pd.DataFrame, pairs: pd.DataFrame, given: Given) -> np.ndarray:
    """Return bool (n_pairs,): pairs (`a`, `b`, rows of `clips`) that the data set's own split or folds part."""
    a, b = clips.iloc[pairs["a"]].reset_index(drop=True), clips.iloc[pairs["b"]].reset_index(drop=True)
    by_split = (a["split"] != b["split"]).to_numpy() & given.split
    by_folds = (a["split"] == b["split"]).to_numpy() & (a["fold"] != b["fold"]).to_numpy() & given.folds
    parts: np.ndarray = by_split | by_folds
    return parts


def refuse_parted(clips: pd.DataFrame, pairs: pd.DataFrame) -> None:
    """Refuse pairs that the data set's own split or folds part, naming the first twenty.

    Raises:
        DataError: there is one.
    """
    if pairs.empty:
        return
    where = clips["split"].where(clips["split"] == "test", "fold " + clips["fold"].astype(str)).to_numpy()
    path = clips["path"].to_numpy()
    lines = [
        f"  {path[a]} ({where[a]}) and {path[b]} ({where[b]})"
        for a, b in pairs[["a", "b"]].head(_NAMED).itertuples(index=False)
    ]
    more = f"\n  and {len(pairs) - _NAMED:,} more" if len(pairs) > _NAMED else ""
    raise DataError(
        f"found {len(pairs):,} pairs of clips with the same sound, or nearly, on both sides of the data set's own "
        "split or folds, expected none: scores would count what was learnt by heart\n"
        + "\n".join(lines)
        + more
        + "\nLeave one of each pair out, or set audit.across_split to count, and they are counted and reported"
    )


def together(clips: pd.DataFrame, pairs: pd.DataFrame) -> pd.Series:
    """Return each clip's group once the clips of each pair share one: the first of the groups joined, by name."""
    names, owner = np.unique(clips["group"].to_numpy(dtype=str), return_inverse=True)
    a, b = owner[pairs["a"]], owner[pairs["b"]]
    links = coo_array((np.ones(len(a)), (a, b)), shape=(names.size, names.size))
    _, part = connected_components(links, directed=False)
    first = pd.Series(names).groupby(part).min()
    return pd.Series(first.to_numpy()[part[owner]], index=clips.index, name="group")


def deal(
    clips: pd.DataFrame, group: pd.Series, classes: Sequence[str], given: Given, *, n_folds: int, seed: int
) -> pd.DataFrame:
    """Return the clips with their groups, the split and the folds such that no group is parted.

    Of a group that a drawn split would part, the test clips go to training. Drawn folds are dealt anew if any group
    or split changed, else they are as they were.

    Args:
        clips: columns as in `schemas.CLIPS`.
        group: of each clip, from `together`.
        classes: the classes of the training split.
        given: what the data set says itself.
        n_folds: number of folds.
        seed: of the folds.

    Raises:
        DataError: no test clip is left of those that were drawn, or the folds cannot be trained on.
    """
    dealt = clips.assign(group=group)
    if group.equals(clips["group"]):
        return dealt
    if not given.split:
        dealt = dealt.assign(split=_whole(dealt))
    if not given.folds:
        train = (dealt["split"] == "train").to_numpy()
        part, fold = dealt[train], np.full(len(dealt), -1)
        fold[train] = folds.assign(
            list(part["label"]), list(part["group"]), list(part["verified"]), n_folds=n_folds, seed=seed
        )
        dealt = dealt.assign(fold=fold)
    folds.check(dealt, classes, n_folds=n_folds)
    return dealt


def _whole(clips: pd.DataFrame) -> pd.Series:
    """Return the split with each group in one part; a group of both goes to training."""
    test = clips["split"] == "test"
    trains = set(clips.loc[~test, "group"])
    split = clips["split"].where(~clips["group"].isin(trains), "train")
    if test.any() and not (split == "test").any():
        raise DataError(
            f"each of the {int(test.sum()):,} test clips that were drawn has its sound in training too, so that none "
            "is left; leave the copies out, or give the table a column split"
        )
    return split
