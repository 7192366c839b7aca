"""Folds: groups whole, classes and verified clips spread, and a check that says what is wrong."""

from collections import Counter

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.clips import folds
from pipeline.errors import DataError


@st.composite
def tables(draw):
    n_folds = draw(st.integers(2, 5))
    labels, groups, verified = [], [], []
    for name in range(draw(st.integers(2, 5))):
        for group in range(draw(st.integers(n_folds, 12))):
            for _ in range(draw(st.integers(1, 3))):
                labels.append(f"class{name}")
                groups.append(f"{name}-{group}")
                verified.append(draw(st.booleans()))
    return n_folds, labels, groups, verified


@settings(max_examples=60, deadline=None)
@given(tables(), st.integers(0, 99))
def test_groups_stay_whole_and_every_class_is_in_every_training_part(table, seed):
    n_folds, labels, groups, verified = table
    fold = folds.assign(labels, groups, verified, n_folds=n_folds, seed=seed)
    assert max(Counter(g for g, _ in set(zip(groups, fold, strict=True))).values()) == 1
    assert set(fold) == set(range(n_folds))
    for name in set(labels):
        held = [int(f) for f, label in zip(fold, labels, strict=True) if label == name]
        assert all(any(f != k for f in held) for k in range(n_folds))


@settings(max_examples=30, deadline=None)
@given(st.integers(2, 6), st.integers(0, 99), st.lists(st.integers(6, 40), min_size=2, max_size=6))
def test_single_clips_are_spread_evenly(n_folds, seed, sizes):
    labels = [f"class{i}" for i, n in enumerate(sizes) for _ in range(n)]
    verified = [i % 3 == 0 for i in range(len(labels))]
    fold = folds.assign(labels, [str(i) for i in range(len(labels))], verified, n_folds=n_folds, seed=seed)
    table = pd.DataFrame({"label": labels, "verified": verified, "fold": fold})
    for columns in (["label"], ["label", "verified"]):
        for _, part in table.groupby(columns):
            counts = np.bincount(part["fold"], minlength=n_folds)
            assert counts.max() - counts.min() <= 2


def test_the_same_seed_gives_the_same_folds():
    labels, groups = ["a", "b"] * 20, [str(i) for i in range(40)]
    deal = [folds.assign(labels, groups, [True] * 40, n_folds=4, seed=s) for s in (1, 1, 2)]
    assert (deal[0] == deal[1]).all()
    assert (deal[0] != deal[2]).any()


def deal(groups: list[list[tuple[str, int, bool]]]) -> list[set[int]]:
    """Deal groups, lists of (label, number of clips, verified), to two folds; return which each group lies in."""
    rows = [(label, str(i), v) for i, group in enumerate(groups) for label, n, v in group for _ in range(n)]
    labels, names, verified = zip(*rows, strict=True)
    fold = folds.assign(labels, names, verified, n_folds=2, seed=0)
    return [{int(f) for f, name in zip(fold, names, strict=True) if name == str(i)} for i in range(len(groups))]


def test_the_largest_group_comes_first_and_the_smaller_fold_wins_a_tie():
    places = deal([[("c", 3, False)], [("a", 6, False)], [("d", 2, False)], [("b", 4, False)]])
    assert places == [{1}, {0}, {0}, {1}]


def test_verified_clips_of_a_class_are_kept_apart_even_if_its_clips_are_less_even_then():
    _, one, other = deal([[("a", 5, False)], [("a", 1, True)], [("a", 1, True)]])
    assert one != other


def test_a_rare_class_is_spread_before_a_common_one():
    *_, rare, both = deal(
        [[("common", 12, True)], [("common", 8, True)], [("rare", 3, True)], [("common", 1, True), ("rare", 1, True)]]
    )
    assert rare != both


def clips(**columns) -> pd.DataFrame:
    base = {
        "group": ["g0", "g1", "g2", "g3", "g4"],
        "label": ["a", "a", "b", "b", "a"],
        "fold": [0, 1, 0, 1, -1],
        "split": ["train"] * 4 + ["test"],
    }
    return pd.DataFrame(base | columns)


def test_good_folds_pass():
    folds.check(clips(), ["a", "b"], n_folds=2)


@pytest.mark.parametrize(
    ("columns", "n_folds", "words"),
    [
        ({}, 3, r"^folds: found 3, but the training clips lie in the folds \[0, 1\]"),
        ({"fold": [0, 0, 0, 0, -1]}, 2, r"^folds: found 2"),
        ({"group": ["g0", "g0", "g2", "g3", "g4"]}, 2, r"group 'g0': found in the folds \[0, 1\]"),
        (
            {"group": ["g0", "g1", "g2", "g3", "g0"]},
            2,
            r"group 'g0': found in both splits, .* give all of them the same split",
        ),
        ({"group": ["g0", "g1", "g2", "g2", "g4"]}, 2, r"group 'g2': found in the folds \[0, 1\]"),
        (
            {"label": ["a", "b", "a", "a", "a"]},
            2,
            r"class 'b': all training clips lie in fold 1.* \(its clips are few or share a group\); add clips",
        ),
    ],
)
def test_bad_folds_are_named(columns, n_folds, words):
    with pytest.raises(DataError, match=words):
        folds.check(clips(**columns), ["a", "b"], n_folds=n_folds)
