"""Self-training: the threshold schedule, the selection of pseudo-labels, and the rounds.

Conventions: clips are rows; `given` is int (n,), the class of the given label, −1 where there is none. A clip is
trusted (its given label is its target in every round), in the pool (it may be selected), held out (it validates),
or none of these. Probabilities are float32 (n, n_classes), NaN rows where a clip cannot be scored.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Protocol

import numpy as np
import pandas as pd

from pipeline.artifacts import write_table
from pipeline.checkpoints import Checkpoints
from pipeline.errors import DataError
from pipeline.metrics import accuracy, map_at_k
from pipeline.params import Member, Selection

TOP_K = 3


@dataclass(frozen=True)
class Split:
    """Which rows do what; each bool (n,), `given` int (n,). No row is in two of the masks."""

    given: np.ndarray
    trusted: np.ndarray
    pool: np.ndarray
    validation: np.ndarray


@dataclass(frozen=True)
class Selected:
    """Pseudo-labels: int (k,) rows, int (k,) targets, float (k,) probabilities."""

    rows: np.ndarray
    targets: np.ndarray
    probability: np.ndarray


class Learner(Protocol):
    """A network that a round fits, and that then scores every clip."""

    def fit(self, number: int, rows: np.ndarray, targets: np.ndarray, split: Split) -> pd.DataFrame:
        """Fit round `number` on the clips in `rows` with int `targets`; return one row an epoch."""

    def predict(self) -> np.ndarray:
        """Return float32 (n, n_classes)."""

    def save(self, folder: Path) -> None:
        """Write the weights into `folder`."""

    def restore(self, number: int, folder: Path) -> None:
        """Return to the state after round `number`, whose weights are in `folder`."""


@dataclass
class Rounds:
    """What the rounds so far have left behind."""

    probs: np.ndarray | None = None
    rounds: pd.DataFrame = field(default_factory=pd.DataFrame)
    history: pd.DataFrame = field(default_factory=pd.DataFrame)
    selections: pd.DataFrame = field(default_factory=pd.DataFrame)


def split_clips(clips: pd.DataFrame, labels: pd.DataFrame, classes: list[str], ok: np.ndarray, member: Member) -> Split:
    """Decide what each clip does for a member.

    Held out are the verified clips of the member's fold; its other clips rest. Of the other folds, the trusted
    clips are those that `member.train_on` names, and the pool is every other unverified one.

    Args:
        clips: as `artifacts.read_clips` gives it: no truth, test labels blank.
        labels: as `artifacts.read_labels` gives it, same order.
        classes: names in order.
        ok: bool (n,), False where quarantined.
        member: its `fold` and `train_on` count.

    Raises:
        DataError: a class has no trusted clip, or no clip validates.
    """
    index = {name: i for i, name in enumerate(classes)}
    given = clips["label"].map(index).fillna(-1).to_numpy(int)
    verified = clips["verified"].to_numpy(bool)
    train = (clips["split"] == "train").to_numpy() & ok
    inside = train & (clips["fold"] != member.fold).to_numpy()
    trusts = {"verified": verified, "promoted": verified | labels["promoted"].to_numpy(bool), "all": given >= 0}
    trusted = inside & (given >= 0) & trusts[member.train_on]
    validation = train & ~inside & verified & (given >= 0)
    missing = [name for name, i in index.items() if not (given[trusted] == i).any()]
    if missing:
        raise DataError(
            f"no trusted clip to train on for {', '.join(missing)} outside fold {member.fold}; "
            "verify some, or leave the class out"
        )
    if not validation.any():
        raise DataError(f"fold {member.fold} has no verified clip to validate on; verify more, or use fewer folds.n")
    return Split(given=given, trusted=trusted, pool=inside & ~trusted & ~verified, validation=validation)


def lower_bound(selection: Selection, number: int, rounds: int) -> float:
    """Return the least probability that round `number` (from 1) accepts: linear from the first bound to the second."""
    first, last = selection.lower
    return first if rounds == 1 else first + (last - first) * (number - 1) / (rounds - 1)


def select(probs: np.ndarray, split: Split, selection: Selection, lower: float) -> Selected:
    """Choose clips of the pool and their targets.

    A clip counts whose top probability lies in [`lower`, `selection.upper`]. By rule, its target is: `predicted`,
    the prediction, as in the report; `agree`, the prediction where the given label says the same, else it is left
    out; `agree_or_relabel`, in addition the prediction against the given label where its probability is at least
    `selection.relabel`. `max_per_class` keeps the most probable of each target.
    """
    rows = np.flatnonzero(split.pool & np.isfinite(probs).all(axis=1))
    targets = probs[rows].argmax(axis=1)
    top = probs[rows].max(axis=1).astype(np.float64)
    take = (top >= lower) & (top <= selection.upper)
    agrees = targets == split.given[rows]
    if selection.rule == "agree":
        take &= agrees
    elif selection.rule == "agree_or_relabel":
        take &= agrees | (top >= selection.relabel)
    rows, targets, top = rows[take], targets[take], top[take]
    if selection.max_per_class is not None:
        order = np.lexsort((rows, -top))
        rank = pd.Series(targets[order]).groupby(targets[order]).cumcount().to_numpy()
        keep = np.sort(order[rank < selection.max_per_class])
        rows, targets, top = rows[keep], targets[keep], top[keep]
    return Selected(rows=rows, targets=targets, probability=top)


def run_rounds(
    split: Split, member: Member, learner: Learner, checkpoints: Checkpoints, *, say: Callable[[str], None]
) -> Rounds:
    """Train, score the pool, select, repeat; go on after the last intact checkpoint.

    Verified labels are never changed and the pool is scored anew in each round: a clip selected once may drop out.
    A round that selects nothing is recorded like any other; what the last round selects is recorded, not trained on.

    Returns:
        The probabilities of the last round, one row a round, one row an epoch, one row a selected clip and round.
    """
    state, done = Rounds(), 0
    if latest := checkpoints.latest():
        done, folder = latest
        state = _read(folder)
        learner.restore(done, folder)
        say(f"going on after round {done} of {member.rounds}")
    for number in range(done + 1, member.rounds + 1):
        state = _one_round(number, state, split, member, learner)
        checkpoints.save(number, partial(_write, state=state, learner=learner))
        say(_line(state.rounds.iloc[-1], member.rounds))
    return state


def _one_round(number: int, state: Rounds, split: Split, member: Member, learner: Learner) -> Rounds:
    pseudo = _last_selection(state, number)
    trusted = np.flatnonzero(split.trusted)
    rows = np.concatenate([trusted, pseudo.rows])
    targets = np.concatenate([split.given[trusted], pseudo.targets])
    history = learner.fit(number, rows, targets, split)
    probs = learner.predict()
    lower = lower_bound(member.selection, number, member.rounds)
    selected = select(probs, split, member.selection, lower)
    held_out = np.where(split.validation, split.given, -1)
    on_trusted = np.where(split.trusted, split.given, -1)
    row = {
        "round": number,
        "trusted": len(trusted),
        "pseudo": len(pseudo.rows),
        "pool": int(split.pool.sum()),
        "lower": lower,
        "upper": member.selection.upper,
        "selected": len(selected.rows),
        "epochs": len(history),
        "train_accuracy": accuracy(probs, on_trusted),
        "val_accuracy": accuracy(probs, held_out),
        "val_map": map_at_k(probs, held_out, k=TOP_K),
    }
    return Rounds(
        probs=probs,
        rounds=pd.concat([state.rounds, pd.DataFrame([row])], ignore_index=True),
        history=pd.concat([state.history, history.assign(round=number)], ignore_index=True),
        selections=pd.concat([state.selections, _table(number, selected)], ignore_index=True),
    )


def _table(number: int, selected: Selected) -> pd.DataFrame:
    columns = {"row": selected.rows, "target": selected.targets, "probability": selected.probability}
    return pd.DataFrame(columns).assign(round=number)


def _last_selection(state: Rounds, number: int) -> Selected:
    if number == 1:
        return Selected(np.empty(0, int), np.empty(0, int), np.empty(0))
    last = state.selections[state.selections["round"] == number - 1]
    return Selected(last["row"].to_numpy(int), last["target"].to_numpy(int), last["probability"].to_numpy(float))


def _line(row: pd.Series, rounds: int) -> str:
    return (
        f"round {row['round']:.0f} of {rounds}: {row['trusted']:.0f} trusted + {row['pseudo']:.0f} pseudo-labels, "
        f"validation accuracy {row['val_accuracy']:.3f}, selected {row['selected']:.0f} of {row['pool']:.0f} "
        f"above {row['lower']:.2f}"
    )


_TABLES = ("rounds", "history", "selections")


def _write(folder: Path, state: Rounds, learner: Learner) -> None:
    assert state.probs is not None
    np.save(folder / "probs.npy", state.probs, allow_pickle=False)
    for name in _TABLES:
        write_table(folder / f"{name}.csv", getattr(state, name))
    learner.save(folder)


def _read(folder: Path) -> Rounds:
    tables = {name: pd.read_csv(folder / f"{name}.csv") for name in _TABLES}
    return Rounds(probs=np.load(folder / "probs.npy", allow_pickle=False), **tables)
