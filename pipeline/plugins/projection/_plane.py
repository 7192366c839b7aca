"""What the projections share: the plane of largest variance, for too few points and as a start for the rest."""

import numpy as np


def principal_plane(x: np.ndarray) -> np.ndarray:
    """Return float64 (n, 2): the coordinates of `x`, float (n, d), on its first two principal axes.

    Where there are fewer than two axes, the missing coordinates are 0. Signs are fixed (the largest coordinate
    of each axis is positive), so that the same points always give the same picture.
    """
    plane = np.zeros((len(x), 2))
    if x.size == 0:
        return plane
    centred = np.asarray(x, dtype=np.float64) - np.mean(x, axis=0, dtype=np.float64)
    u, s, _ = np.linalg.svd(centred, full_matrices=False)
    axes = min(2, s.size)
    plane[:, :axes] = u[:, :axes] * s[:axes]
    largest = plane[np.abs(plane).argmax(axis=0), [0, 1]]
    return plane * np.where(largest < 0, -1.0, 1.0)
