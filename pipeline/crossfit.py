"""The Keras side of `pipeline.judging`: a new network for each fold."""

import numpy as np

from pipeline.artifacts import Features
from pipeline.judging import FitAndScore
from pipeline.learner import KerasLearner
from pipeline.params import Judge, Member


def fit_and_score(features: Features, settings: Judge, n_classes: int, n_frames: int, *, seed: int) -> FitAndScore:
    """Return a function that fits a network of its own and scores clips with it; see `judging.FitAndScore`."""
    shared = {name: getattr(settings, name) for name in Judge.model_fields.keys() & Member.model_fields.keys()}
    shared |= {"rounds": 1, "fold": None}
    member = Member(**shared)

    def fit(rows: np.ndarray, targets: np.ndarray, doubtful: np.ndarray, at: np.ndarray, name: str) -> np.ndarray:
        learner = KerasLearner(features, member, n_classes, n_frames, seed=seed, name=name)
        learner.fit(1, rows, targets, doubtful)
        return learner.predict(at)

    return fit
