"""A random gain and a random spectral tilt: microphones, distances and rooms differ."""

import numpy as np

from pipeline.settings import NonNegativeFloat


def augment(
    x: np.ndarray,
    y: np.ndarray,
    rng: np.random.Generator,
    *,
    gain: NonNegativeFloat = 0.05,
    tilt: NonNegativeFloat = 0.05,
) -> tuple[np.ndarray, np.ndarray]:
    """Add a constant and a slope over the bins to each patch, silence (0) excepted; targets stay.

    Args:
        x: float32 (batch, frames, bins), 1 being 80 dB above 0.
        y: float32 (batch, n_targets), see `pipeline.networks.patches`.
        rng: where the draws come from.
        gain: standard deviation of the constant; 0.05 is 4 dB.
        tilt: standard deviation of the change from the lowest to the highest bin.
    """
    shift = rng.normal(0, gain, (len(x), 1, 1))
    slope = rng.normal(0, tilt, (len(x), 1, 1)) * np.linspace(-0.5, 0.5, x.shape[2])[None, None, :]
    return np.where(x == 0, x, x + (shift + slope).astype(np.float32)), y
