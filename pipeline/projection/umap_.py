"""UMAP (McInnes, Healy and Melville, 2018) by umap-learn, started from the principal plane."""

import numpy as np

from pipeline import seeding
from pipeline.projection._plane import principal_plane
from pipeline.settings import Fraction, PositiveInt

FEWEST = 5


def project(x: np.ndarray, *, seed: int, n_neighbors: PositiveInt = 15, min_dist: Fraction = 0.1) -> np.ndarray:
    """Return float32 (n, 2): a UMAP map of `x`, float (n, d), all finite.

    `n_neighbors` is lowered to n - 1. Fewer than five points get their principal plane. A point that UMAP finds
    connected to no other has no place in its map: its row is NaN. One thread: the same seed gives the same map on
    the same machine.
    """
    plane = principal_plane(x)
    if len(x) < FEWEST:
        return plane.astype(np.float32)
    # Imported here because umap loads and compiles for seconds, which few points and other methods need not wait for.
    from umap import UMAP

    # Spectral initialisation warns and falls back on a random one whenever the graph is in pieces; the principal
    # plane, at the scale that UMAP itself uses for a start, does neither.
    jitter = seeding.rng(seed, "umap").normal(scale=1e-4, size=plane.shape)
    start = 10 * plane / max(float(np.abs(plane).max()), np.finfo(np.float64).tiny ** 0.5) + jitter
    mapper = UMAP(
        n_neighbors=min(n_neighbors, len(x) - 1),
        min_dist=min_dist,
        init=start.astype(np.float32),
        random_state=seeding.derive(seed, "umap"),
        n_jobs=1,
    )
    return np.asarray(mapper.fit_transform(np.ascontiguousarray(x, dtype=np.float32)), dtype=np.float32)
