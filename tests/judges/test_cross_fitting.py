import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pipeline.errors import DataError
from pipeline.files import weights
from pipeline.files.artifacts import read_neighbours
from pipeline.files.checkpoints import Checkpoints
from pipeline.files.formats import read_array, read_table
from pipeline.judges import said
from pipeline.judges.network.cross_fitting import Answer, judge
from pipeline.judges.roles import Roles, silent_where_unheard
from pipeline.judges.roles import roles as roles_of
from pipeline.judges.said import Said

K, FOLDS = 4, 3


class Centroids:
    """A network's stand-in that notes what it was given: the nearer a class's centre, the likelier the class."""

    def __init__(self, x, fail_at=None):
        self.x, self.lessons, self.answers, self.fail_at = x, [], [], fail_at

    def __call__(self, lesson):
        if len(self.lessons) == self.fail_at:
            raise KeyboardInterrupt
        self.lessons.append(lesson)
        targets, hot = lesson.targets, lesson.targets.sum(axis=0)[:, np.newaxis]
        centres = (targets.T @ self.x[lesson.rows]) / hot
        if lesson.start is not None:
            centres = (centres + lesson.start[0]) / 2
        raw = np.exp(-((self.x[lesson.at][:, np.newaxis] - centres) ** 2).sum(axis=2) / 8)
        self.answers.append((raw / raw.sum(axis=1, keepdims=True)).astype(np.float32))
        round_and_fold = [int(word) for word in re.findall(r"\d+", lesson.name)]
        return Answer(self.answers[-1], [centres, np.array(round_and_fold)])


@pytest.fixture
def world():
    """Points, true classes and roles: four in ten verified, a third of the others wrong; some unlabelled, some test."""
    random = np.random.default_rng(0)
    n = 180
    truth = np.arange(n) % K
    x = random.normal(size=(n, 6)) + 2 * np.eye(K, 6)[truth]
    train = np.arange(n) % 10 != 9
    verified = train & (random.random(n) < 0.4)
    given = np.where(~verified & (random.random(n) < 0.33), (truth + 1) % K, truth)
    given = np.where((train & ~verified & (np.arange(n) % 11 == 0)) | ~train, -1, given)
    return x, truth, Roles(given=given, verified=verified, train=train, fold=np.where(train, np.arange(n) // 4 % 3, -1))


def _judge(roles, fit, folder, rounds=2):
    return judge(roles, K, rounds, fit, Checkpoints(Path(folder), "key"), say=lambda line: None)


@pytest.mark.parametrize("rounds", [1, 2])
def test_every_training_clip_is_scored_by_networks_that_did_not_see_its_label(world, tmp_path, rounds):
    x, truth, roles = world
    fit = Centroids(x)
    judged = _judge(roles, fit, tmp_path, rounds)
    assert judged.probs.dtype == np.float32
    np.testing.assert_array_equal(np.isfinite(judged.probs).all(axis=1), roles.train)
    np.testing.assert_array_equal(np.isnan(judged.probs).all(axis=1), ~roles.train)
    assert (judged.probs.argmax(axis=1) == truth)[roles.train].mean() > 0.8
    assert len(fit.lessons) == len({lesson.name for lesson in fit.lessons}) == rounds * FOLDS
    for lesson in fit.lessons:
        told = lesson.rows[~lesson.doubtful]
        assert roles.verified[told].all()
        assert not set(told) & set(lesson.at)
    for number in range(rounds):
        scored = np.concatenate([lesson.at for lesson in fit.lessons[number * FOLDS :][:FOLDS]])
        times = np.where(roles.verified, 1, FOLDS) * roles.train
        np.testing.assert_array_equal(np.bincount(scored, minlength=len(x)), times)


@pytest.mark.parametrize("rounds", [1, 2])
def test_an_unverified_clip_is_judged_by_the_mean_of_all_and_better_than_by_one(world, tmp_path, rounds):
    x, truth, roles = world
    fit = Centroids(x)
    judged = _judge(roles, fit, tmp_path, rounds)
    pool = np.flatnonzero(roles.train & ~roles.verified)
    last = list(zip(fit.lessons, fit.answers, strict=True))[-FOLDS:]
    each = np.stack([answer[np.isin(lesson.at, pool)] for lesson, answer in last])
    product = np.prod(each.astype(np.float64), axis=0) ** (1 / FOLDS)
    np.testing.assert_allclose(judged.probs[pool], product / product.sum(axis=1, keepdims=True), rtol=1e-5)

    def cost(probs):
        return -np.log(probs[np.arange(len(pool)), truth[pool]]).mean()

    assert cost(judged.probs[pool]) < np.mean([cost(one) for one in each])


def test_round_one_hears_verified_clips_alone_and_round_two_goes_on_with_the_sound_of_all(world, tmp_path):
    x, _, roles = world
    fit = Centroids(x)
    _judge(roles, fit, tmp_path / "both")
    first = _judge(roles, Centroids(x), tmp_path / "first", 1).probs
    hot = np.eye(K)
    for count, lesson in enumerate(fit.lessons):
        number, fold = divmod(count, FOLDS)
        known = roles.verified & (roles.fold != fold)
        np.testing.assert_array_equal(lesson.rows, np.flatnonzero(roles.train if number else known))
        np.testing.assert_array_equal(lesson.doubtful, ~known[lesson.rows])
        sure = lesson.rows[~lesson.doubtful]
        np.testing.assert_array_equal(lesson.targets[~lesson.doubtful], hot[roles.given[sure]])
        np.testing.assert_allclose(lesson.targets.sum(axis=1), 1, rtol=1e-6)
        if not number:
            assert lesson.start is None
            continue
        # It goes on from its own weights, and of its own fold it hears nothing but what it said itself.
        assert lesson.start[1].tolist() == [1, fold]
        own = lesson.rows[roles.fold[lesson.rows] == fold]
        said = fit.answers[fold][np.isin(fit.lessons[fold].at, own)]
        np.testing.assert_allclose(lesson.targets[np.isin(lesson.rows, own)], said, rtol=1e-5)
        rest = lesson.doubtful & (roles.fold[lesson.rows] != fold)
        np.testing.assert_allclose(lesson.targets[rest], first[lesson.rows[rest]], rtol=1e-5)


def test_what_is_believed_of_doubtful_clips_is_mostly_true(world, tmp_path):
    x, truth, roles = world
    fit = Centroids(x)
    _judge(roles, fit, tmp_path)
    later = fit.lessons[FOLDS:]
    rows = np.concatenate([lesson.rows[lesson.doubtful] for lesson in later])
    best = np.concatenate([lesson.targets[lesson.doubtful] for lesson in later]).argmax(axis=1)
    assert (best == truth[rows]).mean() > (roles.given[rows] == truth[rows]).mean() + 0.05


@pytest.mark.parametrize("rounds", [1, 2])
def test_no_given_label_of_an_unverified_clip_reaches_any_judge(world, tmp_path, rounds):
    x, _, roles = world
    poisoned = np.where(~roles.verified & (roles.given >= 0), (roles.given + 1) % K, roles.given)
    other = Roles(given=poisoned, verified=roles.verified, train=roles.train, fold=roles.fold)
    one = _judge(roles, Centroids(x), tmp_path / "one", rounds).probs
    two = _judge(other, Centroids(x), tmp_path / "two", rounds).probs
    assert one.tobytes() == two.tobytes()


def test_verified_labels_of_a_fold_reach_its_judge_through_other_folds_alone(world, tmp_path):
    x, _, roles = world
    poisoned = np.where(roles.verified & (roles.fold == 0), (roles.given + 1) % K, roles.given)
    other = Roles(given=poisoned, verified=roles.verified, train=roles.train, fold=roles.fold)
    one, two = Centroids(x), Centroids(x)
    _judge(roles, one, tmp_path / "one")
    _judge(other, two, tmp_path / "two")
    np.testing.assert_array_equal(one.answers[0], two.answers[0])
    assert not np.array_equal(one.answers[1], two.answers[1])
    before, after = one.lessons[FOLDS], two.lessons[FOLDS]
    inside = roles.fold[before.rows] == 0
    np.testing.assert_array_equal(before.targets[inside], after.targets[inside])
    assert not np.array_equal(before.targets[~inside], after.targets[~inside])


@pytest.mark.parametrize("done", [0, 1, 3, 5, 6])
def test_after_an_interruption_the_rest_gives_the_same_bytes(world, tmp_path, done):
    x, _, roles = world
    whole = _judge(roles, Centroids(x), tmp_path / "whole")
    if done < 2 * FOLDS:
        with pytest.raises(KeyboardInterrupt):
            _judge(roles, Centroids(x, fail_at=done), tmp_path / "cut")
    else:
        _judge(roles, Centroids(x), tmp_path / "cut")
    fit = Centroids(x)
    resumed = _judge(roles, fit, tmp_path / "cut")
    assert len(fit.lessons) == 2 * FOLDS - done
    near = np.zeros((len(x), 2), np.int32)
    for name, judged in (("a", whole), ("b", resumed)):
        said.write(tmp_path / name, Said(judged.probs, judged.table, judged.weights, near))
    names = sorted(path.name for path in (tmp_path / "a").iterdir())
    assert names == ["judges.csv", "neighbours.npy", "probs.npy", "weights.npz"]
    for name in names:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes(), name


@pytest.mark.parametrize("rounds", [1, 2])
def test_the_weights_of_each_fold_are_those_of_its_last_round(world, tmp_path, rounds):
    x, _, roles = world
    judged = _judge(roles, Centroids(x), tmp_path, rounds)
    assert [arrays[1].tolist() for arrays in judged.weights.values()] == [[rounds, fold] for fold in range(FOLDS)]
    assert list(judged.weights) == list(range(FOLDS))


def test_the_table_has_a_row_a_network(world, tmp_path):
    x, _, roles = world
    lines = []
    fit = Centroids(x)
    table = judge(roles, K, 2, fit, Checkpoints(tmp_path, "key"), say=lines.append).table
    assert table["round"].tolist() == [1, 1, 1, 2, 2, 2]
    assert table["fold"].tolist() == [0, 1, 2] * 2
    assert table["clips"].tolist() == [len(lesson.rows) for lesson in fit.lessons]
    assert table["accuracy"].between(0.6, 1).all()
    assert len(lines) == 6


def test_a_fold_without_verified_clips_is_judged_and_its_accuracy_is_unknown(world, tmp_path):
    x, _, roles = world
    bare = Roles(roles.given, roles.verified & (roles.fold != 1), roles.train, roles.fold)
    judged = _judge(bare, Centroids(x), tmp_path)
    assert np.isfinite(judged.probs[roles.fold == 1]).all()
    assert judged.table["accuracy"].isna().tolist() == [False, True, False] * 2


def test_where_all_clips_are_verified_a_judge_doubts_those_of_its_fold_alone(world, tmp_path):
    x, truth, roles = world
    sure = Roles(np.where(roles.train, truth, -1), roles.train, roles.train, roles.fold)
    fit = Centroids(x)
    judged = _judge(sure, fit, tmp_path)
    for fold, lesson in enumerate(fit.lessons[FOLDS:]):
        np.testing.assert_array_equal(lesson.doubtful, roles.fold[lesson.rows] == fold)
    assert np.isfinite(judged.probs[roles.train]).all()


def _clips(label, verified, fold, split="train"):
    return pd.DataFrame({"label": list(label), "verified": verified, "fold": fold, "split": split})


def test_roles_leave_out_quarantined_and_test_clips():
    clips = _clips("ababab", True, [0, 0, 1, 1, 0, 1])
    clips.loc[4, ["split", "fold", "label"]] = ["test", -1, ""]
    found = roles_of(clips, ["a", "b"], np.array([True, True, True, True, True, False]))
    assert found.train.tolist() == found.verified.tolist() == [True, True, True, True, False, False]
    assert found.given[:4].tolist() == [0, 1, 0, 1]
    assert found.given[4] == -1
    assert found.folds == [0, 1]


@pytest.mark.parametrize("missing", ["unverified", "quarantined"])
def test_a_class_without_a_verified_clip_is_named(missing):
    clips = _clips("abcab", True, [0, 0, 0, 1, 1])
    ok = np.ones(5, bool)
    if missing == "unverified":
        clips.loc[2, "verified"] = False
    else:
        ok[2] = False
    with pytest.raises(DataError, match=r"no verified clip of c, so.*verify some"):
        roles_of(clips, ["a", "b", "c"], ok)


def test_a_fold_that_has_all_verified_clips_is_named():
    clips = _clips("abab", True, [0, 0, 1, 1])
    clips.loc[2:, "verified"] = False
    with pytest.raises(DataError, match=r"outside fold 0.*ask none: judges\.network and judges\.linear null"):
        roles_of(clips, ["a", "b"], np.ones(4, bool))


def test_a_class_that_a_fold_keeps_to_itself_gets_an_equal_share_from_those_who_never_heard_it():
    clips = _clips("abcab", True, [0, 0, 0, 1, 1])
    found = roles_of(clips, ["a", "b", "c"], np.ones(5, bool))
    assert found.knows(0, 3).tolist() == [True, True, False]
    assert found.knows(1, 3).all()
    shares = silent_where_unheard(np.array([[0.6, 0.2, 0.2], [1.0, 0.0, 0.0]]), found.knows(0, 3))
    np.testing.assert_allclose(shares, [[0.5, 1 / 6, 1 / 3], [2 / 3, 0, 1 / 3]])


def test_where_no_model_is_asked_nothing_is_said(tmp_path):
    said.write(tmp_path / "judged" / "network", said.nothing(5, 3))
    assert np.isnan(read_array(tmp_path / "judged" / "network" / "probs.npy", shape=(5, 3))).all()
    assert read_neighbours(tmp_path / "judged" / "network" / "neighbours.npy", 5).size == 0
    table = read_table(tmp_path / "judged" / "network" / "judges.csv")
    assert list(table.columns) == ["round", "fold", "clips", "accuracy"]
    assert not len(table)
    assert weights.read(tmp_path / "judged" / "network" / weights.FILE) == {}
