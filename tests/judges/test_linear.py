"""The linear judge describes each clip alone, and never hears the label that it judges."""

import numpy as np
import pandas as pd
import pytest

from pipeline.files.frames import Frames
from pipeline.judges.linear import regression
from pipeline.judges.roles import Roles

N_CLASSES = 4


def made(*lengths: int, n_bins: int = 3) -> Frames:
    random = np.random.default_rng(1)
    index = pd.DataFrame({"clip_id": list("abcde")[: len(lengths)], "n_frames": lengths})
    index["start"] = index["n_frames"].cumsum() - index["n_frames"]
    return Frames(random.random((sum(lengths), n_bins)).astype(np.float16), index, {})


def test_a_summary_describes_each_clip_alone() -> None:
    features = made(7, 1, 0, 4)
    found = regression.summaries(features)
    assert found.shape == (4, 15)
    assert found.dtype == np.float64
    frames = features.clip(3).astype(np.float64)
    np.testing.assert_allclose(found[3, :3], frames.mean(axis=0))
    np.testing.assert_allclose(found[3, 6:9], frames.max(axis=0))
    np.testing.assert_allclose(found[3, 9:12], (frames[-1] - frames[0]) / 3)
    assert np.isnan(found[2]).all()
    assert (found[1, 9:] == 0).all()


@pytest.fixture
def clouds() -> tuple[np.ndarray, np.ndarray, Roles]:
    """Points, true classes and roles: 40% verified, a third of the other labels wrong, some clips of a test split."""
    random = np.random.default_rng(0)
    truth = np.repeat(np.arange(N_CLASSES), 30)
    x = (random.normal(size=(N_CLASSES, 40)) * 2)[truth] + random.normal(size=(120, 40)) * 2
    train = np.arange(120) % 10 != 0
    verified = train & (random.random(120) < 0.4)
    given = np.where(~verified & (random.random(120) < 0.33), truth ^ 1, truth)
    return x, truth, Roles(given=given, verified=verified, train=train, fold=np.where(train, np.arange(120) % 4, -1))


def test_scores_are_good_and_those_of_training_clips_alone(clouds) -> None:
    x, truth, roles = clouds
    probs = regression.judge(x, roles, N_CLASSES, 0.03)
    assert probs.dtype == np.float32
    assert np.isnan(probs[~roles.train]).all()
    np.testing.assert_allclose(probs[roles.train].sum(axis=1), 1, rtol=1e-5)
    assert (probs.argmax(axis=1) == truth)[roles.train].mean() > 0.9


def test_no_unverified_label_of_its_own_fold_reaches_a_clip(clouds) -> None:
    x, _, roles = clouds
    before = regression.judge(x, roles, N_CLASSES, 0.03)
    poisoned = np.where(~roles.verified & (roles.fold == 2), (roles.given + 1) % N_CLASSES, roles.given)
    after = regression.judge(x, Roles(poisoned, roles.verified, roles.train, roles.fold), N_CLASSES, 0.03)
    np.testing.assert_array_equal(after[roles.fold == 2], before[roles.fold == 2])
    assert not np.array_equal(after[roles.fold == 1], before[roles.fold == 1], equal_nan=True)


def test_unverified_clips_with_their_doubtful_labels_make_the_judge_better(clouds, monkeypatch) -> None:
    x, truth, roles = clouds

    def right() -> float:
        probs = regression.judge(x, roles, N_CLASSES, 0.03)
        return float(np.log(probs[np.arange(len(truth)), truth][roles.train]).mean())

    both = right()
    monkeypatch.setattr(regression, "ROUNDS", 1)
    assert both > right()
