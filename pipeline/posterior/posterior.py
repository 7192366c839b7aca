"""From evidence to a belief in each given label: the noise model, and what is decided with it.

The given label g of an unverified clip of true class y is taken to be right with probability 1 - r, where r is the
noise rate of the family of y; else it is another class of that family or, with probability `elsewhere`, any other class
at all, each as likely. With the evidence p(y | sound), from judges that did not see g, Bayes' rule gives

    p(y | sound, g) proportional to p(y | sound) * p(g | y)

A share `outside` of the clips may be of no class at all, whatever their label, each as likely. The judges cannot tell
these, but `pipeline.posterior.novelty` says how strange each clip sounds: its p-values are uniform for clips of the
classes and follow a falling beta distribution for the others. What is believed of a clip then sums to less than one:
the rest is the probability that it is of no class.

`pipeline.posterior.noise_rates` finds the rates under which labels and p-values are likeliest. The expected share of
wrong labels and the precision of any set of labels follow by averaging the posterior: no truth is needed.

What this assumes: verified clips sound like unverified ones of the same class; wrong labels do not depend on the
sound beyond its class. Without p-values, a clip of no class counts as wrong only where the evidence spreads away from
its label.
"""

from dataclasses import dataclass

import numpy as np

from pipeline.posterior import novelty


@dataclass(frozen=True)
class Noise:
    """Estimated noise.

    Attributes:
        rate: float64 (n_families,), share of wrong labels among the clips of the classes.
        elsewhere: which share of the wrong labels may come from any family.
        outside: share of the clips that are of no class.
        form: `a` and `b` of the beta distribution of their p-values.
    """

    rate: np.ndarray
    elsewhere: float
    outside: float = 0.0
    form: tuple[float, float] = (1.0, 1.0)


def likelihood(noise: Noise, family_of: np.ndarray, given: np.ndarray) -> np.ndarray:
    """Return float64 (n, n_classes): how likely each class is to be given the label that the clip has.

    Args:
        noise: the rates.
        family_of: int (n_classes,), family of each class.
        given: int (n,), class of the given label; -1: none, every class as likely.
    """
    right, within, anywhere = ways(family_of, given)
    rate = noise.rate[family_of][np.newaxis, :]
    wrong = (1 - noise.elsewhere) * within + noise.elsewhere * anywhere
    found: np.ndarray = (1 - rate) * right + rate * wrong
    found[given < 0] = 1.0
    return found


def ways(family_of: np.ndarray, given: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return p(g | y) for three ways to come by a label: right, wrong within the family, wrong anywhere; (n, k) each.

    Arguments as above.
    """
    k = len(family_of)
    right = np.eye(k)[given]
    same = (family_of[given][:, np.newaxis] == family_of[np.newaxis, :]) & (right == 0)
    others = np.array([(family_of == family).sum() - 1 for family in family_of])
    within = np.where(same, 1 / np.maximum(others, 1), 0.0)
    # A class alone in its family can only be mistaken for those of other families.
    anywhere = np.where(right == 0, 1 / max(k - 1, 1), 0.0)
    within = np.where(others[np.newaxis, :] == 0, anywhere, within)
    return right, within, anywhere


def believe(
    evidence: np.ndarray, noise: Noise, family_of: np.ndarray, given: np.ndarray, p_values: np.ndarray | None = None
) -> np.ndarray:
    """Say how likely each clip is to be of each class, its sound and its label considered.

    Args:
        evidence: float64 (n, n_classes), p(y | sound), rows sum to one.
        noise: from `noise_rates.estimate_noise`.
        family_of: int (n_classes,).
        given: int (n,), may be -1.
        p_values: float64 (n,), how strange each clip sounds, NaN: not known; None: no clip is of no class.

    Returns:
        float64 (n, n_classes), p(y | sound, g); what a row lacks of one is the probability of no class.
    """
    joint = (1 - noise.outside) * evidence * likelihood(noise, family_of, given)
    total: np.ndarray = joint.sum(axis=1, keepdims=True)
    if p_values is not None:
        label = np.where(given < 0, 1.0, 1 / len(family_of))
        total = total + (noise.outside * novelty.density(p_values, *noise.form)[0] * label)[:, np.newaxis]
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
