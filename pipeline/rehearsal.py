"""Label spreading rehearsed on clips whose label is known, to see how often it is right."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from pipeline import spreading
from pipeline.params import Spread
from pipeline.seeding import rng


@dataclass(frozen=True)
class Rehearsal:
    """One group's clips with a usable latent, and what spreading said of those that were hidden.

    `label`, `source`: int (n,), class and `clips['group']` of each clip. `unverified`, `agrees`: bool (n,).
    `beside`: bool (n,), a verified clip has the same source. `answers`: float (2, n, k + 1), how often each clip was
    told each class (last column: abstained) while it was hidden, [0] without and [1] with a seed of the same source.
    """

    label: np.ndarray
    source: np.ndarray
    unverified: np.ndarray
    agrees: np.ndarray
    beside: np.ndarray
    answers: np.ndarray


def rehearse(
    x: np.ndarray,
    clips: pd.DataFrame,
    labels: pd.DataFrame,
    classes: list[str],
    settings: Spread,
    seed: int,
    group: str,
) -> Rehearsal:
    """Hide verified clips of one group `settings.repeats` times and spread labels to them.

    Args:
        x: float64 (n, d), finite latents of the group's clips.
        clips: their n rows as `artifacts.read_clips` returns them; `group` is read.
        labels: their n rows as `spreading.spread` returned them.
        classes: the group's classes, sorted.
        settings: the params' section `spread`.
        seed: with `group` and the repeat it names what is hidden.
        group: the group's name.
    """
    label = pd.Index(classes).get_indexer(pd.Index(labels["label"]))
    verified = labels["verified"].to_numpy()
    source = pd.factorize(clips["group"].to_numpy())[0]
    answers = np.zeros((2, len(x), len(classes) + 1))
    near = spreading.affinity(x, settings) if verified.any() and not verified.all() else None
    for repeat in range(settings.repeats if near is not None else 0):
        together = source if repeat % 2 == 0 else np.arange(len(x))
        hidden = hide(label, verified, together, settings.hidden_fraction, rng(seed, "hide", group, repeat))
        said = spreading.answer(near, np.where(verified & ~hidden, label, -1), settings)
        beside = np.isin(source, source[verified & ~hidden]).astype(np.int64)
        answers[beside[hidden], hidden.nonzero()[0], said.best[hidden]] += 1  # -1, abstained, is the last column
    agrees = labels["promoted"].to_numpy()
    return Rehearsal(label, source, ~verified, agrees, np.isin(source, source[verified]), answers)


def hide(
    label: np.ndarray, verified: np.ndarray, source: np.ndarray, fraction: float, random: np.random.Generator
) -> np.ndarray:
    """Choose verified clips to hide: whole sources, of each class about `fraction` of its clips and never all.

    Args:
        label: int (n,), column of the given label.
        verified: bool (n,).
        source: int (n,), clips of one number are hidden together.
        fraction: in (0, 1); at least one clip of a class that has two or more may be hidden.
        random: where the choice comes from.

    Returns:
        bool (n,).
    """
    n = int(label.max()) + 1
    counts = np.zeros((int(source.max()) + 1, n), dtype=np.int64)
    np.add.at(counts, (source[verified], label[verified]), 1)
    total = counts.sum(axis=0)
    quota = np.minimum(np.maximum(np.rint(fraction * total), 1), total - 1)
    taken = np.zeros(n, dtype=np.int64)
    chosen = np.zeros(len(counts), dtype=bool)
    for one in random.permutation(np.flatnonzero(counts.any(axis=1))):
        after = taken + counts[one]
        # Sources larger than the quota would never be heard of: the first may exceed it.
        if (after <= (quota if taken.any() else total - 1))[counts[one] > 0].all():
            chosen[one] = True
            taken = after
    return verified & chosen[source]
