"""SpecAugment's masks (Park et al., 2019, "SpecAugment: a simple data augmentation method")."""

import numpy as np

from pipeline.settings import Fraction, NonNegativeInt


def augment(
    x: np.ndarray,
    y: np.ndarray,
    rng: np.random.Generator,
    *,
    time_masks: NonNegativeInt = 2,
    time_share: Fraction = 0.15,
    bin_masks: NonNegativeInt = 2,
    bin_share: Fraction = 0.15,
) -> tuple[np.ndarray, np.ndarray]:
    """Replace bands of frames and of bins by the patch's mean; targets stay.

    Args:
        x: float32 (batch, frames, bins).
        y: float32 (batch, n_targets), see `pipeline.networks.patches`.
        rng: where the draws come from.
        time_masks: bands of frames in each patch.
        time_share: greatest width of one, as a share of the frames.
        bin_masks: bands of bins in each patch.
        bin_share: greatest width of one, as a share of the bins.
    """
    mask = _bands(len(x), x.shape[1], time_masks, time_share, rng)[:, :, None]
    mask = mask | _bands(len(x), x.shape[2], bin_masks, bin_share, rng)[:, None, :]
    return np.where(mask, x.mean(axis=(1, 2), keepdims=True), x), y


def _bands(batch: int, length: int, count: int, share: float, rng: np.random.Generator) -> np.ndarray:
    """Return bool (batch, length), True inside `count` random bands of up to `share` of the length."""
    widths = rng.integers(0, int(length * share) + 1, (batch, count))
    starts = (rng.random((batch, count)) * (length - widths + 1)).astype(int)
    at = np.arange(length)[None, None, :]
    inside: np.ndarray = (at >= starts[..., None]) & (at < (starts + widths)[..., None])
    return np.asarray(inside.any(axis=1))
