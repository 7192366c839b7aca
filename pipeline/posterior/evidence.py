"""What judges say of each clip's class, joined and calibrated on the verified clips.

Conventions: a judge gives float64 (n, n_classes) probabilities, and no clip's probabilities come from a judge that saw
the label of that clip, nor a verified clip's from one that saw another clip of its group: only then do verified clips
not promise more than a judge can do on the unverified ones. A NaN row: the judge says nothing of the clip.

Two kinds of judge: models that were cross-fitted over the folds; and label spreading within families, which is silent
on whether the clip is of another family's class. They are joined log-linearly, each with an exponent ("temperature")
that is fitted on the verified clips (Guo et al. 2017, "On calibration of modern neural networks"; Genest and Zidek
1986, "Combining probability distributions"), and mixed with a share of doubt, so that no evidence is stronger than the
verified clips can vouch for.
"""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit, softmax

FLOOR = 1e-4
# Of the exponents and the log-odds of doubt; a weak pull towards the judges as they are, for want of verified clips.
_PULL = 0.5


@dataclass(frozen=True)
class Calibration:
    """How judges are joined: an exponent each, float64 (n_judges,), and the share of doubt in [0, 1]."""

    exponents: np.ndarray
    doubt: float


def join(
    network: np.ndarray | None, spread: np.ndarray | None, inside: np.ndarray, calibration: Calibration
) -> np.ndarray:
    """Join what the judges say into one distribution a clip.

    Args:
        network: float64 (n, n_classes) or, of several models, (n_models, n, n_classes); None where none was asked.
        spread: float64 (n, n_classes), zero outside the clip's family, or None where it was not asked.
        inside: bool (n, n_classes), the classes of the clip's family.
        calibration: from `calibrate`, exponents in the order models, spread (those that were asked).

    Returns:
        float64 (n, n_classes), rows sum to one; a clip of which no judge says anything gets equal shares of all
        classes, or of its family's where no model was asked.
    """
    apart, _, mass = _joined(_models(network, inside), _within(spread, inside), inside, calibration.exponents)
    # Doubt is spread over what the judges can tell apart.
    flat = np.full(apart.shape, 1 / apart.shape[1]) if network is not None else apart
    return (1 - calibration.doubt) * mass + calibration.doubt * flat


def _models(network: np.ndarray | None, inside: np.ndarray) -> np.ndarray:
    """Return float64 (n_models, n, n_classes), log probabilities."""
    if network is None:
        return np.zeros((0, *inside.shape))
    return _logs(network if network.ndim == 3 else network[np.newaxis])


def _within(spread: np.ndarray | None, inside: np.ndarray) -> np.ndarray:
    """Return float64 (1 or 0, n, n_classes), log probabilities."""
    return np.zeros((0, *inside.shape)) if spread is None else _logs(spread[np.newaxis])


def _logs(probs: np.ndarray) -> np.ndarray:
    """Return log probabilities, equal ones where the judge says nothing."""
    known = np.isfinite(probs).all(axis=-1, keepdims=True)
    return np.where(known, np.log(np.clip(np.nan_to_num(probs), FLOOR, 1)), 0)


def _joined(
    models: np.ndarray, within: np.ndarray, inside: np.ndarray, exponents: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return float64 (n, n_classes) each, rows sum to one: what the models say, shares within the family, and both."""
    logs = np.einsum("m,mnk->nk", exponents[: len(models)], models)
    apart = softmax(logs if len(models) else np.where(inside, 0, -np.inf), axis=1)
    tilted = logs + np.einsum("m,mnk->nk", exponents[len(models) :], within)
    shares = softmax(np.where(inside, tilted, -np.inf), axis=1)
    # Within the family the shares change, the family's own share does not: spreading knows nothing of the others.
    own = np.where(inside, apart, 0).sum(axis=1, keepdims=True)
    return apart, shares, np.where(inside, own * shares, apart)


def calibrate(
    network: np.ndarray | None, spread: np.ndarray | None, inside: np.ndarray, label: np.ndarray, weight: np.ndarray
) -> Calibration:
    """Fit exponents and doubt to verified clips: the greatest likelihood of their labels, and a weak prior.

    Args:
        network: as in `join`, of verified clips.
        spread: as in `join`, of verified clips.
        inside: as in `join`.
        label: int (n,), their verified class, one of their family.
        weight: float64 (n,), how often each clip counts.
    """
    counts = weight > 0
    inside, label, weight = inside[counts], label[counts], weight[counts]
    models = _models(None if network is None else network[..., counts, :], inside)
    within = _within(None if spread is None else spread[counts], inside)
    judges = len(models) + len(within)
    start = np.append(np.zeros(judges), np.log(0.03 / 0.97))

    def loss(at: np.ndarray) -> tuple[float, np.ndarray]:
        value, slope = _log_likelihood(models, within, inside, label, weight, _at(at))
        return _PULL * np.square(at - start).sum() - value, 2 * _PULL * (at - start) - slope

    bounds = [(-4.0, 3.0)] * judges + [(-7.0, 1.0)]
    return _at(minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds).x)


def _log_likelihood(
    models: np.ndarray,
    within: np.ndarray,
    inside: np.ndarray,
    label: np.ndarray,
    weight: np.ndarray,
    at: Calibration,
) -> tuple[float, np.ndarray]:
    """Return the value, and its slope by the log of each exponent and the log-odds of doubt."""
    apart, shares, mass = _joined(models, within, inside, at.exponents)
    rows, hot = np.arange(len(label)), np.eye(inside.shape[1])[label]
    flat = np.full(len(label), 1 / inside.shape[1]) if len(models) else apart[rows, label]
    known = mass[rows, label]
    found = (1 - at.doubt) * known + at.doubt * flat
    steep = (weight * (1 - at.doubt) * known / found)[:, np.newaxis]
    own = np.where(inside, apart, 0)
    own /= own.sum(axis=1, keepdims=True)
    by_model = np.einsum("mnk,nk->m", models, steep * (hot - shares + own - apart))
    by_spread = np.einsum("mnk,nk->m", within, steep * (hot - shares))
    by_doubt = at.doubt * (1 - at.doubt) * (weight * (flat - known) / found).sum()
    slope = np.append(np.concatenate([by_model, by_spread]) * at.exponents, by_doubt)
    return float((weight * np.log(found)).sum()), slope


def _at(at: np.ndarray) -> Calibration:
    return Calibration(exponents=np.exp(at[:-1]), doubt=float(expit(at[-1])))
