"""How far a share of few clips can be trusted."""

import numpy as np

Z = 1.96


def wilson(share: np.ndarray, n: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the ends of the 95% score interval of shares of `n` (Wilson 1927, "Probable inference").

    Args:
        share: in [0, 1], any shape.
        n: how many each share is of, same shape; at least 1.
    """
    middle = (share + Z**2 / (2 * n)) / (1 + Z**2 / n)
    half = Z / (1 + Z**2 / n) * np.sqrt(share * (1 - share) / n + Z**2 / (4 * n**2))
    return np.clip(middle - half, 0, 1), np.clip(middle + half, 0, 1)
