"""The verified clips that sound the most like a clip, as label spreading sees it."""

import numpy as np
from sklearn.neighbors import NearestNeighbors

NEAREST = 5


def nearest(space: np.ndarray, among: np.ndarray, count: int = NEAREST) -> list[list[int]]:
    """Return the rows of the clips nearest to each clip, the nearest first.

    Args:
        space: float64 (n, d), from `scaling.training_space`; a NaN row has no place in it, and no neighbours.
        among: bool (n,), the clips that may be found.
        count: how many to find at most; a clip is not its own neighbour.
    """
    there = np.isfinite(space).all(axis=1)
    rows = np.flatnonzero(among & there)
    asking = np.flatnonzero(there)
    found: list[list[int]] = [[] for _ in range(len(space))]
    if not len(rows):
        return found
    model = NearestNeighbors(n_neighbors=min(count + 1, len(rows))).fit(space[rows])
    distance, place = model.kneighbors(space[asking])
    near = rows[place]
    order = np.lexsort((near, distance), axis=1)  # of equally near ones the first, whatever the search came upon first
    for row, names in zip(asking.tolist(), np.take_along_axis(near, order, axis=1).tolist(), strict=True):
        found[row] = [name for name in names if name != row][:count]
    return found
