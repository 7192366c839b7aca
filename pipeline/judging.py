"""Cross-fitted judges: every training clip is scored by a network that was not trained on it, nor on its given label.

Conventions: one network a fold, trained on the other folds. In round 1 it sees the verified clips alone, so that all of
them may judge an unverified clip, and their geometric mean does; a verified clip is judged by the network of its fold
alone. What the verified clips say of the judges is then a little too modest for the unverified ones, the more so for
those of a source that has verified clips too. In round 2 a network also sees the unverified clips of the other folds,
with what the judges of round 1 believe of them as soft targets, and each clip is judged by the network of its fold. A
belief joins a network's answer with the clip's given label, by `pipeline.posterior` with all classes in one group, so
that judges do not depend on the grouping. The judges of round 1 saw no unverified label at all, and rates and
calibration are found on the training folds alone; so no given label of an unverified clip ever reaches the network that
judges it. (Verified labels of a fold do reach its round-2 judge in one indirect way: through the networks of round 1
that helped to label the other folds.)
"""

import itertools
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import pandas as pd

from pipeline import ensemble, evidence, posterior
from pipeline.artifacts import publish, write_array, write_table
from pipeline.checkpoints import Checkpoints
from pipeline.errors import DataError
from pipeline.metrics import accuracy

# (rows, targets (k, n_classes), doubtful (k,), m rows to score, a name for the seed) -> float32 (m, n_classes)
FitAndScore: TypeAlias = Callable[[np.ndarray, np.ndarray, np.ndarray, np.ndarray, str], np.ndarray]
# Like itertools.starmap: calls it with each of the arguments and yields what it returns, in order.
Starmap: TypeAlias = Callable[[FitAndScore, Iterable[tuple[Any, ...]]], Iterator[np.ndarray]]


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

    def heard(self, fold: int, n_classes: int) -> np.ndarray:
        """Bool (n_classes,): the classes of which a judge of `fold` is shown a verified clip."""
        shown = self.given[self.verified & (self.fold != fold)]
        return np.bincount(shown, minlength=n_classes) > 0

    def judged_in(self, number: int, fold: int) -> np.ndarray:
        """Bool (n,): the clips that the network of a round and a fold judges."""
        unseen = self.fold == fold
        return self.train & (unseen | ~self.verified if number == 1 else unseen)

    @property
    def folds(self) -> list[int]:
        """The folds that have clips, in order."""
        return [int(fold) for fold in np.unique(self.fold[self.train])]


@dataclass(frozen=True)
class Judged:
    """`probs`: float32 (n, n_classes), NaN where not judged. `table`: a row a network: round, fold, clips, accuracy."""

    probs: np.ndarray
    table: pd.DataFrame


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
        if found.heard(fold, len(classes)).sum() < 2:
            raise DataError(
                f"fewer than two classes have a verified clip outside fold {fold}, so nobody can judge it; verify "
                "clips of other sources, or set spread.source: latents"
            )
    return found


def judge(
    roles: Roles,
    n_classes: int,
    rounds: int,
    fit: FitAndScore,
    checkpoints: Checkpoints,
    *,
    say: Callable[[str], None],
    starmap: Starmap = itertools.starmap,
) -> Judged:
    """Score every training clip by networks that did not see it; go on after the last intact checkpoint.

    Args:
        roles: what each clip does.
        n_classes: columns of the result.
        rounds: 1 or 2.
        fit: fits a new network and scores clips with it.
        checkpoints: one is made a network.
        say: told a line a network.
        starmap: may fit the networks of a round side by side.

    Raises:
        DataError: the loss of a network is no longer a number; the checkpoints of those before stay.
    """
    each = np.full((rounds, len(roles.folds), len(roles.given), n_classes), np.nan, np.float32)
    done, table = 0, pd.DataFrame()
    if latest := checkpoints.latest():
        done, folder = latest
        each = np.load(folder / "each.npy", allow_pickle=False)
        table = pd.read_csv(folder / "table.csv")
    for number, said in enumerate(each, start=1):
        before = joined(each[0]) if number == 2 else None
        left = list(enumerate(roles.folds))[max(0, done - len(roles.folds) * (number - 1)) :]
        calls = [
            (
                *material(roles, n_classes, fold, before),
                np.flatnonzero(roles.judged_in(number, fold)),
                f"judge {number}, fold {fold}",
            )
            for _, fold in left
        ]
        with checkpoints.kept():
            for call, (place, fold), answers in zip(calls, left, starmap(fit, calls), strict=True):
                said[place, call[3]] = silent_where_unheard(answers, roles.heard(fold, n_classes))
                row = _row(roles, number, fold, len(call[0]), said[place])
                table = pd.concat([table, pd.DataFrame([row])], ignore_index=True)
                checkpoints.save(len(table), partial(_write, each=each, table=table))
                say(_line(row, rounds))
    return Judged(probs=joined(each[-1]), table=table)


def joined(each: np.ndarray) -> np.ndarray:
    """Return float32 (n, n_classes), the geometric mean of those that judged a clip; NaN where nobody did.

    Args:
        each: float32 (n_judges, n, n_classes); all judged a clip, or one, or none: the others' rows are NaN.
    """
    count = np.isfinite(each).all(axis=2).sum(axis=0)
    probs = np.where(count[:, np.newaxis] > 0, np.nansum(each, axis=0), np.nan).astype(np.float32)
    several = count > 1
    if several.any():
        probs[several] = ensemble.combine(list(each[:, several]), method="geometric")
    return probs


def _row(roles: Roles, number: int, fold: int, clips: int, probs: np.ndarray) -> dict[str, Any]:
    held_out = np.where(roles.verified & (roles.fold == fold), roles.given, -1)
    return {"round": number, "fold": fold, "clips": clips, "accuracy": accuracy(probs, held_out)}


def _line(row: dict[str, Any], rounds: int) -> str:
    return (
        f"round {row['round']} of {rounds}, fold {row['fold']}: {row['clips']} clips, "
        f"accuracy on its verified clips {row['accuracy']:.3f}"
    )


def silent_where_unheard(probs: np.ndarray, heard: np.ndarray) -> np.ndarray:
    """Give a class that the judge was never shown its equal share: else it would speak against it, unheard.

    Args:
        probs: float (m, n_classes), rows sum to one.
        heard: bool (n_classes,).
    """
    k = len(heard)
    kept = np.where(heard, probs, 0)
    kept = kept / kept.sum(axis=1, keepdims=True) * heard.sum() / k
    return np.where(heard, kept, 1 / k)


def material(
    roles: Roles, n_classes: int, fold: int, before: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return what the judge of `fold` is trained on.

    Args:
        roles: what each clip does.
        n_classes: columns of the targets.
        fold: of it, nothing is used.
        before: float32 (n, n_classes), answers of the judges of round 1; None: this is round 1.

    Returns:
        int (k,), rows; float64 (k, n_classes), their targets; bool (k,), whether a target is only believed.
    """
    others = roles.train & (roles.fold != fold)
    verified = others & roles.verified
    hot = np.eye(n_classes)
    if before is None:
        rows = np.flatnonzero(verified)
        return rows, hot[roles.given[rows]], np.zeros(len(rows), bool)
    pool = others & ~verified & (roles.given >= 0)
    rows = np.flatnonzero(verified | pool)
    targets = hot[np.maximum(roles.given, 0)]
    targets[pool] = _beliefs(roles, before, verified, pool)
    return rows, targets[rows], pool[rows]


def _beliefs(roles: Roles, before: np.ndarray, verified: np.ndarray, pool: np.ndarray) -> np.ndarray:
    n_classes = before.shape[1]
    one_group = np.zeros(n_classes, int)

    def inside(mask: np.ndarray) -> np.ndarray:
        return np.ones((int(mask.sum()), n_classes), bool)

    known = before[verified].astype(np.float64)
    fitted = evidence.calibrate(known, None, inside(verified), roles.given[verified], np.ones(len(known)))
    told = evidence.join(before[pool].astype(np.float64), None, inside(pool), fitted)
    noise = posterior.estimate_noise(told, one_group, roles.given[pool], np.ones(len(told)))
    return posterior.believe(told, noise, one_group, roles.given[pool])


def _write(folder: Path, each: np.ndarray, table: pd.DataFrame) -> None:
    np.save(folder / "each.npy", each, allow_pickle=False)
    write_table(folder / "table.csv", table)


def nothing(n: int, n_classes: int) -> tuple[Judged, np.ndarray]:
    """Return what is on disk where no model was asked: NaN throughout, and no row."""
    none = np.full((n, n_classes), np.nan, np.float32)
    return Judged(probs=none, table=pd.DataFrame(columns=["round", "fold", "clips", "accuracy"])), none


def write(folder: Path, judged: Judged, linear: np.ndarray) -> None:
    """Publish `probs.npy` of the networks, `linear.npy` float32 (n, n_classes) and `judges.csv` as one folder."""
    with publish(folder) as temporary:
        write_array(temporary / "probs.npy", judged.probs)
        write_array(temporary / "linear.npy", linear)
        write_table(temporary / "judges.csv", judged.table)
