"""Self-training in rounds: train, score the pool, select, train again on what was selected.

Conventions: clips are rows, and `pipeline.members.roles` says what each does. Targets are float32 (k, n_classes), rows
that sum to one; those of trusted clips are certain, all others doubtful. Probabilities are float32 (n, n_classes), NaN
rows where a clip cannot be scored.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Protocol

import numpy as np
import pandas as pd

from pipeline.files.checkpoints import Checkpoints
from pipeline.files.formats import write_table
from pipeline.members.roles import Split
from pipeline.members.selection import Selected, lower_bound, select
from pipeline.params.training import Member
from pipeline.probs.metrics import accuracy


class Learner(Protocol):
    """A network that a round fits, and that then scores every clip."""

    def fit(
        self,
        number: int,
        rows: np.ndarray,
        targets: np.ndarray,
        doubtful: np.ndarray,
        held_out: tuple[np.ndarray, np.ndarray] | None,
    ) -> pd.DataFrame:
        """Fit round `number` on the clips in `rows`; return one row an epoch.

        Args:
            number: from 1.
            rows: int (k,).
            targets: float32 (k, n_classes), rows that sum to one.
            doubtful: bool (k,), False where the target is trusted.
            held_out: int (m,), the clips that validate, and float32 (m, n_classes), their targets; None: none does.
        """

    def predict(self) -> np.ndarray:
        """Return float32 (n, n_classes)."""

    def save(self, folder: Path) -> None:
        """Write the weights into `folder`."""

    def restore(self, number: int, folder: Path) -> None:
        """Return to the state after round `number`, whose weights are in `folder`."""


@dataclass
class RoundsSoFar:
    """What the rounds so far have left behind."""

    probs: np.ndarray | None = None
    rounds: pd.DataFrame = field(default_factory=pd.DataFrame)
    history: pd.DataFrame = field(default_factory=pd.DataFrame)
    selections: pd.DataFrame = field(default_factory=pd.DataFrame)


def run_rounds(
    split: Split, member: Member, learner: Learner, checkpoints: Checkpoints, *, say: Callable[[str], None]
) -> RoundsSoFar:
    """Train, score the pool, select, repeat; go on after the last intact checkpoint.

    Verified labels are never changed and the pool is scored anew in each round: a clip selected once may drop out. A
    doubtful clip is trained on its posterior in the rounds that follow one in which it was not selected. A round that
    selects nothing is recorded like any other; what the last round selects is recorded, not trained on.

    Returns:
        The probabilities of the last round, one row a round (`pseudo` counts all doubtful clips that it was trained
        on), one row an epoch, one row a selected clip and round (`target` is the likeliest class of a soft target).

    Raises:
        DataError: the loss of a round is no longer a number; the checkpoints of the rounds before stay.
    """
    state, done = RoundsSoFar(), 0
    if latest := checkpoints.latest():
        done, folder = latest
        state = _read(folder)
        learner.restore(done, folder)
        say(f"going on after round {done} of {member.rounds.number}")
    for number in range(done + 1, member.rounds.number + 1):
        with checkpoints.kept():
            state = _one_round(number, state, split, member, learner)
        checkpoints.save(number, partial(_write, state=state, learner=learner))
        say(_line(state.rounds.iloc[-1], member.rounds.number))
    return state


def _one_round(number: int, state: RoundsSoFar, split: Split, member: Member, learner: Learner) -> RoundsSoFar:
    rows, targets, doubtful = _examples(number, state, split, member)
    history = learner.fit(number, rows, targets, doubtful, _held_out(split))
    probs = learner.predict()
    lower = lower_bound(member.rounds, number)
    selected = select(probs, split, member.rounds, lower)
    held_out = np.where(split.validation, split.given, -1)
    row = {
        "round": number,
        "trusted": int((~doubtful).sum()),
        "pseudo": int(doubtful.sum()),
        "pool": int(split.pool.sum()),
        "lower": lower,
        "upper": member.rounds.thresholds.upper,
        "selected": len(selected.rows),
        "epochs": len(history),
        "train_accuracy": accuracy(probs, split.target),
        "val_accuracy": accuracy(probs, held_out),
    }
    return RoundsSoFar(
        probs=probs,
        rounds=pd.concat([state.rounds, pd.DataFrame([row])], ignore_index=True),
        history=pd.concat([state.history, history.assign(round=number)], ignore_index=True),
        selections=pd.concat([state.selections, _table(number, selected)], ignore_index=True),
    )


def _examples(
    number: int, state: RoundsSoFar, split: Split, member: Member
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return rows, targets and which are doubtful of what round `number` trains on."""
    n_classes = split.posterior.shape[1]
    chosen = Selected(np.empty(0, int), np.empty((0, n_classes), np.float32), np.empty(0))
    if state.probs is not None:
        # Selected again rather than kept: it follows from the probabilities, also after a run that was cut off.
        chosen = select(state.probs, split, member.rounds, lower_bound(member.rounds, number - 1))
    trusted = np.flatnonzero(split.trusted)
    believed = np.setdiff1d(np.flatnonzero(split.doubtful), chosen.rows)
    rows = np.concatenate([trusted, chosen.rows, believed])
    certain = np.eye(n_classes, dtype=np.float32)[split.target[trusted]]
    targets = np.concatenate([certain, chosen.targets, split.posterior[believed]])
    return rows, targets, np.arange(len(rows)) >= len(trusted)


def _held_out(split: Split) -> tuple[np.ndarray, np.ndarray] | None:
    rows = np.flatnonzero(split.validation)
    n_classes = split.posterior.shape[1]
    return (rows, np.eye(n_classes, dtype=np.float32)[split.given[rows]]) if rows.size else None


def _table(number: int, selected: Selected) -> pd.DataFrame:
    target = selected.targets.argmax(axis=1)
    columns = {"row": selected.rows, "target": target, "probability": selected.probability}
    return pd.DataFrame(columns).assign(round=number)


def _line(row: pd.Series, rounds: int) -> str:
    score = row["val_accuracy"]
    return (
        f"round {row['round']:.0f} of {rounds}: {row['trusted']:.0f} trusted + {row['pseudo']:.0f} pseudo-labels, "
        f"{'no validation' if np.isnan(score) else f'validation accuracy {score:.3f}'}, "
        f"selected {row['selected']:.0f} of {row['pool']:.0f} above {row['lower']:.2f}"
    )


_TABLES = ("rounds", "history", "selections")


def _write(folder: Path, state: RoundsSoFar, learner: Learner) -> None:
    assert state.probs is not None
    np.save(folder / "probs.npy", state.probs, allow_pickle=False)
    for name in _TABLES:
        write_table(folder / f"{name}.csv", getattr(state, name))
    learner.save(folder)


def _read(folder: Path) -> RoundsSoFar:
    tables = {name: pd.read_csv(folder / f"{name}.csv") for name in _TABLES}
    return RoundsSoFar(probs=np.load(folder / "probs.npy", allow_pickle=False), **tables)
