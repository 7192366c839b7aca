"""Which clips of the pool a round takes, and with what target.

Conventions: a rule is given all clips of the pool and proposes a target for each, with a probability; the bounds and
the caps on its proposals are the same for every rule. To add one is to add a function to `RULES` and a
field of its name to `params.training.Select`.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from pipeline.members.roles import Split
from pipeline.params.training import Rounds
from pipeline.probs.pooling import combine, without


@dataclass(frozen=True)
class Pool:
    """What rules may see of k clips.

    Attributes:
        probs: float32 (k, n_classes), by the member; NaN rows where it cannot score a clip.
        posterior: float32 (k, n_classes), by earlier stages; NaN rows where nothing is known, and what a row lacks of
            one is the probability of no class.
        given: int (k,), class of the given label, −1 where there is none.
    """

    probs: np.ndarray
    posterior: np.ndarray
    given: np.ndarray


@dataclass(frozen=True)
class Selected:
    """Pseudo-labels: int (k,) rows, ascending; float32 (k, n_classes) targets; float64 (k,) probabilities."""

    rows: np.ndarray
    targets: np.ndarray
    probability: np.ndarray


# Targets (k, n_classes), rows that sum to one (`soft`: to one at most), and float64 (k,) probabilities, NaN where
# nothing is proposed.
Rule = Callable[[Pool, Rounds], tuple[np.ndarray, np.ndarray]]


def predicted(pool: Pool, settings: Rounds) -> tuple[np.ndarray, np.ndarray]:
    """Propose the prediction, as in the report."""
    hot = np.eye(pool.probs.shape[1], dtype=np.float32)
    return hot[pool.probs.argmax(axis=1)], _top(pool.probs)


def agree(pool: Pool, settings: Rounds) -> tuple[np.ndarray, np.ndarray]:
    """Propose the prediction where the given label says the same, else nothing."""
    targets, top = predicted(pool, settings)
    return targets, np.where(_agrees(pool), top, np.nan)


def agree_or_relabel(pool: Pool, settings: Rounds) -> tuple[np.ndarray, np.ndarray]:
    """Propose the prediction; against the given label only where its probability is at least that of the setting."""
    assert settings.select.agree_or_relabel is not None
    targets, top = predicted(pool, settings)
    return targets, np.where(_agrees(pool) | (top >= settings.select.agree_or_relabel.least), top, np.nan)


def soft(pool: Pool, settings: Rounds) -> tuple[np.ndarray, np.ndarray]:
    """Propose the normalised geometric mean of prediction and posterior; the one that is known where one is not.

    What is believed to be of no class keeps that share: its targets sum to as much as its posterior.
    """
    scored, known = np.isfinite(pool.probs).all(axis=1), np.isfinite(pool.posterior).all(axis=1)
    targets = np.where(known[:, np.newaxis], pool.posterior, pool.probs).astype(np.float32)
    both = scored & known
    of_a_class = pool.posterior[both].sum(axis=1, keepdims=True)
    targets[both] = of_a_class * combine([pool.probs[both], pool.posterior[both]], method="geometric")
    return targets, _top(targets)


RULES: dict[str, Rule] = {
    "predicted": predicted,
    "agree": agree,
    "agree_or_relabel": agree_or_relabel,
    "soft": soft,
}


def _top(probs: np.ndarray) -> np.ndarray:
    top: np.ndarray = probs.max(axis=1).astype(np.float64)
    return top


def _agrees(pool: Pool) -> np.ndarray:
    agrees: np.ndarray = pool.probs.argmax(axis=1) == pool.given
    return agrees


def lower_bound(rounds: Rounds, number: int) -> float:
    """Return the least probability that round `number` (from 1) accepts: linear from the first bound to the second."""
    first, last = rounds.thresholds.lower
    return first if rounds.number == 1 else first + (last - first) * (number - 1) / (rounds.number - 1)


def select(probs: np.ndarray, split: Split, settings: Rounds, lower: float) -> Selected:
    """Choose clips of the pool and their targets, as `settings.select` proposes them.

    A class that a person ruled out for a clip is not proposed, and its probability goes to the others.
    A proposal counts whose probability lies in [`lower`, `thresholds.upper`]; `max_per_class` keeps the most probable
    of each class, a soft target counting for its likeliest one.

    Args:
        probs: float32 (n, n_classes), NaN rows where a clip cannot be scored.
        split: the roles.
        settings: rule, upper bound and caps.
        lower: the round's lower bound.
    """
    rows = np.flatnonzero(split.pool)
    ruled_out = split.ruled_out[rows]
    pool = Pool(probs=without(probs[rows], ruled_out), posterior=split.posterior[rows], given=split.given[rows])
    targets, top = RULES[settings.select.chosen](pool, settings)
    # A mean of two that are zero need not be.
    targets = without(targets, ruled_out)
    take = np.flatnonzero((top >= lower) & (top <= settings.thresholds.upper))
    if settings.max_per_class is not None:
        order = take[np.lexsort((take, -top[take]))]
        columns = targets[order].argmax(axis=1)
        rank = pd.Series(columns).groupby(columns).cumcount().to_numpy()
        take = np.sort(order[rank < settings.max_per_class])
    return Selected(rows=rows[take], targets=targets[take], probability=top[take])
