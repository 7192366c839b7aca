"""The Keras side of `pipeline.judging`: a new network for each fold, on a CPU one a process."""

import itertools
import os
from collections.abc import Iterable, Iterator
from functools import partial
from typing import Any

import joblib
import numpy as np

from pipeline import backend
from pipeline.artifacts import Features
from pipeline.judging import FitAndScore, Starmap
from pipeline.learner import KerasLearner
from pipeline.params import Compute, Judge, Member


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


def side_by_side(compute: Compute, machine: backend.Machine, n_folds: int) -> Starmap:
    """Return what fits the networks of a round: in `compute.jobs` processes on a CPU, one after the other on a GPU.

    Small networks gain little from a second thread, and much from a second process. The threads that each process
    gets depend on the machine and on `n_folds`, not on how many networks are left, so that a run that was cut off
    ends as an undisturbed one.
    """
    processes = min(joblib.effective_n_jobs(compute.jobs), n_folds)
    if processes == 1 or machine.device == "gpu":
        return itertools.starmap
    threads = max(1, (os.cpu_count() or 1) // processes)
    return partial(_in_processes, processes=processes, threads=threads, precision=machine.precision)


def _in_processes(
    fit: FitAndScore, calls: Iterable[tuple[Any, ...]], *, processes: int, threads: int, precision: backend.Precision
) -> Iterator[np.ndarray]:
    with joblib.parallel_config(backend="loky", inner_max_num_threads=threads):
        there = joblib.delayed(partial(_there, fit, threads, precision))
        yield from joblib.Parallel(n_jobs=processes, return_as="generator")(there(*call) for call in calls)


def _there(fit: FitAndScore, threads: int, precision: backend.Precision, *call: Any) -> np.ndarray:
    """Fit in a process that knows nothing yet."""
    backend.configure("cpu", precision, threads=threads)
    return fit(*call)
