"""A judge that costs next to nothing: logistic regression on what a clip's frames are on average.

Conventions: as `pipeline.judging` has it, each clip is scored by a model that was fitted to the verified clips of the
other folds. It is far from a network on most sounds, but errs in other ways, so that the two together say more than
either (stacking; Wolpert, "Stacked generalization", 1992).
"""

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

from pipeline.artifacts import Features
from pipeline.judging import Roles, silent_where_unheard


def summaries(features: Features) -> np.ndarray:
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
    """Score every training clip by a model of the verified clips of the other folds.

    Args:
        x: float64 (n, d), from `summaries`.
        roles: what each clip does.
        n_classes: columns of the result.
        strength: inverse of the regularisation (scikit-learn's `C`).

    Returns:
        float32 (n, n_classes), NaN where not judged.
    """
    probs = np.full((len(x), n_classes), np.nan, np.float32)
    for fold in roles.folds:
        known, at = roles.verified & (roles.fold != fold), roles.train & (roles.fold == fold)
        model = make_pipeline(StandardScaler(), LogisticRegression(C=strength, max_iter=2000))
        # On few rows the threads of the linear algebra wait for each other more than they compute.
        with threadpool_limits(1):
            said = model.fit(x[known], roles.given[known]).predict_proba(x[at])
        wide = np.zeros((len(said), n_classes))
        wide[:, model.classes_] = said
        probs[at] = silent_where_unheard(wide, roles.heard(fold, n_classes))
    return probs
