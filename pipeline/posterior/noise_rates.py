"""Noise rates: those under which the labels, and how strange clips sound, are likeliest.

After Dawid and Skene 1979, "Maximum likelihood estimation of observer error-rates using the EM algorithm", with the
sound as the other observer; here by gradient, since where the evidence says little, EM stops near where it starts.

Conventions: rates are searched for as log-odds. A point `at` holds those of the families' rates and of `elsewhere`;
where clips may be of no class, also that of `outside`, the log-odds of `a` and the logarithm of `b` - 1.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit, log_expit, logit

from pipeline.posterior import novelty
from pipeline.posterior.posterior import Noise, ways

# As if six labels had been seen beforehand, a quarter of them wrong: where evidence is scarce or says little, the rate
# is not to run to nought or one.
_PRIOR_WRONG, _PRIOR_RIGHT = 1.5, 4.5
_PRIOR_ELSEWHERE, _PRIOR_WITHIN = 1.0, 4.0
# As if ten clips had been heard, one of them of no class.
_PRIOR_OUTSIDE, _PRIOR_INSIDE = 1.0, 9.0
# Of `a` and `b`, as they are searched for: they fall steeply, but not to nothing.
_FORM, _FORM_DEVIATION = np.array([-0.5, 2.0]), np.array([1.0, 0.5])
_START = 0.2


def estimate_noise(
    evidence: np.ndarray,
    family_of: np.ndarray,
    given: np.ndarray,
    weight: np.ndarray,
    random: np.random.Generator | None = None,
    p_values: np.ndarray | None = None,
) -> Noise:
    """Find the rates under which the given labels of unverified clips are likeliest.

    Args:
        evidence: float64 (n, n_classes), p(y | sound), rows sum to one.
        family_of: int (n_classes,).
        given: int (n,), no -1.
        weight: float64 (n,), how often each clip counts.
        random: draws rates as likely as the labels leave them (normal in the log-odds, "Laplace's approximation"),
            so that labels which say nothing of the rates give any.
        p_values: float64 (n,), how strange each clip sounds, NaN: not known; None: no clip is of no class.
    """
    families = np.eye(int(family_of.max()) + 1)[family_of]
    # Of a clip all that counts is how likely each way to come by its label is, for the classes of each family together.
    right, within, anywhere = ((evidence * part) @ families for part in ways(family_of, given))
    labels = _Labels(right, within, anywhere, len(family_of), p_values)
    prior = _Prior(families.shape[1], p_values is not None)

    def loss(at: np.ndarray) -> tuple[float, np.ndarray]:
        found, slope = labels.told(at)
        return -weight @ np.log(found) - prior.value(at), -weight @ slope - prior.slope(at)

    at = minimize(loss, prior.start, jac=True, method="L-BFGS-B").x
    if random is not None:
        slope = labels.told(at)[1]
        precision = (slope.T * weight) @ slope + np.diag(prior.curvature(at))
        at = random.multivariate_normal(at, np.linalg.inv(precision), method="cholesky")
    return labels.noise(at)


@dataclass(frozen=True)
class _Labels:
    """What is known of the labels of n clips.

    `right`, `within`, `anywhere`: float64 (n, n_families), how likely each way to come by the label is.
    """

    right: np.ndarray
    within: np.ndarray
    anywhere: np.ndarray
    n_classes: int
    p_values: np.ndarray | None

    def noise(self, at: np.ndarray) -> Noise:
        m = self.right.shape[1]
        share = expit(at[: m + 2])
        if self.p_values is None:
            return Noise(rate=share[:m], elsewhere=float(share[m]))
        form = (float(expit(at[m + 2])), float(1 + np.exp(at[m + 3])))
        return Noise(rate=share[:m], elsewhere=float(share[m]), outside=float(share[m + 1]), form=form)

    def told(self, at: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return how likely each label (and p-value) is, (n,), and the slopes of its logarithm, (n, len(at))."""
        noise = self.noise(at)
        found, change = self._of_the_classes(noise)
        if self.p_values is not None:
            found, change = self._of_all(noise, found, change)
        found = np.maximum(found, np.finfo(np.float64).tiny)
        return found, change / found[:, np.newaxis]

    def _of_the_classes(self, noise: Noise) -> tuple[np.ndarray, np.ndarray]:
        rate, elsewhere = noise.rate, noise.elsewhere
        astray = self.within + elsewhere * (self.anywhere - self.within)
        by_rate = (astray - self.right) * rate * (1 - rate)
        by_elsewhere = (self.anywhere - self.within) @ rate * elsewhere * (1 - elsewhere)
        return self.right @ (1 - rate) + astray @ rate, np.column_stack([by_rate, by_elsewhere])

    def _of_all(self, noise: Noise, found: np.ndarray, change: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        assert self.p_values is not None
        outside, (a, b) = noise.outside, noise.form
        strange, by_a, by_b = novelty.density(self.p_values, a, b)
        strange = strange / self.n_classes
        by_outside = outside * (1 - outside) * (strange - found)
        by_form = [outside * strange * by_a * a * (1 - a), outside * strange * by_b * (b - 1)]
        return (1 - outside) * found + outside * strange, np.column_stack(
            [(1 - outside) * change, by_outside, *by_form]
        )


class _Prior:
    """What was believed of the rates before: as if labels had been seen, and of the form a normal distribution."""

    def __init__(self, n_families: int, open_set: bool) -> None:
        odds = [(_PRIOR_WRONG, _PRIOR_RIGHT)] * n_families + [(_PRIOR_ELSEWHERE, _PRIOR_WITHIN)]
        self._for, self._against = np.array(odds + [(_PRIOR_OUTSIDE, _PRIOR_INSIDE)] * open_set).T
        kept = slice(None if open_set else 0)
        self._centre, self._deviation = _FORM[kept], _FORM_DEVIATION[kept]

    @cached_property
    def start(self) -> np.ndarray:
        return np.append(np.full(len(self._for), logit(_START)), self._centre)

    def _parts(self, at: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return at[: len(self._for)], (at[len(self._for) :] - self._centre) / self._deviation

    def value(self, at: np.ndarray) -> float:
        odds, away = self._parts(at)
        return float(self._for @ log_expit(odds) + self._against @ log_expit(-odds) - away @ away / 2)

    def slope(self, at: np.ndarray) -> np.ndarray:
        odds, away = self._parts(at)
        return np.append(self._for - (self._for + self._against) * expit(odds), -away / self._deviation)

    def curvature(self, at: np.ndarray) -> np.ndarray:
        odds, _ = self._parts(at)
        return np.append((self._for + self._against) * expit(odds) * expit(-odds), self._deviation**-2)
