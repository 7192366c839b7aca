"""UMAP (McInnes, Healy and Melville, 2018) by umap-learn, started from the principal plane."""

import sys
import warnings
from typing import Any

import numpy as np

from pipeline import seeding
from pipeline.plugins.projection._plane import principal_plane
from pipeline.settings import Fraction, PositiveInt

FEWEST = 5


def project(x: np.ndarray, *, seed: int, n_neighbors: PositiveInt = 15, min_dist: Fraction = 0.1) -> np.ndarray:
    """Return float32 (n, 2): a UMAP map of `x`, float (n, d), all finite.

    Fewer than five points get their principal plane. A point that UMAP finds
    connected to no other has no place in its map: its row is NaN. One thread: the same seed gives the same map on
    the same machine.

    Args:
        x: the points.
        seed: of the start.
        n_neighbors: points whose distance counts; lowered to n - 1.
        min_dist: how close points may lie in the map.
    """
    plane = principal_plane(x)
    if len(x) < FEWEST:
        return plane.astype(np.float32)
    # Spectral initialisation warns and falls back on a random one whenever the graph is in pieces; the principal
    # plane, at the scale that UMAP itself uses for a start, does neither.
    jitter = seeding.rng(seed, "umap").normal(scale=1e-4, size=plane.shape)
    start = 10 * plane / max(float(np.abs(plane).max()), np.finfo(np.float64).tiny ** 0.5) + jitter
    mapper = _umap()(
        n_neighbors=min(n_neighbors, len(x) - 1),
        min_dist=min_dist,
        init=start.astype(np.float32),
        random_state=seeding.derive(seed, "umap"),
        n_jobs=1,
    )
    return np.asarray(mapper.fit_transform(np.ascontiguousarray(x, dtype=np.float32)), dtype=np.float32)


def _umap() -> Any:
    """Import umap when it is needed: it loads and compiles for seconds.

    It loads TensorFlow too, for a variant that is not used here, and does without where there is none: hidden from
    it, this saves some seconds and what TensorFlow prints.
    """
    hidden = "tensorflow" not in sys.modules
    if hidden:
        sys.modules["tensorflow"] = None  # type: ignore[assignment]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ImportWarning)
            from umap import UMAP
    finally:
        if hidden:
            del sys.modules["tensorflow"]
    return UMAP
