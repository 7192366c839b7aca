"""What is believed of each clip: judges calibrated, noise estimated, Bayes applied. Conventions: as `labels.case`."""

from dataclasses import dataclass

import numpy as np
from threadpoolctl import threadpool_limits

from pipeline.labels.case import Case
from pipeline.posterior import evidence, noise_rates, posterior
from pipeline.posterior.evidence import Calibration
from pipeline.posterior.posterior import Noise
from pipeline.probs import pooling


@dataclass(frozen=True)
class Belief:
    """What is believed: `evidence`, `posterior` float64 (n, n_classes), and what they rest on."""

    evidence: np.ndarray
    posterior: np.ndarray
    calibration: Calibration
    noise: Noise

    @property
    def outside(self) -> np.ndarray:
        """Float64 (n,), in [0, 1]: how likely a clip is to be of no class; NaN where nothing is believed of it."""
        # What is left of one by rounding is nothing.
        left = (1 - self.posterior.sum(axis=1)).round(12)
        return np.clip(left, 0, 1)


def believe(case: Case, weight: np.ndarray | None = None, random: np.random.Generator | None = None) -> Belief:
    """Calibrate the judges, estimate the noise, and form a belief of each clip of the pool.

    Args:
        case: from `gather`.
        weight: float64 (n,), how often each clip counts in calibration and estimate (None: once).
        random: draws the noise rates around the likeliest ones (None: takes the likeliest).

    Returns:
        Rows of `evidence` that were not judged are equal shares; verified rows of `posterior` are one-hot; rows of
        clips that are neither verified nor in the pool are NaN: of these nothing is believed. What a row of the pool
        lacks of one is the probability that the clip is of no class. What a person ruled out of a clip of the pool has
        no evidence and is not believed; where no other class is possible, rows are NaN.
    """
    weight = np.ones(len(case.given)) if weight is None else weight
    calibrating, inside = case.calibrating, case.inside
    known = case.labelled
    # On few rows the threads of the linear algebra wait for each other more than they compute.
    with threadpool_limits(1):
        calibration = evidence.calibrate(
            _of(case.models, calibrating),
            _of(case.spread, calibrating),
            inside[calibrating],
            case.given[calibrating],
            weight[calibrating],
        )
        joined = evidence.join(case.models, case.spread, inside, calibration)
        # Verified clips say how good the judges are, so of these nothing is taken away.
        joined = pooling.without(joined, case.ruled_out & case.pool[:, np.newaxis])
        p_values = None if case.strange is None else case.strange.p_values(weight)
        noise = noise_rates.estimate_noise(
            joined[known], case.family_of, case.given[known], weight[known], random, _rows(p_values, known)
        )
    found, pool = np.full(joined.shape, np.nan), case.pool
    found[pool] = posterior.believe(joined[pool], noise, case.family_of, case.given[pool], _rows(p_values, pool))
    found[case.verified] = np.eye(joined.shape[1])[case.given[case.verified]]
    return Belief(evidence=joined, posterior=found, calibration=calibration, noise=noise)


def _of(judge: np.ndarray | None, rows: np.ndarray) -> np.ndarray | None:
    return None if judge is None else judge[..., rows, :]


def _rows(values: np.ndarray | None, rows: np.ndarray) -> np.ndarray | None:
    return None if values is None else values[rows]
