"""Mixup (Zhang et al., 2018, "mixup: beyond empirical risk minimization")."""

import numpy as np

from pipeline.settings import PositiveFloat


def augment(
    x: np.ndarray, y: np.ndarray, rng: np.random.Generator, *, alpha: PositiveFloat = 0.2
) -> tuple[np.ndarray, np.ndarray]:
    """Replace each example by a mean of itself and another of its batch, with the same weights for the targets.

    Args:
        x: float32 (batch, frames, bins).
        y: float32 (batch, n_targets): shares of the classes, and the doubt in self-training.
        rng: where the draws come from.
        alpha: of the Beta(alpha, alpha) that weights are drawn from; small leaves most examples nearly alone.
    """
    share = rng.beta(alpha, alpha, len(x)).astype(np.float32)
    share = np.maximum(share, 1 - share)
    other = rng.permutation(len(x))
    along_x, along_y = share[:, None, None], share[:, None]
    return along_x * x + (1 - along_x) * x[other], along_y * y + (1 - along_y) * y[other]
