"""A judge that costs next to nothing: logistic regression on what a clip's frames are on average.

Conventions: one model a fold, which judges the clips of that fold, in two rounds: it is fitted to the verified clips of
the other folds and, in round 2, to what is believed of the unverified ones there. A belief joins the answer of round 1
with the clip's given label, by `pipeline.posterior.posterior` with all classes in one group, so that judges do not
depend on the grouping; rates and calibration are found on the other folds alone, so that no given label of an
unverified clip ever reaches the model that judges it. The judge is far from a network on most sounds, but errs in other
ways, so that the two together say more than either (stacking; Wolpert, "Stacked generalization", 1992).
"""

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

from pipeline.files.frames import Frames
from pipeline.judges.roles import Roles, silent_where_unheard
from pipeline.posterior import evidence, noise_rates, posterior

# A class that is less likely than this is left out of a soft target: it would only cost time.
NEGLIGIBLE = 1e-3
ROUNDS = 2


def summaries(features: Frames) -> np.ndarray:
    """Return float64 (n_clips, 5 * n_bins): of each bin mean, deviation and greatest value over time, and the same of
    the step from frame to frame but its greatest value. A quarantined clip has a row of NaN.
    """
    return np.stack([_summary(features.clip(row).astype(np.float64)) for row in range(len(features.index))])


def _summary(frames: np.ndarray) -> np.ndarray:
    if not len(frames):
        return np.full(5 * frames.shape[1], np.nan)
    steps = np.diff(frames, axis=0) if len(frames) > 1 else np.zeros_like(frames)
    parts = [frames.mean(axis=0), frames.std(axis=0), frames.max(axis=0), steps.mean(axis=0), steps.std(axis=0)]
    return np.concatenate(parts)


def judge(x: np.ndarray, roles: Roles, n_classes: int, strength: float) -> np.ndarray:
    """Score every training clip by a model that saw nothing of its fold.

    Args:
        x: float64 (n, d), from `summaries`.
        roles: what each clip does.
        n_classes: columns of the result.
        strength: inverse of the regularisation (scikit-learn's `C`).

    Returns:
        float32 (n, n_classes), NaN where not judged.
    """
    before: np.ndarray | None = None
    for _ in range(ROUNDS):
        probs = np.full((len(x), n_classes), np.nan, np.float32)
        for fold in roles.folds:
            at = roles.train & (roles.fold == fold)
            rows, targets = _material(roles, n_classes, fold, before)
            said = _fit_and_score(x[rows], targets, x[at], strength)
            probs[at] = silent_where_unheard(said, roles.knows(fold, n_classes))
        before = probs
    return probs


def _material(roles: Roles, n_classes: int, fold: int, before: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
    """Return int (k,), the rows that the model of `fold` is fitted to, and float64 (k, n_classes), their targets."""
    rows = roles.shown(fold)
    targets = np.eye(n_classes)[roles.given[rows]]
    if before is None:
        return rows, targets
    pool = np.flatnonzero(roles.train & (roles.fold != fold) & ~roles.verified & (roles.given >= 0))
    return np.concatenate([rows, pool]), np.concatenate([targets, _beliefs(roles, before, rows, pool)])


def _beliefs(roles: Roles, before: np.ndarray, verified: np.ndarray, pool: np.ndarray) -> np.ndarray:
    n_classes = before.shape[1]
    one_group = np.zeros(n_classes, int)

    def inside(rows: np.ndarray) -> np.ndarray:
        return np.ones((len(rows), n_classes), bool)

    known = before[verified].astype(np.float64)
    fitted = evidence.calibrate(known, None, inside(verified), roles.given[verified], np.ones(len(known)))
    told = evidence.join(before[pool].astype(np.float64), None, inside(pool), fitted)
    noise = noise_rates.estimate_noise(told, one_group, roles.given[pool], np.ones(len(told)))
    return posterior.believe(told, noise, one_group, roles.given[pool])


def _fit_and_score(x: np.ndarray, targets: np.ndarray, at: np.ndarray, strength: float) -> np.ndarray:
    """Fit to soft targets: a clip counts once for each class, as much as the class is likely."""
    shares = np.where(targets < NEGLIGIBLE, 0, targets)
    row, column = np.nonzero(shares)
    scaler, model = StandardScaler().fit(x), LogisticRegression(C=strength, max_iter=2000)
    # On few rows the threads of the linear algebra wait for each other more than they compute.
    with threadpool_limits(1):
        model.fit(scaler.transform(x)[row], column, sample_weight=shares[row, column])
        said = model.predict_proba(scaler.transform(at))
    wide = np.zeros((len(at), targets.shape[1]))
    wide[:, model.classes_] = said
    return wide
