"""Sounds of no class of the data set ("open-set" noise): which unverified clips keep no company of verified ones.

Judges know their classes alone and take every sound for one of them, often for sure: how sure they are does not tell a
sound of no class. Its neighbours do. What a network hears in clips (the activations of its last hidden layer) lies
close together for clips that sound alike; among clips of a class the verified ones are strewn evenly, while sounds of
no class have neighbours of their own kind, of which nobody verified any. So the share of unverified clips among a
clip's neighbours ranks clips by how strange they are, as a classifier of unverified against verified clips does (Elkan
and Noto 2008, "Learning classifiers from only positive and unlabeled data").

How strange is strange is told by the verified clips, none of which is strange: the p-value of a clip is the share of
verified ones that are at least as strange (conformal p-values: Bates et al. 2023, "Testing for outliers with conformal
p-values"; with such a score, Marandon et al. 2024, "Adaptive novelty detection with false discovery rate guarantee").
Where a class has more verified clips than another for its size, each stands for fewer unverified ones, in the shares
and in the p-values. Among clips of the classes p-values are uniform; among the others they are small, and follow a
beta distribution that falls (Pounds and Morris 2003, "Estimating the occurrence of false positives and false negatives
in microarray studies by approximating and partitioning the empirical distribution of p-values", with a tail that ends).
`pipeline.posterior.noise_rates` finds its form and how many clips follow it, along with the noise of the labels.

What this assumes: verified clips are strewn among the unverified ones of their class. A kind of sound within a class of
which nobody verified any looks strange, and a sound of no class that is like nothing else in the data set does not
look stranger than its neighbours.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import betaln, digamma


@dataclass(frozen=True)
class Strangeness:
    """How strange clips are beside verified ones of as many classes as the unverified ones have.

    Attributes:
        score: float64 (n,), share of unverified clips among a clip's neighbours; NaN: not known.
        stands_for: float64 (n,), how many unverified clips a verified one stands for; 0 for the others.
    """

    score: np.ndarray
    stands_for: np.ndarray

    def p_values(self, weight: np.ndarray) -> np.ndarray:
        """Return float64 (n,), in (0, 1): the share of verified clips that are at least as strange; NaN: not known.

        Those that are just as strange count half. `weight`: float64 (n,), how often each clip counts.
        """
        counts = np.where(np.isfinite(self.score), self.stands_for * weight, 0)
        null = np.flatnonzero(counts > 0)
        if not null.size:
            return np.full(len(self.score), np.nan)
        order = null[np.argsort(self.score[null], kind="stable")]
        above = np.append(np.cumsum(counts[order][::-1])[::-1], 0)
        at_least, more = (above[np.searchsorted(self.score[order], self.score, side)] for side in ("left", "right"))
        # The clip itself would be one of them, so that no p-value is 0 or 1.
        itself = counts[null].mean()
        p: np.ndarray = (at_least + more + itself) / (2 * (above[0] + itself))
        return np.where(np.isfinite(self.score), p, np.nan)


def strangeness(near: np.ndarray, given: np.ndarray, train: np.ndarray, verified: np.ndarray) -> Strangeness:
    """Compare each clip's neighbours with what they would be if all clips were of the classes.

    Args:
        near: int (n, k), from `neighbours.nearest`.
        given: int (n,), class of the given label, -1 where there is none.
        train: bool (n,), training clips.
        verified: bool (n,), the verified ones among them.
    """
    unverified = train & ~verified
    n_classes = int(given.max(initial=0)) + 1
    # As if one more of each had been seen: a class may have no unverified clip.
    per_class = [np.bincount(given[rows & (given >= 0)], minlength=n_classes) + 1 for rows in (unverified, verified)]
    stands_for = np.where(verified, (per_class[0] / per_class[1])[given], 0.0)
    there = near >= 0
    strange, usual = (np.where(there, part[near], 0).sum(axis=1) for part in (unverified, stands_for))
    total = strange + usual
    score = np.divide(strange, total, out=np.full(len(near), np.nan), where=total > 0)
    return Strangeness(score=score, stands_for=stands_for)


def density(p: np.ndarray, a: float, b: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the density of the p-values of sounds of no class, and the slopes of its logarithm by `a` and by `b`.

    Args:
        p: float64 (n,), in (0, 1), NaN: not known, which is as likely of either.
        a: first parameter of the beta distribution, below 1.
        b: its second, above 1, so that it falls.
    """
    known = np.isfinite(p)
    inside = np.where(known, p, 0.5)
    log, rest = np.log(inside), np.log1p(-inside)
    value = np.exp((a - 1) * log + (b - 1) * rest - betaln(a, b))
    both = digamma(a + b)
    slopes = (log - digamma(a) + both, rest - digamma(b) + both)
    return np.where(known, value, 1.0), np.where(known, slopes[0], 0.0), np.where(known, slopes[1], 0.0)
