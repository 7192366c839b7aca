"""t-SNE (van der Maaten and Hinton, 2008) by openTSNE, started from the principal plane."""

import numpy as np
from openTSNE import TSNE

from pipeline import seeding
from pipeline.plugins.projection._plane import principal_plane
from pipeline.settings import PositiveFloat

FEWEST = 5
SPREAD_AT_START = 1e-4


def project(x: np.ndarray, *, seed: int, perplexity: PositiveFloat = 30.0) -> np.ndarray:
    """Return float32 (n, 2): a t-SNE map of `x`, float (n, d), all finite.

    Fewer than five points get their principal plane. One thread and exact neighbours: the same seed gives the same
    map on the same machine.

    Args:
        x: the points.
        seed: of the start.
        perplexity: effective number of neighbours; lowered to (n - 1) / 3, the most that n points allow.
    """
    start = principal_plane(x)
    if len(x) < FEWEST:
        return start.astype(np.float32)
    # The usual start is scaled by its own deviation, which is 0 for identical points: hence the jitter and the guard.
    jitter = seeding.rng(seed, "tsne").normal(size=start.shape)
    start = SPREAD_AT_START * (start / max(float(start.std()), np.finfo(np.float64).tiny ** 0.5) + 1e-2 * jitter)
    tsne = TSNE(
        perplexity=max(1.0, min(perplexity, (len(x) - 1) / 3)),
        initialization=start,
        neighbors="exact",
        n_jobs=1,
        random_state=seeding.derive(seed, "tsne"),
    )
    return np.asarray(tsne.fit(np.ascontiguousarray(x, dtype=np.float64)), dtype=np.float32)
