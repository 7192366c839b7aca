"""What each clip does for a judge.

Conventions: clips are rows; a class is int, -1 where there is none.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from pipeline.errors import DataError


@dataclass(frozen=True)
class Roles:
    """What the judges work with; a row a clip.

    `given`: int (n,), class of the given label, -1 where there is none. `verified`, `train`: bool (n,), usable
    training clips. `fold`: int (n,).
    """

    given: np.ndarray
    verified: np.ndarray
    train: np.ndarray
    fold: np.ndarray

    def knows(self, fold: int, n_classes: int) -> np.ndarray:
        """Bool (n_classes,): the classes of which a judge of `fold` is shown a verified clip."""
        return np.bincount(self.given[self.shown(fold)], minlength=n_classes) > 0

    def shown(self, fold: int) -> np.ndarray:
        """Int (k,): the verified clips that a judge of `fold` may be shown with their labels."""
        return np.flatnonzero(self.verified & (self.fold != fold))

    def judged_by(self, fold: int) -> np.ndarray:
        """Bool (n,): the clips that the network of a fold judges."""
        return self.train & ((self.fold == fold) | ~self.verified)

    @property
    def folds(self) -> list[int]:
        """The folds that have clips, in order."""
        return [int(fold) for fold in np.unique(self.fold[self.train])]


def roles(clips: pd.DataFrame, classes: list[str], ok: np.ndarray) -> Roles:
    """Read the roles from a clips table as `artifacts.read_clips` gives it; `ok` bool (n,): False where quarantined.

    Raises:
        DataError: a class has no verified clip, or a fold has all of them.
    """
    given = pd.Index(classes).get_indexer(pd.Index(clips["label"]))
    train = (clips["split"] == "train").to_numpy() & ok
    verified = train & clips["verified"].to_numpy(bool) & (given >= 0)
    found = Roles(given=given, verified=verified, train=train, fold=clips["fold"].to_numpy(int))
    missing = [name for number, name in enumerate(classes) if not (given[verified] == number).any()]
    if missing:
        raise DataError(
            f"no verified clip of {', '.join(missing)}, so nobody can judge whether a label of that class is right; "
            "verify some, or leave the class out"
        )
    for fold in found.folds:
        if found.knows(fold, len(classes)).sum() < 2:
            raise DataError(
                f"fewer than two classes have a verified clip outside fold {fold}, so nobody can judge it; verify "
                "clips of other groups, or ask none: judges.network and judges.linear null"
            )
    return found


def silent_where_unheard(probs: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Give a class that the judge was never shown its equal share: else it would speak against it, unheard.

    Args:
        probs: float (m, n_classes), rows sum to one.
        known: bool (n_classes,).
    """
    k = len(known)
    kept = np.where(known, probs, 0)
    kept = kept / kept.sum(axis=1, keepdims=True) * known.sum() / k
    return np.where(known, kept, 1 / k)
