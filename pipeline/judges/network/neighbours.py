"""Which clips sound most like each, by what networks make of them."""

import numpy as np
from sklearn.metrics import pairwise_distances_chunked
from sklearn.preprocessing import StandardScaler

NEIGHBOURS = 10


def nearest(activations: np.ndarray, group: np.ndarray) -> np.ndarray:
    """Find for each clip those that sound most like it.

    Args:
        activations: float (n, d), what networks make of each clip; a NaN row: takes no part.
        group: int (n,), `clips['group']` as a number; clips of one group are not neighbours.

    Returns:
        int32 (n, `NEIGHBOURS`), rows of the nearest clips by Euclidean distance over standardised columns, the nearest
        first; -1 where there are not as many.
    """
    found = np.full((len(activations), NEIGHBOURS), -1, np.int32)
    rows = np.flatnonzero(np.isfinite(activations).all(axis=1))
    if not rows.size:
        return found
    own = group[rows]

    def in_part(distance: np.ndarray, start: int) -> np.ndarray:
        distance[own[start : start + len(distance), np.newaxis] == own[np.newaxis, :]] = np.inf
        order = np.argsort(distance, axis=1, kind="stable")[:, :NEIGHBOURS]
        known = np.isfinite(np.take_along_axis(distance, order, axis=1))
        return np.where(known, rows[order], -1)

    x = StandardScaler().fit_transform(activations[rows].astype(np.float64))
    parts = np.concatenate(list(pairwise_distances_chunked(x, reduce_func=in_part)))
    found[rows, : parts.shape[1]] = parts
    return found
