"""Other people's methods for half-trusted labels, on features that nothing has to be trained for.

Conventions: `x` is float64 (n, d), finite, the training clips alone; `given` int (n,), the class of each given label;
`verified` bool (n,), at least one clip a class, so that there are `given.max() + 1` classes. Verified labels count as
right for every method, also where the method itself knows no such thing. The classifier is the same for all:
multinomial logistic regression on standardised features.

Sources: Zhou et al., "Learning with local and global consistency" (NIPS 2003); Yarowsky, "Unsupervised word sense
disambiguation rivaling supervised methods" (ACL 1995), as scikit-learn's `SelfTrainingClassifier`; Northcutt, Jiang
and Chuang, "Confident learning: estimating uncertainty in dataset labels" (JAIR 2021), as cleanlab has it.
"""

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score, roc_auc_score
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.semi_supervised import LabelSpreading, SelfTrainingClassifier
from threadpoolctl import threadpool_limits

from pipeline.seeding import derive

# Tried: 0.003, 0.01, 0.03, 0.1, 0.3 on ESC-10 and the demo (data seed 0, three draws of noise each). Here cleanlab and
# the oracle had their best mean test accuracy, and self-training was within a point of its own best (0.1).
STRENGTH = 0.03
# Soft targets below this add a row to the fit, and nothing else.
NEGLIGIBLE = 1e-4
_Function = TypeVar("_Function", bound=Callable[..., Any])


def _one_thread(function: _Function) -> _Function:
    """Let `function` calculate on one thread: on a busy machine many took forty times as long for so little."""
    return threadpool_limits.wrap(limits=1)(function)


@dataclass(frozen=True)
class Peer:
    """What a method makes of n training clips and, if it classifies, of m test clips.

    Attributes:
        keep: bool (n,), whose given label it trusts; all verified clips among them.
        score: float64 (n,), how much it trusts each given label; compared among the unverified.
        labels: int (n,), the label it would train on, the given one where verified; -1: none.
        test_probs: float64 (m, n_classes), or None.
    """

    keep: np.ndarray
    score: np.ndarray
    labels: np.ndarray
    test_probs: np.ndarray | None = None


def classifier() -> Pipeline:
    """Return the untrained classifier that all methods share."""
    return make_pipeline(StandardScaler(), LogisticRegression(C=STRENGTH, max_iter=2000))


@_one_thread
def _fit_predict(x: np.ndarray, y: np.ndarray, weights: np.ndarray, x_test: np.ndarray, n_classes: int) -> np.ndarray:
    model = classifier()
    model.fit(x, y, standardscaler__sample_weight=weights, logisticregression__sample_weight=weights)
    return _all_columns(model.predict_proba(x_test), model.classes_, n_classes)


def _all_columns(probs: np.ndarray, classes: np.ndarray, n_classes: int) -> np.ndarray:
    """Give each class its column: one without a clip to train on has probability nought."""
    wide = np.zeros((len(probs), n_classes))
    wide[:, classes] = probs
    return wide


def logistic(
    x_train: np.ndarray, targets: np.ndarray, weights: np.ndarray, x_test: np.ndarray, *, n_classes: int
) -> np.ndarray:
    """Train the classifier on labels that may be soft.

    Args:
        x_train: float64 (n, d).
        targets: int (n,), -1 for a clip that is left out; or float (n, n_classes), a clip then counting once for each
            class, as much as the class is likely; a row of NaN is left out.
        weights: float (n,), how much each clip counts; 0: left out.
        x_test: float64 (m, d).
        n_classes: columns of the result.

    Returns:
        float64 (m, n_classes), rows sum to one.
    """
    if targets.ndim == 1:
        shares = np.zeros((len(targets), n_classes))
        known = np.flatnonzero(targets >= 0)
        shares[known, targets[known]] = 1
    else:
        shares = np.nan_to_num(targets.astype(np.float64), nan=0.0)
    shares = np.where(shares < NEGLIGIBLE, 0, shares) * np.asarray(weights, dtype=np.float64)[:, np.newaxis]
    rows, columns = np.nonzero(shares)
    return _fit_predict(x_train[rows], columns, shares[rows, columns], x_test, n_classes)


@_one_thread
def spreading_report(x: np.ndarray, given: np.ndarray, verified: np.ndarray, family_of: np.ndarray) -> Peer:
    """Spread labels as the report did: scikit-learn's defaults but for rbf γ=20 and α=0.2, on `x` as it is.

    Each family is spread alone. Where no label reaches a clip scikit-learn answers the first class of the family, and
    so does this: that is the method.

    Args:
        x: float64 (n, d).
        given: int (n,).
        verified: bool (n,).
        family_of: int (n_classes,), the family of each class.
    """
    labels = np.where(verified, given, -1)
    score = np.zeros(len(x))
    for family in np.unique(family_of):
        rows = np.flatnonzero(family_of[given] == family)
        if not verified[rows].any():
            continue
        model = LabelSpreading(kernel="rbf", gamma=20, alpha=0.2, max_iter=100_000, tol=0.001)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            model.fit(x[rows], np.where(verified[rows], given[rows], -1))
        shares = _all_columns(model.label_distributions_, model.classes_, len(family_of))
        score[rows] = shares[np.arange(len(rows)), given[rows]]
        labels[rows] = np.where(verified[rows], given[rows], model.transduction_)
    return Peer(keep=labels == given, score=score, labels=labels)


@_one_thread
def self_training(x_train: np.ndarray, given: np.ndarray, verified: np.ndarray, x_test: np.ndarray) -> Peer:
    """Train on the verified clips and then on what the classifier is sure of; given labels are not looked at.

    scikit-learn's defaults: clips of probability above 0.75 are taken, in at most ten rounds. `keep` is where the
    label so found is the given one.
    """
    model = SelfTrainingClassifier(classifier())
    model.fit(x_train, np.where(verified, given, -1))
    found = np.where(verified, given, model.transduction_)
    score = model.predict_proba(x_train)[np.arange(len(given)), given]
    return Peer(keep=found == given, score=score, labels=found, test_probs=model.predict_proba(x_test))


def find_label_issues(probs: np.ndarray, given: np.ndarray, verified: np.ndarray) -> Peer:
    """Let cleanlab find the labels that are at odds with out-of-fold probabilities.

    Args:
        probs: float64 (n, n_classes), rows sum to one, each from a model that did not see the clip.
        given: int (n,).
        verified: bool (n,), never flagged.
    """
    from cleanlab import filter as cleanlab_filter
    from cleanlab import rank

    flagged = cleanlab_filter.find_label_issues(given, probs, n_jobs=1)
    keep = verified | ~flagged
    score = rank.get_label_quality_scores(given, probs)
    return Peer(keep=keep, score=score, labels=np.where(keep, given, -1))


@_one_thread
def clean_learning(
    x_train: np.ndarray, given: np.ndarray, verified: np.ndarray, x_test: np.ndarray, *, seed: int
) -> Peer:
    """Let cleanlab find the wrong labels by its own cross-validation and train on the rest.

    Of what it flags, verified clips are put back before it trains. `seed` is of its folds, which are not grouped by
    source.
    """
    from cleanlab.classification import CleanLearning

    model = CleanLearning(classifier(), seed=derive(seed, "clean learning"), find_label_issues_kwargs={"n_jobs": 1})
    issues = model.find_label_issues(x_train, given)
    keep = verified | ~issues["is_label_issue"].to_numpy(bool)
    model.fit(x_train, given, label_issues=issues.assign(is_label_issue=~keep))
    return Peer(
        keep=keep,
        score=issues["label_quality"].to_numpy(np.float64),
        labels=np.where(keep, given, -1),
        test_probs=model.predict_proba(x_test),
    )


def judge_scores(
    score: np.ndarray, keep: np.ndarray, given: np.ndarray, truth: np.ndarray, mask: np.ndarray
) -> dict[str, float]:
    """Score a judge of given labels by the truth.

    Args:
        score: float (n,), how much each given label is trusted; NaN (nothing is known) ranks below all others.
        keep: bool (n,), labels that the judge takes for right.
        given: int (n,).
        truth: int (n,), -1 where no class is right.
        mask: bool (n,), the clips that count: unverified training clips.

    Returns:
        `precision` (right among the kept), `recall` (kept among the right), `auroc` and `average_precision` of the
        score for "is this given label right", `noise_true` (share of wrong labels), `outside_true` (share of clips of
        no class, part of it); NaN where there is nothing to divide by, or where all labels are right or all wrong.
    """
    right, kept = (given == truth)[mask], keep[mask]
    ranked = score[mask].astype(np.float64)
    known = np.isfinite(ranked)
    ranked[~known] = ranked[known].min() - 1 if known.any() else 0.0
    both = 0 < right.sum() < right.size
    return {
        "precision": float(right[kept].mean()) if kept.any() else float("nan"),
        "recall": float(kept[right].mean()) if right.any() else float("nan"),
        "auroc": float(roc_auc_score(right, ranked)) if both else float("nan"),
        "average_precision": float(average_precision_score(right, ranked)) if both else float("nan"),
        "noise_true": float(1 - right.mean()) if right.size else float("nan"),
        "outside_true": float((truth < 0)[mask].mean()) if right.size else float("nan"),
    }
