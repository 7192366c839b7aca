"""The networks that are cross-fitted: one a fold, on a CPU one a process; and what sounds alike to them."""

import os
from collections.abc import Iterable, Iterator
from functools import partial

import joblib
import numpy as np
import pandas as pd

from pipeline.compute import workers
from pipeline.files.frames import Frames
from pipeline.judges.network import neighbours
from pipeline.judges.network.cross_fitting import Answer, FitAndScore, Lesson, Map
from pipeline.networks import backend, building, fitting, inference
from pipeline.networks.learner import KerasLearner
from pipeline.params.schema import Compute
from pipeline.params.training import Judge

# Of each fit, however many run at once and however many cores there are: another number gives other bytes.
THREADS = 1


def fit_and_score(features: Frames, settings: Judge, n_classes: int, *, seed: int) -> FitAndScore:
    """Return a function that fits a network and scores clips with it; see `cross_fitting.FitAndScore`.

    `settings.patches` are resolved.
    """

    def fit(lesson: Lesson) -> Answer:
        epochs = settings.epochs if lesson.start is None else settings.unverified_epochs
        recipe = settings.model_copy(update={"epochs": epochs})
        learner = KerasLearner(features, recipe, n_classes, seed=seed, name=lesson.name, start=lesson.start)
        learner.fit(1, lesson.rows, lesson.targets, lesson.doubtful)
        assert learner.weights is not None
        return Answer(learner.predict(lesson.at), learner.weights)

    return fit


def alike(
    features: Frames,
    settings: Judge,
    n_classes: int,
    judges: dict[int, list[np.ndarray]],
    rows: np.ndarray,
    groups: pd.Series,
) -> np.ndarray:
    """Return which clips sound most alike to the networks, by the activations of their last hidden layers.

    Args:
        features: of all clips.
        settings: the params' section `judges.network`, its patches resolved.
        n_classes: outputs of a network.
        judges: the weights of each fold's network.
        rows: bool (n,), the clips to hear; none is quarantined.
        groups: `clips['group']`; clips of one group are not neighbours.

    Returns:
        int32 (n, `neighbours.NEIGHBOURS`), see `neighbours.nearest`; each network has its say by the mean over a clip's
        patches. -1 throughout where not asked.
    """
    activations, shape = [], (settings.patches.n_frames, features.n_bins)
    for fold, values in judges.items():
        network = building.build(settings.network, shape, n_classes, seed=0)
        fitting.set_weights(network, values, f"the judge of fold {fold}")
        clips = (features.clip(row) if asked else None for row, asked in enumerate(rows))
        activations.append(inference.clip_outputs(inference.before_last(network), clips, settings.patches))
    return neighbours.nearest(np.concatenate(activations, axis=1), pd.factorize(groups)[0])


def side_by_side(compute: Compute, machine: backend.Machine, n_folds: int) -> Map:
    """Return what fits the networks of a round: in `compute.jobs` processes on a CPU, one after the other on a GPU.

    Small networks gain little from a second thread, and much from a second process.
    """
    processes = min(joblib.effective_n_jobs(compute.jobs), n_folds)
    if processes == 1 or machine.device == "gpu":
        return map
    return partial(_in_processes, processes=processes, precision=machine.precision)


def _in_processes(
    fit: FitAndScore, lessons: Iterable[Lesson], *, processes: int, precision: backend.Precision
) -> Iterator[Answer]:
    begin = {"initializer": workers.end_with_the_parent, "initargs": (os.getpid(),)}
    with joblib.parallel_config(backend="loky", inner_max_num_threads=THREADS, **begin):
        there = joblib.delayed(partial(_there, fit, precision))
        yield from joblib.Parallel(n_jobs=processes, return_as="generator")(there(lesson) for lesson in lessons)


def _there(fit: FitAndScore, precision: backend.Precision, lesson: Lesson) -> Answer:
    """Fit in a process that knows nothing yet."""
    backend.configure("cpu", precision, threads=THREADS)
    return fit(lesson)
