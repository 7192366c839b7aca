"""Cross-fitted judges: networks score every training clip, and no given label of an unverified clip trains any of them.

Conventions: one network a fold. In round 1 it is trained on the verified clips of the other folds alone. Nobody saw an
unverified label, so all networks judge each unverified clip, by their geometric mean; a verified clip is judged by the
network of its fold alone. What the verified clips say of the judges is then a little too modest for the unverified
ones, the more so for those of a group that has verified clips too.

In round 2 each network goes on from its weights, with the sound of all training clips: the verified clips of the other
folds with their labels, their unverified clips with what all networks of round 1 make of them as soft targets, and the
clips of its own fold, verified or not, with what it made of them itself, so that nothing that was learned from a fold's
labels comes back to its judge by way of clips of the same group ("self-training with noisy students": the teachers
hear clips as they are, the networks hear them augmented; Xie et al. 2020, "Self-training with noisy student improves
ImageNet classification"). Who judges what stays the same. (Verified labels of a fold do reach its judge in one indirect
way: through the other networks of round 1 that helped to label the unverified clips of the other folds.)
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import pandas as pd

from pipeline.files import weights
from pipeline.files.checkpoints import Checkpoints
from pipeline.files.formats import write_table
from pipeline.judges.roles import Roles, silent_where_unheard
from pipeline.probs import pooling
from pipeline.probs.metrics import accuracy


@dataclass(frozen=True)
class Lesson:
    """What a network is trained on and asked.

    `rows`: int (k,). `targets`: float64 (k, n_classes), rows sum to one. `doubtful`: bool (k,), whether a target is
    only believed. `at`: int (m,), the clips to score. `name`: goes into the seed. `start`: the weights to go on from;
    None: new ones, for round 1.
    """

    rows: np.ndarray
    targets: np.ndarray
    doubtful: np.ndarray
    at: np.ndarray
    name: str
    start: list[np.ndarray] | None = None


@dataclass(frozen=True)
class Answer:
    """`probs`: float32 (m, n_classes) of the clips that were asked about. `weights`: of the network as it is now."""

    probs: np.ndarray
    weights: list[np.ndarray]


@dataclass(frozen=True)
class Judged:
    """What all networks said, and what is left of them.

    `probs`: float32 (n, n_classes), NaN where not judged. `table`: a row a network: round, fold, clips, accuracy.
    `weights`: of the network of each fold, after its last round; members can go on from them.
    """

    probs: np.ndarray
    table: pd.DataFrame
    weights: dict[int, list[np.ndarray]]


FitAndScore: TypeAlias = Callable[[Lesson], Answer]
# Like map: calls it with each of the lessons and yields what it returns, in order.
Map: TypeAlias = Callable[[FitAndScore, Iterable[Lesson]], Iterator[Answer]]


def judge(
    roles: Roles,
    n_classes: int,
    rounds: int,
    fit: FitAndScore,
    checkpoints: Checkpoints,
    *,
    say: Callable[[str], None],
    side_by_side: Map = map,
) -> Judged:
    """Score every training clip by networks that did not see its label; go on after the last intact checkpoint.

    Args:
        roles: what each clip does.
        n_classes: columns of the result.
        rounds: 1 or 2.
        fit: fits a network and scores clips with it.
        checkpoints: one is made a network.
        say: told a line a network.
        side_by_side: may fit the networks of a round at the same time.

    Raises:
        DataError: the loss of a network is no longer a number; the checkpoints of those before stay.
    """
    state = _resumed(checkpoints) or _State.new(rounds, roles, n_classes)
    for number in range(1, rounds + 1):
        left = list(enumerate(roles.folds))[max(0, len(state.table) - len(roles.folds) * (number - 1)) :]
        together = None if number == 1 else joined(state.each[0])
        lessons = [state.lesson(roles, place, fold, together) for place, fold in left]
        with checkpoints.kept():
            for (place, fold), lesson, answer in zip(left, lessons, side_by_side(fit, lessons), strict=True):
                row = state.take(roles, number, place, fold, lesson, answer)
                checkpoints.save(len(state.table), state.write)
                say(_line(row, rounds))
    return Judged(probs=joined(state.each[-1]), table=state.table, weights=state.weights)


@dataclass
class _State:
    """What the networks so far said, float32 (rounds, n_folds, n, n_classes), and the weights of each fold's by now."""

    each: np.ndarray
    table: pd.DataFrame
    weights: dict[int, list[np.ndarray]]

    @classmethod
    def new(cls, rounds: int, roles: Roles, n_classes: int) -> "_State":
        shape = (rounds, len(roles.folds), len(roles.given), n_classes)
        return cls(np.full(shape, np.nan, np.float32), pd.DataFrame(), {})

    def lesson(self, roles: Roles, place: int, fold: int, together: np.ndarray | None) -> Lesson:
        """Prepare a fold's network for round 1, or for round 2 where all of them `together` have spoken."""
        before = None if together is None else (together, self.each[0, place])
        return Lesson(
            *material(roles, self.each.shape[-1], fold, before),
            at=np.flatnonzero(roles.judged_by(fold)),
            name=f"judge {1 if before is None else 2}, fold {fold}",
            start=None if before is None else self.weights[fold],
        )

    def take(self, roles: Roles, number: int, place: int, fold: int, lesson: Lesson, answer: Answer) -> dict[str, Any]:
        said = self.each[number - 1, place]
        said[lesson.at] = silent_where_unheard(answer.probs, roles.knows(fold, said.shape[1]))
        self.weights[fold] = answer.weights
        row = _row(roles, number, fold, len(lesson.rows), said)
        self.table = pd.concat([self.table, pd.DataFrame([row])], ignore_index=True)
        return row

    def write(self, folder: Path) -> None:
        np.save(folder / "each.npy", self.each, allow_pickle=False)
        write_table(folder / "table.csv", self.table)
        weights.write(folder / weights.FILE, self.weights)


def _resumed(checkpoints: Checkpoints) -> _State | None:
    latest = checkpoints.latest()
    if latest is None:
        return None
    folder = latest[1]
    return _State(
        each=np.load(folder / "each.npy", allow_pickle=False),
        table=pd.read_csv(folder / "table.csv"),
        weights=weights.read(folder / weights.FILE),
    )


def joined(each: np.ndarray) -> np.ndarray:
    """Return float32 (n, n_classes), the geometric mean of those that judged a clip; NaN where nobody did.

    Args:
        each: float32 (n_judges, n, n_classes); all judged a clip, or one, or none: the others' rows are NaN.
    """
    count = np.isfinite(each).all(axis=2).sum(axis=0)
    probs = np.where(count[:, np.newaxis] > 0, np.nansum(each, axis=0), np.nan).astype(np.float32)
    several = count > 1
    if several.any():
        probs[several] = pooling.combine(list(each[:, several]), method="geometric")
    return probs


def _row(roles: Roles, number: int, fold: int, clips: int, probs: np.ndarray) -> dict[str, Any]:
    held_out = np.where(roles.verified & (roles.fold == fold), roles.given, -1)
    return {"round": number, "fold": fold, "clips": clips, "accuracy": accuracy(probs, held_out)}


def _line(row: dict[str, Any], rounds: int) -> str:
    return (
        f"round {row['round']} of {rounds}, fold {row['fold']}: {row['clips']} clips, "
        f"accuracy on its verified clips {row['accuracy']:.3f}"
    )


def material(
    roles: Roles, n_classes: int, fold: int, before: tuple[np.ndarray, np.ndarray] | None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return what the judge of `fold` is trained on.

    Args:
        roles: what each clip does.
        n_classes: columns of the targets.
        fold: of it, no label is used.
        before: float32 (n, n_classes) each, what the judges of round 1 say, all together and that of `fold` alone;
            None: this is round 1.

    Returns:
        int (k,), rows; float64 (k, n_classes), their targets; bool (k,), whether a target is only believed.
    """
    own = roles.fold == fold
    sure = roles.verified & ~own
    hot = np.eye(n_classes)
    if before is None:
        rows = roles.shown(fold)
        return rows, hot[roles.given[rows]], np.zeros(len(rows), bool)
    together, alone = before
    rows = np.flatnonzero(roles.train)
    believed = np.where(own[:, np.newaxis], alone, together)
    targets = np.where(sure[:, np.newaxis], hot[np.maximum(roles.given, 0)], believed)
    return rows, targets[rows], ~sure[rows]
