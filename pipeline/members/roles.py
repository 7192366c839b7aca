"""What each clip does for a member: it is trusted, in the pool, held out, or rests.

Conventions: clips are rows; a class is int, −1 where there is none; probabilities are float32 (n, n_classes), NaN rows
where nothing is known.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from pipeline.errors import DataError
from pipeline.params.training import Member


@dataclass(frozen=True)
class Split:
    """Which rows do what; no row is in two of `trusted`, `pool` and `validation`.

    Attributes:
        given: int (n,), class of the given label, or of the one in force where a person reviewed it.
        target: int (n,), class that a trusted clip is trained on in every round, −1 elsewhere.
        posterior: float32 (n, n_classes), what is believed of the class of a clip of the pool, NaN elsewhere; what a
            row lacks of one is the probability of no class, and the clip counts less for it.
        trusted: bool (n,).
        pool: bool (n,), clips that a round may select.
        doubtful: bool (n,), clips of the pool that are trained on their posterior while they are not selected.
        validation: bool (n,).
        ruled_out: bool (n, n_classes), what no round may select a clip as: a person said it is not of that class.
    """

    given: np.ndarray
    target: np.ndarray
    posterior: np.ndarray
    trusted: np.ndarray
    pool: np.ndarray
    doubtful: np.ndarray
    validation: np.ndarray
    ruled_out: np.ndarray


def split_clips(
    clips: pd.DataFrame,
    labels: pd.DataFrame,
    posterior: np.ndarray,
    classes: list[str],
    ok: np.ndarray,
    member: Member,
    ruled_out: np.ndarray | None = None,
) -> Split:
    """Decide what each clip does for a member.

    Labels, and whether they are verified, are those of targets.csv, so that what a person said of a clip holds.
    Held out are the verified clips of the fold that it names; its other clips rest. With `hold_out: null`, no clip is.
    Of the other folds, the trusted clips are those that `member.train_on` names, and the pool is every other
    unverified one. A verified clip is trained on its label and no other; `agreed` adds those to which spreading
    alone gave their own label, whatever was made of that afterwards; `posterior` trusts promoted and corrected clips
    with the target that targets.csv gives them, and trains on what is believed of the rest.

    Args:
        clips: as `artifacts.read_clips` gives it; split and fold are read.
        labels: as `artifacts.read_targets` gives it, same order.
        posterior: float32 (n, n_classes), rows that sum to one at most, or NaN.
        classes: names in order.
        ok: bool (n,), False where quarantined.
        member: its `hold_out` and `train_on` count.
        ruled_out: bool (n, n_classes), from `verdicts.ruled_out`; None: no class of any clip.

    Raises:
        DataError: a class has no trusted clip, or a fold no clip to validate on.
    """
    given = _columns(labels["label"], classes)
    verified = labels["verified"].to_numpy(bool)
    train = (clips["split"] == "train").to_numpy() & ok
    inside = train if member.hold_out is None else train & (clips["fold"] != member.hold_out).to_numpy()
    target = _targets(labels, given, verified, classes, member)
    trusted = inside & (target >= 0)
    pool = inside & ~trusted & ~verified
    split = Split(
        given=given,
        target=np.where(trusted, target, -1),
        posterior=np.where(pool[:, np.newaxis], posterior, np.nan).astype(np.float32),
        trusted=trusted,
        pool=pool,
        doubtful=pool & np.isfinite(posterior).all(axis=1) & (member.train_on == "posterior"),
        validation=train & ~inside & verified & (given >= 0),
        ruled_out=np.zeros((len(clips), len(classes)), dtype=bool) if ruled_out is None else ruled_out,
    )
    _enough(split, classes, member.hold_out)
    return split


def _columns(names: pd.Series, classes: list[str]) -> np.ndarray:
    return pd.Index(classes).get_indexer(pd.Index(names)).astype(int)


def _targets(
    labels: pd.DataFrame, given: np.ndarray, verified: np.ndarray, classes: list[str], member: Member
) -> np.ndarray:
    """Return int (n,): the class that a clip would be trusted with, −1 where `member.train_on` does not name it."""
    if member.train_on == "all":
        return given
    if member.train_on == "posterior":
        decided = labels["outcome"].isin(["promoted", "corrected"]).to_numpy()
        return np.where(verified, given, np.where(decided, _columns(labels["target"], classes), -1))
    added = np.zeros(len(given), bool)
    if member.train_on == "promoted":
        added = labels["promoted"].to_numpy(bool)
    elif member.train_on == "agreed":
        added = ((labels["spread_label"] == labels["label"]) & ~labels["abstained"]).to_numpy()
    return np.where(verified | added, given, -1)


def _enough(split: Split, classes: list[str], fold: int | None) -> None:
    missing = [name for i, name in enumerate(classes) if not (split.target[split.trusted] == i).any()]
    if missing:
        where = "" if fold is None else f" outside fold {fold}"
        raise DataError(
            f"no trusted clip to train on for {', '.join(missing)}{where}; verify some, or leave the class out"
        )
    if fold is not None and not split.validation.any():
        raise DataError(
            f"fold {fold} has no verified clip to validate on; verify more, use fewer folds, or set hold_out to null"
        )
