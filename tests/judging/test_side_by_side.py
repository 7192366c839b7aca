"""Networks fitted in several processes are those that one process fits, in the same order."""

import itertools
import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pipeline.artifacts import Features, read_array, write_array
from pipeline.params import Compute, Judge

pytestmark = [pytest.mark.keras, pytest.mark.slow]

N, FRAMES, BINS = 24, 8, 6


def noting(rows: np.ndarray, targets: np.ndarray, doubtful: np.ndarray, at: np.ndarray, name: str) -> np.ndarray:
    return np.array([os.getpid(), len(rows), at.sum()])


@pytest.fixture
def calls() -> list[tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, str]]:
    rows, hot = np.arange(N), np.eye(2, dtype=np.float32)
    folds = [rows % 3 == fold for fold in range(3)]
    return [
        (rows[~at], hot[rows[~at] % 2], np.zeros((~at).sum(), bool), rows[at], f"judge 1, fold {fold}")
        for fold, at in enumerate(folds)
    ]


@pytest.fixture
def features(tmp_path: Path) -> Features:
    """Frames on disk, as a stage has them."""
    frames = np.random.default_rng(0).random((N * FRAMES, BINS)).astype(np.float16)
    write_array(tmp_path / "frames.npy", frames)
    start = np.arange(N) * FRAMES
    index = pd.DataFrame({"start": start, "n_frames": FRAMES, "status": "ok"})
    mapped = read_array(tmp_path / "frames.npy", shape=frames.shape, dtype="float16")
    return Features(mapped, index, {"kind": "mel", "n_bins": BINS})


def test_each_call_is_answered_in_order_by_another_process(calls) -> None:
    from pipeline import backend, crossfit

    machine = backend.configure("cpu", "float32")
    found = np.stack(list(crossfit.side_by_side(Compute(precision="float32", jobs=2), machine, 3)(noting, calls)))
    alone = np.stack(list(itertools.starmap(noting, calls)))
    np.testing.assert_array_equal(found[:, 1:], alone[:, 1:])
    assert os.getpid() not in found[:, 0]


@pytest.mark.parametrize(("jobs", "device"), [(1, "cpu"), (2, "gpu")])
def test_one_process_is_this_one(calls, jobs: int, device: str) -> None:
    from pipeline import backend, crossfit

    machine = backend.Machine(backend="tensorflow", versions={}, device=device, precision="float32")
    found = np.stack(list(crossfit.side_by_side(Compute(precision="float32", jobs=jobs), machine, 3)(noting, calls)))
    assert set(found[:, 0]) == {os.getpid()}


def test_networks_are_the_same_each_time_and_close_to_those_of_one_process(features: Features, calls) -> None:
    from pipeline import backend, crossfit

    machine = backend.configure("cpu", "float32")
    model = {"name": "vgg_small", "width": 2, "depth": 1, "dense": 4}
    settings = Judge.model_validate({"model": model, "fit": {"epochs": 2}, "patches": {"mode": "crop", "frames": 8}})
    fit = crossfit.fit_and_score(features, settings, 2, FRAMES, seed=1)
    two = crossfit.side_by_side(Compute(precision="float32", jobs=2), machine, 3)
    first, second = (np.concatenate(list(two(fit, calls))) for _ in range(2))
    np.testing.assert_array_equal(first, second)
    np.testing.assert_allclose(first, np.concatenate(list(itertools.starmap(fit, calls))), atol=1e-3)
