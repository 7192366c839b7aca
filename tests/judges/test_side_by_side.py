"""Networks fitted in several processes are those that one process fits, in the same order."""

import os
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pipeline.files.formats import read_array, write_array
from pipeline.files.frames import Frames
from pipeline.judges.network.cross_fitting import Answer, Lesson
from pipeline.params.schema import Compute
from pipeline.params.training import Judge

pytestmark = [pytest.mark.keras, pytest.mark.slow]

N, FRAMES, BINS = 24, 8, 6
NETWORK = {"name": "vgg", "width": 2, "depth": 1, "dense": 4}
JUDGE = {"network": NETWORK, "patches": {"crop": {"frames": FRAMES}}, "training": {}}


def noting(lesson: Lesson) -> Answer:
    return Answer(np.array([os.getpid(), len(lesson.rows), lesson.at.sum()]), [])


@pytest.fixture
def lessons() -> list[Lesson]:
    rows, hot = np.arange(N), np.eye(2, dtype=np.float32)
    folds = [rows % 3 == fold for fold in range(3)]
    return [
        Lesson(rows[~at], hot[rows[~at] % 2], np.zeros((~at).sum(), bool), rows[at], f"judge 1, fold {fold}")
        for fold, at in enumerate(folds)
    ]


@pytest.fixture
def features(tmp_path: Path) -> Frames:
    """Frames on disk, as a stage has them."""
    frames = np.random.default_rng(0).random((N * FRAMES, BINS)).astype(np.float16)
    write_array(tmp_path / "frames.npy", frames)
    start = np.arange(N) * FRAMES
    index = pd.DataFrame({"start": start, "n_frames": FRAMES, "status": "ok"})
    mapped = read_array(tmp_path / "frames.npy", shape=frames.shape, dtype="float16")
    return Frames(mapped, index, {"kind": "mel", "n_bins": BINS})


def test_each_call_is_answered_in_order_by_another_process(lessons) -> None:
    from pipeline.judges.network import fitted
    from pipeline.networks import backend

    machine = backend.configure("cpu", "float32")
    found = _said(fitted.side_by_side(Compute(precision="float32", threads=2, jobs=2), machine, 3)(noting, lessons))
    alone = _said(map(noting, lessons))
    np.testing.assert_array_equal(found[:, 1:], alone[:, 1:])
    assert os.getpid() not in found[:, 0]


@pytest.mark.parametrize(("jobs", "device"), [(1, "cpu"), (2, "gpu")])
def test_one_process_is_this_one(lessons, jobs: int, device: str) -> None:
    from pipeline.judges.network import fitted
    from pipeline.networks import backend

    machine = backend.Machine(backend="tensorflow", versions={}, device=device, precision="float32")
    found = _said(fitted.side_by_side(Compute(precision="float32", threads=2, jobs=jobs), machine, 3)(noting, lessons))
    assert set(found[:, 0]) == {os.getpid()}


def test_networks_are_the_same_each_time_and_close_to_those_of_one_process(features: Frames, lessons) -> None:
    from pipeline.judges.network import fitted
    from pipeline.networks import backend

    machine = backend.configure("cpu", "float32")
    settings = Judge.model_validate(JUDGE | {"epochs": 2})
    fit = fitted.fit_and_score(features, settings, 2, seed=1)
    two = fitted.side_by_side(Compute(precision="float32", threads=2, jobs=2), machine, 3)
    first, second = (list(two(fit, lessons)) for _ in range(2))
    np.testing.assert_array_equal(_said(first), _said(second))
    np.testing.assert_allclose(_said(first), _said(map(fit, lessons)), atol=1e-3)
    again = [replace(lesson, start=answer.weights) for lesson, answer in zip(lessons, first, strict=True)]
    third, fourth = (list(two(fit, again)) for _ in range(2))
    np.testing.assert_array_equal(_said(third), _said(fourth))


def test_a_network_goes_on_from_the_weights_it_is_given_for_as_long_as_is_said(
    features: Frames, lessons, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pipeline.judges.network import fitted
    from pipeline.networks import backend, fitting

    epochs, fit_ = [], fitting.fit
    monkeypatch.setattr(fitting, "fit", lambda *at, **named: epochs.append(named["epochs"]) or fit_(*at, **named))

    backend.configure("cpu", "float32")
    # At this rate the weights, and so the answers, stay as good as they were.
    slow = {"learning_rate": 1e-9, "weight_decay": 0.0}
    settings = Judge.model_validate(JUDGE | {"training": slow, "epochs": 3, "unverified_epochs": 2})
    fit = fitted.fit_and_score(features, settings, 2, seed=1)
    start = fit(lessons[0])
    on = fit(replace(lessons[0], name="judge 2, fold 0", start=start.weights))
    fresh = fit(replace(lessons[0], name="judge 2, fold 0"))
    np.testing.assert_allclose(on.weights[-2], start.weights[-2], atol=1e-5)
    assert np.abs(fresh.weights[-2] - start.weights[-2]).max() > 0.01
    assert epochs == [3, 2, 3]


def _said(answers: Iterable[Answer]) -> np.ndarray:
    return np.stack([answer.probs for answer in answers])
