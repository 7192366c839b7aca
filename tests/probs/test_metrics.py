import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as oracle

from pipeline.probs import metrics


def _problem(seed=0, n=60, c=5):
    random = np.random.default_rng(seed)
    return random.dirichlet(np.ones(c), n).astype(np.float32), random.integers(0, c, n)


def test_map_at_k_by_hand():
    probs = np.array([[0.5, 0.3, 0.2], [0.5, 0.3, 0.2], [0.5, 0.3, 0.2]])
    targets = np.array([0, 1, 2])
    assert metrics.map_at_k(probs, targets, 1) == pytest.approx(1 / 3)
    assert metrics.map_at_k(probs, targets, 2) == pytest.approx((1 + 1 / 2) / 3)
    assert metrics.map_at_k(probs, targets, 3) == pytest.approx((1 + 1 / 2 + 1 / 3) / 3)


@settings(deadline=None, max_examples=25)
@given(seed=st.integers(0, 10_000), n=st.integers(1, 40), c=st.integers(2, 8))
def test_scores_are_those_of_scikit_learn(seed, n, c):
    probs, targets = _problem(seed, n, c)
    guess = probs.argmax(axis=1)
    assert metrics.accuracy(probs, targets) == pytest.approx(oracle.accuracy_score(targets, guess))
    full = metrics.map_at_k(probs, targets, c)
    assert full == pytest.approx(oracle.label_ranking_average_precision_score(np.eye(c)[targets], probs))
    assert full == pytest.approx(metrics.lwlrap(probs, targets))
    assert metrics.accuracy(probs, targets) <= metrics.map_at_k(probs, targets, 3) <= full + 1e-9
    expected = oracle.confusion_matrix(targets, guess, labels=np.arange(c))
    np.testing.assert_array_equal(metrics.confusion(probs, targets), expected)


def test_unknown_targets_and_quarantined_clips_are_left_out():
    probs, targets = _problem()
    more = np.vstack([probs, probs[:2], np.full((3, 5), np.nan)])
    unknown = np.concatenate([targets, [-1, -1], [0, 1, -1]])
    assert metrics.scored(more, unknown).sum() == 60
    for score in (
        metrics.accuracy,
        metrics.lwlrap,
        metrics.expected_calibration_error,
        lambda p, y: metrics.map_at_k(p, y, 3),
    ):
        assert score(more, unknown) == pytest.approx(score(probs, targets))
    np.testing.assert_array_equal(metrics.confusion(more, unknown), metrics.confusion(probs, targets))
    names = list("abcde")
    assert metrics.per_class(more, unknown, names).equals(metrics.per_class(probs, targets, names))


def test_a_score_of_no_clip_is_nan():
    probs, unknown = _problem()[0], np.full(60, -1)
    assert np.isnan(metrics.accuracy(probs, unknown))
    assert np.isnan(metrics.map_at_k(probs, unknown, 3))
    assert np.isnan(metrics.lwlrap(probs, unknown))
    assert np.isnan(metrics.expected_calibration_error(probs, unknown))
    assert metrics.confusion(probs, unknown).sum() == 0
    table = metrics.per_class(probs, unknown, list("abcde"))
    assert (table["support"] == 0).all()
    assert table["f1"].isna().all()


def test_per_class_by_hand():
    probs = np.array([[0.9, 0.1, 0.0], [0.6, 0.4, 0.0], [0.3, 0.7, 0.0], [0.2, 0.8, 0.0]])
    table = metrics.per_class(probs, np.array([0, 1, 1, 1]), ["a", "b", "c"]).set_index("class")
    assert table.loc["a"].to_dict() == pytest.approx(
        {"support": 1, "predicted": 2, "precision": 0.5, "recall": 1, "f1": 2 / 3, "average_precision": 1}
    )
    assert table.loc["b"].to_dict() == pytest.approx(
        {"support": 3, "predicted": 2, "precision": 1, "recall": 2 / 3, "f1": 0.8, "average_precision": 1}
    )
    assert table.loc["c", ["support", "predicted"]].tolist() == [0, 0]
    assert table.loc["c", ["precision", "recall", "f1", "average_precision"]].isna().all()


def test_calibration_by_hand():
    # Four clips at 0.75, three right: calibrated. Two clips at 0.95, none right: off by 0.95.
    probs = np.array([[0.75, 0.25]] * 4 + [[0.95, 0.05]] * 2)
    targets = np.array([0, 0, 0, 1, 1, 1])
    assert metrics.expected_calibration_error(probs[:4], targets[:4]) == pytest.approx(0)
    assert metrics.expected_calibration_error(probs, targets) == pytest.approx(0.95 * 2 / 6)
    assert metrics.expected_calibration_error(np.eye(2), np.array([0, 1])) == 0


def test_equal_probabilities_rank_in_the_order_of_the_classes():
    assert metrics.ranking(np.full((1, 4), 0.25), 3).tolist() == [[0, 1, 2]]
    assert metrics.ranking(np.full((1, 2), 0.5), 3).shape == (1, 2)


@pytest.mark.parametrize(
    ("targets", "message"),
    [(np.zeros(59, int), r"\(60, 5\).*\(59,\)"), (np.full(60, 5), "5 to 5.*-1"), (np.full(60, -2), "-2 to -2")],
)
def test_targets_that_do_not_fit_are_refused(targets, message):
    with pytest.raises(ValueError, match=message):
        metrics.accuracy(_problem()[0], targets)
