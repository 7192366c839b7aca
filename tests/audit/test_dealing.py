"""Clips with the same sound end up in one group, one fold and one part of the split."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.audit import conflicts
from pipeline.clips import dealing
from pipeline.clips.dealing import Given
from pipeline.errors import DataError

N = 24
DRAWN, SAID = Given(split=False, folds=False), Given(split=True, folds=True)


def clips(test: int = 6) -> pd.DataFrame:
    rows = np.arange(N)
    is_test = rows >= N - test
    return pd.DataFrame(
        {
            "clip_id": [f"c{i:02d}" for i in rows],
            "path": [f"{i}.wav" for i in rows],
            "label": np.where(is_test, "", np.where(rows % 2, "a", "b")),
            "verified": rows % 4 < 2,
            "split": np.where(is_test, "test", "train"),
            "fold": np.where(is_test, -1, rows % 3),
            "group": [f"g{i:02d}" for i in rows],
        }
    )


def pairs(*found: tuple[int, int]) -> pd.DataFrame:
    return pd.DataFrame(found, columns=["a", "b"]).astype(int).assign(likeness=1.0)


def deal(table: pd.DataFrame, found: pd.DataFrame, said: Given) -> pd.DataFrame:
    apart = dealing.parted(table, found, said)
    group = dealing.together(table, found[~apart])
    return dealing.deal(table, group, ["a", "b"], said, n_folds=3, seed=1)


def test_where_nothing_sounds_the_same_nothing_changes() -> None:
    pd.testing.assert_frame_equal(deal(clips(), pairs(), DRAWN), clips())


@given(st.lists(st.tuples(st.integers(0, N - 1), st.integers(0, N - 1)).filter(lambda p: p[0] < p[1]), max_size=5))
def test_pairs_are_never_parted_by_what_was_drawn(found: list[tuple[int, int]]) -> None:
    dealt = deal(clips(), pairs(*found), DRAWN)
    for a, b in found:
        for column in ("group", "split", "fold"):
            assert dealt[column][a] == dealt[column][b]
    assert (dealt["fold"].eq(-1) == dealt["split"].eq("test")).all()
    # Nothing goes to the test clips.
    assert set(dealt.index[dealt["split"] == "test"]) <= set(range(N - 6, N))


def test_groups_are_joined_through_clips_between_them() -> None:
    table = clips()
    table.loc[[0, 1], "group"] = "speaker"
    group = dealing.together(table, pairs((1, 4), (4, 7)))
    assert len(set(group[[0, 1, 4, 7]])) == 1
    assert group.nunique() == N - 3


def test_a_split_that_came_with_the_data_is_kept_and_the_pair_named() -> None:
    found = pairs((0, 20), (0, 1), (2, 5))
    assert dealing.parted(clips(), found, SAID).tolist() == [True, True, False]
    assert dealing.parted(clips(), found, Given(split=True, folds=False)).tolist() == [True, False, False]
    dealt = deal(clips(), found, SAID)
    assert (dealt["split"] == clips()["split"]).all()
    assert (dealt["fold"] == clips()["fold"]).all()
    with pytest.raises(
        DataError, match=r"found 2 pairs .*\n  0\.wav \(fold 0\) and 20\.wav \(test\)\n.*\n.*across_split to count"
    ):
        dealing.refuse_parted(clips(), found[[True, True, False]])


def test_the_first_twenty_pairs_are_named_and_the_rest_counted() -> None:
    many = pairs(*[(i, j) for i in range(5) for j in range(18, 24)])
    with pytest.raises(DataError, match=r"and 10 more") as told:
        dealing.refuse_parted(clips(), many)
    assert str(told.value).count(".wav (test)") == 20


def test_a_test_split_of_copies_alone_is_refused() -> None:
    with pytest.raises(DataError, match="each of the 2 test clips that were drawn has its sound in training too"):
        deal(clips(test=2), pairs((0, 22), (1, 23)), DRAWN)


def test_verified_clips_that_contradict_each_other_are_unsettled_and_no_other() -> None:
    table = clips().assign(verified=True)
    table.loc[5, "verified"] = False
    # Other labels; the same label; one not verified; one a test clip.
    found = pairs((0, 1), (2, 4), (5, 6), (7, 20))
    assert np.flatnonzero(conflicts.unsettled(table, found)).tolist() == [0, 1]
    assert conflicts.of(table, found).tolist() == [True, False, True, False]
