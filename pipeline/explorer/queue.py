"""What is most worth a person's ear first.

Conventions: clips are rows. Three kinds are asked about: promoted clips, whose label is in force though nobody heard
it; clips that were left out; and corrected ones. They come by turns, each kind ordered by how much there is to doubt.
Verified clips are hidden among them, so that the reviewer's own accuracy can be estimated; their words are those of
the others.
"""

from dataclasses import dataclass

import numpy as np

from pipeline.results.run import Run
from pipeline.seeding import rng

KINDS = ("promoted", "left_out", "corrected")
HIDDEN = "hidden"
DECIDED = ("accept", "reject", "relabel")


@dataclass(frozen=True)
class Queue:
    """Rows to listen to, best first; why each, in words; and each one's kind: one of `KINDS`, or `HIDDEN`."""

    rows: list[int]
    why: list[str]
    kind: list[str]


def queue(run: Run, share: float, seed: int) -> Queue:
    """Return the clips to review; those that a person has decided on, or that nobody can hear, are not among them.

    A promoted clip comes early where the ensemble's probability of its label is little above (or below) that of the
    likeliest other class; the others where judges that never saw the given label put another class far above it.

    Args:
        run: the run to review.
        share: of hidden verified clips in the queue, 0 to 0.5; less where there are not as many.
        seed: of the hidden clips and of their places.
    """
    outcome, given = run.labels["outcome"].to_numpy(), run.columns(run.labels["given"])
    open_ = run.features.ok & run.train & ~run.labels["review"].isin(DECIDED).to_numpy()
    heard = _out_of_sample(run)
    doubt = {"promoted": -_margin(run.probs, run.columns(run.labels["target"]))}
    doubt |= dict.fromkeys(("left_out", "corrected"), -_margin(heard, given))
    rows = _by_turns([_ordered(np.flatnonzero(open_ & (outcome == kind)), doubt[kind]) for kind in KINDS])
    verified = np.flatnonzero(open_ & (outcome == "verified"))
    hidden, places = _hidden(verified, len(rows), share, seed)
    kinds = np.insert(outcome[rows].astype(object), places, HIDDEN)
    rows = np.insert(rows, places, hidden)
    why = [_why(run, row, given[row], kind) for row, kind in zip(rows, kinds, strict=True)]
    return Queue(rows=rows.tolist(), why=why, kind=kinds.tolist())


def _out_of_sample(run: Run) -> np.ndarray:
    """Return float (n_clips, n_classes): what judges say that never saw the given label; else what is believed."""
    judged = np.isfinite(run.judged).all(axis=1)
    return np.where(judged[:, np.newaxis], run.judged, run.posterior)


def _margin(probs: np.ndarray, column: np.ndarray) -> np.ndarray:
    """Return float (n,): probability of the class `column` less that of the likeliest other, NaN where not known.

    Without a class (-1) there is nothing to doubt: 0.
    """
    rows = np.arange(len(probs))
    others = probs.astype(np.float64)
    own = others[rows, column].copy()
    others[rows, column] = -1
    margin: np.ndarray = own - np.maximum(others.max(axis=1), 0)
    return np.where((column < 0) & np.isfinite(margin), 0.0, margin)


def _ordered(rows: np.ndarray, doubt: np.ndarray) -> np.ndarray:
    """Return `rows`, the most in doubt first, those of which nothing is known last."""
    strength = np.nan_to_num(doubt[rows], nan=-np.inf)
    ordered: np.ndarray = rows[np.argsort(-strength, kind="stable")]
    return ordered


def _by_turns(parts: list[np.ndarray]) -> np.ndarray:
    turn = np.concatenate([np.arange(len(part)) for part in parts])
    taken: np.ndarray = np.concatenate(parts)[np.argsort(turn, kind="stable")]
    return taken


def _hidden(verified: np.ndarray, n: int, share: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Draw clips of `verified` to hide among `n` others, and the places to insert them at.

    One falls into each stretch of the queue, so that the share holds for those who do not hear it to its end.
    """
    if share == 0 or n == 0:
        return verified[:0], verified[:0]
    random = rng(seed, "explorer", "hidden")
    stretch = (1 - share) / share
    count = min(len(verified), int(np.ceil(n / stretch)))
    places = (np.arange(count) + random.random(count)) * stretch
    chosen = random.permutation(verified)[:count]
    return chosen[places < n], places[places < n].astype(int)


def _why(run: Run, row: int, column: int, kind: str) -> str:
    """Say what the given label `column` has for it, and what the likeliest other class has."""
    if kind != "promoted" and np.isfinite(run.judged[row]).all():
        who, probs = "Judges that never saw its label give", run.judged[row]
    elif kind in ("left_out", "corrected"):
        who, probs = "It is believed to be", run.posterior[row]
    else:
        who, probs = "The ensemble gives", run.probs[row]
    if not np.isfinite(probs).all():
        return "Nothing is known of it"
    other = [i for i in np.argsort(-probs, kind="stable").tolist() if i != column][:1]
    shares = [f"{run.classes[i]} {probs[i]:.2f}" for i in ([column] if column >= 0 else []) + other]
    strange = f"; it sounds like none of the classes: {outside:.2f}" if (outside := _outside(run, row)) > 0.5 else ""
    return f"{who} {', '.join(shares)}{strange}"


def _outside(run: Run, row: int) -> float:
    """Return how likely the clip is to be of no class; 0 where that is not known."""
    return float(np.nan_to_num(run.labels["outside"].iloc[row]))
