"""From evidence to a belief in each given label: the noise model, and what is decided with it.

The given label g of an unverified clip of true class y is taken to be right with probability 1 - r, where r is the
noise rate of the group of y; else it is another class of that group or, with probability `elsewhere`, any other class
at all, each as likely. With the evidence p(y | sound), from judges that did not see g, Bayes' rule gives

    p(y | sound, g) proportional to p(y | sound) * p(g | y)

and the rates are those under which the given labels are likeliest (Dawid and Skene 1979, "Maximum likelihood
estimation of observer error-rates using the EM algorithm", with the sound as the other observer; here by gradient,
since where the evidence says little, EM stops near where it starts). The expected share of wrong labels and the
precision of any set of labels follow by averaging the posterior: no truth is needed.

What this assumes: verified clips sound like unverified ones of the same class; wrong labels do not depend on the
sound beyond its class. A clip of no class at all is outside the model: it counts as wrong where the evidence spreads
away from its label.
"""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit, log_expit, logit

# As if six labels had been seen beforehand, a quarter of them wrong: where evidence is scarce or says little, the rate
# is not to run to nought or one.
_PRIOR_WRONG, _PRIOR_RIGHT = 1.5, 4.5
_PRIOR_ELSEWHERE, _PRIOR_WITHIN = 1.0, 4.0
_START = 0.2


@dataclass(frozen=True)
class Noise:
    """Estimated noise: `rate` float64 (n_groups,), and which share of the wrong labels may come from any group."""

    rate: np.ndarray
    elsewhere: float


def likelihood(noise: Noise, group_of: np.ndarray, given: np.ndarray) -> np.ndarray:
    """Return float64 (n, n_classes): how likely each class is to be given the label that the clip has.

    Args:
        noise: the rates.
        group_of: int (n_classes,), group of each class.
        given: int (n,), class of the given label; -1: none, every class as likely.
    """
    right, within, anywhere = _parts(group_of, given)
    rate = noise.rate[group_of][np.newaxis, :]
    wrong = (1 - noise.elsewhere) * within + noise.elsewhere * anywhere
    found: np.ndarray = (1 - rate) * right + rate * wrong
    found[given < 0] = 1.0
    return found


def _parts(group_of: np.ndarray, given: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return p(g | y) for three ways to come by a label: right, wrong within the group, wrong anywhere; (n, k) each."""
    k = len(group_of)
    right = np.eye(k)[given]
    same = (group_of[given][:, np.newaxis] == group_of[np.newaxis, :]) & (right == 0)
    others = np.array([(group_of == group).sum() - 1 for group in group_of])
    within = np.where(same, 1 / np.maximum(others, 1), 0.0)
    # A class alone in its group can only be mistaken for those of other groups.
    anywhere = np.where(right == 0, 1 / max(k - 1, 1), 0.0)
    within = np.where(others[np.newaxis, :] == 0, anywhere, within)
    return right, within, anywhere


def estimate_noise(
    evidence: np.ndarray,
    group_of: np.ndarray,
    given: np.ndarray,
    weight: np.ndarray,
    random: np.random.Generator | None = None,
) -> Noise:
    """Find the rates under which the given labels of unverified clips are likeliest.

    Args:
        evidence: float64 (n, n_classes), p(y | sound), rows sum to one.
        group_of: int (n_classes,).
        given: int (n,), no -1.
        weight: float64 (n,), how often each clip counts.
        random: draws rates as likely as the labels leave them (normal in the log-odds, "Laplace's approximation"),
            so that labels which say nothing of the rates give any.
    """
    groups = np.eye(int(group_of.max()) + 1)[group_of]
    # Of a clip all that counts is how likely each way to come by its label is, for the classes of each group together.
    right, within, anywhere = ((evidence * part) @ groups for part in _parts(group_of, given))
    wrong = np.append(np.full(groups.shape[1], _PRIOR_WRONG), _PRIOR_ELSEWHERE)
    prior = wrong + np.append(np.full(groups.shape[1], _PRIOR_RIGHT), _PRIOR_WITHIN)

    def slopes(at: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        share = expit(at)
        rate, elsewhere = share[:-1], share[-1]
        astray = within + elsewhere * (anywhere - within)
        found = np.maximum(right @ (1 - rate) + astray @ rate, np.finfo(np.float64).tiny)
        change = np.column_stack([astray - right, (anywhere - within) @ rate]) * share * (1 - share)
        return found, change / found[:, np.newaxis]

    def loss(at: np.ndarray) -> tuple[float, np.ndarray]:
        found, slope = slopes(at)
        before = wrong @ log_expit(at) + (prior - wrong) @ log_expit(-at)
        return -weight @ np.log(found) - before, prior * expit(at) - wrong - weight @ slope

    at = minimize(loss, np.full(len(prior), logit(_START)), jac=True, method="L-BFGS-B").x
    if random is not None:
        slope = slopes(at)[1]
        precision = (slope.T * weight) @ slope + np.diag(prior * expit(at) * expit(-at))
        at = random.multivariate_normal(at, np.linalg.inv(precision), method="cholesky")
    return Noise(rate=expit(at[:-1]), elsewhere=float(expit(at[-1])))


def believe(evidence: np.ndarray, noise: Noise, group_of: np.ndarray, given: np.ndarray) -> np.ndarray:
    """Return float64 (n, n_classes), rows sum to one: p(y | sound, g); arguments as above, `given` may be -1."""
    joint = evidence * likelihood(noise, group_of, given)
    total: np.ndarray = joint.sum(axis=1, keepdims=True)
    return joint / total


def promote(belief: np.ndarray, precision: float) -> np.ndarray:
    """Choose the most clips whose given labels are expected to be right to the share `precision`.

    Args:
        belief: float64 (n,), probability of each given label.
        precision: in [0, 1].

    Returns:
        bool (n,): the surest clips, as many as keep the mean of their beliefs at `precision` or above; equal beliefs
        are taken together or not at all, and none of one half or less.
    """
    order = np.argsort(-belief, kind="stable")
    ordered = belief[order]
    mean = np.cumsum(ordered) / np.arange(1, len(ordered) + 1)
    last = np.append(ordered[1:] < ordered[:-1], True)
    enough = np.flatnonzero((mean >= precision) & last & (ordered > 0.5))
    taken = np.zeros(len(belief), dtype=bool)
    if enough.size:
        taken[order[: enough[-1] + 1]] = True
    return taken
