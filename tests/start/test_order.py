"""What is heard first: by turns from each class, each clip unlike those before it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.start import order


def points(seed, n, d=3):
    return np.random.default_rng(seed).normal(size=(n, d))


@given(st.integers(0, 50), st.integers(1, 40), st.integers(1, 4))
def test_each_open_clip_comes_once_and_classes_by_turns(seed, n, k):
    random = np.random.default_rng(seed)
    label = np.array([f"class{i}" for i in random.integers(k, size=n)], dtype=object)
    label[random.random(n) < 0.1] = ""
    verified = random.random(n) < 0.3
    x = points(seed, n)
    x[random.random(n) < 0.1] = np.nan
    rows = order.queue(x, label, verified, seed)
    open_ = np.isfinite(x).all(axis=1) & ~verified
    assert sorted(rows) == np.flatnonzero(open_).tolist()
    left = {name: int((open_ & (label == name)).sum()) for name in set(label[open_]) - {""}}
    for start in range(0, sum(left.values())):
        if all(left.values()) and left:
            turn = rows[start : start + len(left)]
            if start % len(left) == 0 and len(turn) == len(left):
                assert sorted(label[turn]) == sorted(left)
        if label[rows[start]]:
            left[label[rows[start]]] -= 1
    assert rows == order.queue(x, label, verified, seed)


def test_a_class_begins_with_its_most_usual_clip_and_goes_on_with_the_farthest():
    x = np.array([[0.0], [1.0], [10.0], [-4.0], [0.9]])
    label = np.full(5, "a", object)
    first, second, third, *_ = order.queue(x, label, np.zeros(5, bool), 0)
    assert first == 1  # the mean is 1.58
    assert (second, third) == (2, 3)


def test_clips_that_are_verified_count_as_heard():
    x = np.array([[0.0], [0.1], [5.0]])
    rows = order.queue(x, np.full(3, "a", object), np.array([False, False, True]), 0)
    assert rows == [0, 1]


def test_twins_come_last():
    x = np.array([[0.0], [0.0], [0.0], [3.0], [9.0]])
    assert sorted(order.queue(x, np.full(5, "a", object), np.zeros(5, bool), 3)[:3])[1:] == [3, 4]


def test_of_a_large_class_a_hundred_are_asked_about():
    rows = order.queue(points(0, 500), np.full(500, "a", object), np.zeros(500, bool), 0)
    assert len(rows) == len(set(rows)) == order.MOST


@pytest.mark.parametrize("ok", [[True] * 4, [False] * 4, [True, False, True, False]])
def test_summaries_are_of_the_clips_that_could_be_read(made_frames, ok):
    x = order.summaries(made_frames(ok))
    assert np.isfinite(x).all(axis=1).tolist() == ok
    if any(ok):
        np.testing.assert_allclose(x[ok].mean(axis=0), 0, atol=1e-6)


@pytest.fixture
def made_frames():
    import pandas as pd

    from pipeline.files.frames import Frames

    def make(ok):
        random = np.random.default_rng(0)
        length = np.where(ok, 5, 0)
        index = pd.DataFrame({"start": np.cumsum(length) - length, "n_frames": length})
        index = index.assign(status=np.where(ok, "ok", "quarantined"))
        frames = random.random((int(length.sum()), 8)).astype(np.float16)
        return Frames(frames, index, {"kind": "mel", "sr": 8000, "settings": {}})

    return make
