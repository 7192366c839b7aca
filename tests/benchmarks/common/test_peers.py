"""The peers find what is easy to find, keep to the verified labels, and answer for every class."""

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from benchmarks.common import peers
from pipeline.judges.linear import regression
from pipeline.judges.roles import Roles

N_CLASSES = 4
FAMILY_OF = np.array([0, 0, 1, 1])


class Case:
    """Four clouds; 40% verified, a third of the other labels wrong within their family."""

    def __init__(self) -> None:
        random = np.random.default_rng(0)
        centres = random.normal(size=(N_CLASSES, 40)) * 2
        self.truth = np.repeat(np.arange(N_CLASSES), 30)
        self.x = centres[self.truth] + random.normal(size=(120, 40)) * 2
        self.x_test = centres[self.truth] + random.normal(size=(120, 40)) * 2
        self.verified = random.random(120) < 0.4
        wrong = ~self.verified & (random.random(120) < 0.33)
        self.given = np.where(wrong, self.truth ^ 1, self.truth)
        folds = random.integers(0, 4, 120)
        self.roles = Roles(given=self.given, verified=self.verified, train=np.ones(120, bool), fold=folds)

    def check(self, peer: peers.Peer, precision: float = 0.95, recall: float = 0.7, auroc: float = 0.95) -> None:
        assert peer.keep[self.verified].all()
        assert (peer.labels == self.given)[self.verified].all()
        assert ((peer.labels == self.given) == peer.keep).all()
        scores = peers.judge_scores(peer.score, peer.keep, self.given, self.truth, ~self.verified)
        assert scores["precision"] >= precision
        assert scores["recall"] >= recall
        assert scores["auroc"] >= auroc
        if peer.test_probs is not None:
            np.testing.assert_allclose(peer.test_probs.sum(axis=1), 1)
            assert (peer.test_probs.argmax(axis=1) == self.truth).mean() > 0.9


@pytest.fixture(scope="module")
def case() -> Case:
    return Case()


def test_spreading_as_in_the_report_finds_wrong_labels_on_the_right_scale(case):
    case.check(peers.spreading_report(case.x / 40, case.given, case.verified, FAMILY_OF), auroc=0.9)


def test_spreading_as_in_the_report_answers_the_first_class_of_a_family_on_the_wrong_one(case):
    peer = peers.spreading_report(case.x * 1000, case.given, case.verified, FAMILY_OF)
    unverified = ~case.verified
    assert (peer.labels[unverified] == np.where(case.given < 2, 0, 2)[unverified]).all()
    assert (peer.score[unverified] == 0).all()


def test_spreading_keeps_nothing_of_a_family_without_a_verified_clip(case):
    verified = case.verified & (case.given < 2)
    peer = peers.spreading_report(case.x / 40, case.given, verified, FAMILY_OF)
    assert not peer.keep[case.given >= 2].any()


def test_self_training_does_not_look_at_unverified_labels(case):
    peer = peers.self_training(case.x, case.given, case.verified, case.x_test)
    case.check(peer, recall=0.6)
    shuffled = np.where(case.verified, case.given, np.roll(case.given, 7))
    again = peers.self_training(case.x, shuffled, case.verified, case.x_test)
    np.testing.assert_array_equal(peer.test_probs, again.test_probs)


def test_logistic_takes_hard_soft_and_left_out_labels_alike(case):
    ones = np.ones(120)
    hard = peers.logistic(case.x, case.truth, ones, case.x_test, n_classes=N_CLASSES)
    soft = peers.logistic(case.x, np.eye(N_CLASSES)[case.truth], ones, case.x_test, n_classes=N_CLASSES)
    np.testing.assert_allclose(hard, soft)
    some = np.arange(120) % 3 > 0
    fewer = peers.logistic(case.x[some], case.truth[some], ones[some], case.x_test, n_classes=N_CLASSES)
    for left_out in (
        peers.logistic(case.x, case.truth, some * 1.0, case.x_test, n_classes=N_CLASSES),
        peers.logistic(case.x, np.where(some, case.truth, -1), ones, case.x_test, n_classes=N_CLASSES),
        peers.logistic(
            case.x,
            np.where(some[:, np.newaxis], np.eye(N_CLASSES)[case.truth], np.nan),
            ones,
            case.x_test,
            n_classes=N_CLASSES,
        ),
    ):
        np.testing.assert_allclose(left_out, fewer)


def test_logistic_on_soft_labels_is_as_unsure_as_they_are(case):
    even = np.tile(np.eye(2).repeat(2, axis=1) / 2, (60, 1))[np.argsort(np.arange(120) % 2, kind="stable")]
    probs = peers.logistic(case.x[:60], even[:60], np.ones(60), case.x[:60], n_classes=N_CLASSES)
    assert probs.shape == (60, N_CLASSES)
    np.testing.assert_allclose(probs[:, 0], probs[:, 1], atol=1e-3)
    assert (probs[:, 2:] == 0).all()


def test_cleanlab_finds_label_issues_but_none_among_the_verified(case):
    pytest.importorskip("cleanlab")
    probs = regression.judge(case.x, case.roles, N_CLASSES, 0.03)
    case.check(peers.find_label_issues(probs, case.given, case.verified))
    wrong = np.where(case.verified, case.given ^ 1, case.given)
    assert peers.find_label_issues(probs, wrong, case.verified).keep[case.verified].all()


def test_clean_learning_trains_on_what_it_keeps(case):
    pytest.importorskip("cleanlab")
    one, two = (peers.clean_learning(case.x, case.given, case.verified, case.x_test, seed=3) for _ in range(2))
    case.check(one, precision=0.9)
    np.testing.assert_array_equal(one.test_probs, two.test_probs)
    weights = one.keep * 1.0
    same = peers.logistic(case.x, case.given, weights, case.x_test, n_classes=N_CLASSES)
    np.testing.assert_allclose(one.test_probs, same, atol=1e-3)


def test_judge_scores_are_those_counted_by_hand():
    given, truth = np.array([0, 0, 1, 1, 2, 2, 0]), np.array([0, 1, 1, 1, -1, 2, 1])
    score = np.array([0.9, 0.8, 0.7, np.nan, 0.1, 0.6, 1.0])
    keep = np.array([True, True, True, False, False, False, True])
    mask = np.arange(7) < 6
    found = peers.judge_scores(score, keep, given, truth, mask)
    assert found["precision"] == pytest.approx(2 / 3)
    assert found["recall"] == pytest.approx(2 / 4)
    assert found["noise_true"] == pytest.approx(2 / 6)
    # a NaN is below everything
    lowest = np.where(np.isnan(score), -1, score)[mask]
    assert found["auroc"] == pytest.approx(roc_auc_score((given == truth)[mask], lowest))


def test_judge_scores_without_a_wrong_label_or_without_any_kept_are_not_a_number():
    given = np.array([0, 1, 1])
    nothing = np.zeros(3, bool)
    found = peers.judge_scores(np.ones(3), nothing, given, given, ~nothing)
    assert found["noise_true"] == found["recall"] == 0
    assert np.isnan([found["precision"], found["auroc"], found["average_precision"]]).all()
    assert np.isnan(list(peers.judge_scores(np.full(3, np.nan), ~nothing, given, given, nothing).values())).all()
