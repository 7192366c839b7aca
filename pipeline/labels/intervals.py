"""Intervals of what is estimated from few verified clips: they hold their estimate, and stay open.

No resample of the verified clips has an error of the judges that none of them showed: of a handful, all judged right, a
bootstrap says that nothing is ever wrong. Of a rate of which none was seen in m, what is known is the
Beta(1/2, m + 1/2) that Jeffreys' prior leaves (Brown, Cai and DasGupta, "Interval estimation for a binomial
proportion", Statistical Science 16, 2001). From it each resample draws the share of beliefs that are wrong beside their
own probability, m being the groups of verified clips in the family that calibrate. An interval covers both the share of
labels that comes out right and the rate behind it.
"""

import numpy as np
import pandas as pd

from pipeline.labels.case import Case


def witnesses(case: Case, labels: pd.DataFrame, family: str | None) -> int:
    """Return how many groups of verified clips the judges were calibrated on, among the clips of a family or all."""
    inside = case.calibrating if family is None else case.calibrating & (labels["family"] == family).to_numpy()
    return len(np.unique(case.group[inside]))


def came_out(
    drawn: list[np.ndarray], inside: np.ndarray, witnesses: int, random: np.random.Generator
) -> list[np.ndarray]:
    """Return of each resample, float64 (2, 2, n): right and of no class, as it came out and how likely it was.

    `drawn` are float64 (3, n_clips): how likely right, how likely of no class, and the chance that decides.
    """
    found = []
    for right, outside, chance in (draw[:, inside] for draw in drawn):
        # Of what is believed, and of what is not, each its own; beyond a half, being wrong would be the better judge.
        missed, overlooked = np.minimum(random.beta(0.5, witnesses + 0.5, 2), 0.5)
        rates = np.stack([right, outside]) * (1 - missed - overlooked) + overlooked
        rates[1] = np.minimum(rates[1], 1 - rates[0])  # no clip is both
        found.append(np.stack([[chance < rates[0], chance >= 1 - rates[1]], rates]).astype(np.float64))
    return found


def interval(values: list[np.ndarray], estimate: float) -> tuple[float | None, float | None]:
    """Return the 95% interval of a share: `values` are float64 (2,), what came out of a resample and the rate."""
    if not values:
        return None, None
    low, high = np.percentile(values, [2.5, 97.5], axis=0)
    return float(min(low.min(), estimate)), float(max(high.max(), estimate))
