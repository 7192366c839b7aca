"""A test split for data that come without one."""

from collections.abc import Sequence

import numpy as np

from pipeline.seeding import rng


def hold_out(labels: Sequence[str], groups: Sequence[str], *, fraction: float, seed: int) -> np.ndarray:
    """Choose about `fraction` of each class for testing, whole groups at a time; bool (n_clips,).

    Groups are taken largest first, in random order among equals, each if it brings the classes' counts in the test
    split nearer to their targets. A class in a single small group may stay out of the test split.
    """
    names, label = np.unique(np.asarray(labels, dtype=str), return_inverse=True)
    kinds, owner = np.unique(np.asarray(groups, dtype=str), return_inverse=True)
    counts = np.zeros((kinds.size, names.size))
    np.add.at(counts, (owner, label), 1)
    need = fraction * counts.sum(axis=0)
    order = rng(seed, "test split").permutation(kinds.size)
    order = order[np.argsort(-counts[order].sum(axis=1), kind="stable")]
    taken = np.zeros(kinds.size, dtype=bool)
    for group in order:
        left = need - counts[group]
        if np.abs(left).sum() < np.abs(need).sum() - 1e-9:
            need, taken[group] = left, True
    return taken[owner]
