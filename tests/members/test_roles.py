"""What each clip does for a member."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import DataError

TRAIN_ON = ["verified", "promoted", "agreed", "all", "posterior"]


@given(
    train_on=st.sampled_from(TRAIN_ON),
    fold=st.none() | st.integers(0, 3),
    seed=st.integers(0, 9),
    quarantined=st.sets(st.integers(0, 29), max_size=3),
)
def test_roles_are_disjoint_and_as_named(table, train_on, fold, seed, quarantined) -> None:
    made = table(60, seed)
    made.ok[list(quarantined)] = False
    clips, labels = made.clips, made.labels
    split = made.split(train_on=train_on, hold_out=fold)
    roles = np.stack([split.trusted, split.pool, split.validation])
    assert roles.sum(axis=0).max() == 1
    assert not roles[:, ~made.ok].any()
    assert not roles[:, (clips["split"] == "test").to_numpy()].any()
    assert clips["verified"][split.validation].all()
    assert (clips["fold"][split.validation] == fold).all()
    assert (clips["fold"][split.trusted | split.pool] != fold).all()
    assert not clips["verified"][split.pool].any()
    assert split.validation.any() == (fold is not None)
    # A verified clip is trained on its given label; what is not trusted has no certain target.
    verified = clips["verified"].to_numpy() & split.trusted
    np.testing.assert_array_equal(split.target[verified], split.given[verified])
    assert (split.target[~split.trusted] == -1).all()
    assert (split.target[split.trusted] >= 0).all()
    assert not (split.doubtful & ~split.pool).any()
    assert np.isnan(split.posterior[~split.pool]).all()
    if train_on == "verified":
        assert clips["verified"][split.trusted].all()
    if train_on == "agreed":
        added = split.trusted & ~made.clips["verified"].to_numpy()
        assert (labels["spread_label"] == made.clips["label"])[added].all()
        assert not labels["abstained"][added].any()
    if train_on == "all":
        assert not split.pool.any()
    if train_on == "posterior":
        assert labels["outcome"][split.trusted].isin(["verified", "promoted", "corrected"]).all()
        assert (labels["outcome"][split.pool] == "left_out").all()
        np.testing.assert_array_equal(split.doubtful, split.pool & np.isfinite(made.posterior).all(axis=1))
    else:
        assert not split.doubtful.any()
        np.testing.assert_array_equal(split.target[split.trusted], split.given[split.trusted])


def test_without_a_fold_every_usable_training_clip_has_a_part(table) -> None:
    made = table()
    split = made.split(train_on="posterior", hold_out=None)
    np.testing.assert_array_equal(split.trusted | split.pool, made.clips["split"] == "train")


def test_corrected_clips_are_trusted_with_their_target_by_posterior_alone(table) -> None:
    made = table()
    corrected = (made.labels["outcome"] == "corrected").to_numpy()
    assert corrected.any()
    split = made.split(train_on="posterior", hold_out=None)
    assert split.trusted[corrected].all()
    np.testing.assert_array_equal(split.target[corrected], (split.given[corrected] + 1) % 3)
    assert made.split(train_on="promoted", hold_out=None).pool[corrected].all()


def test_a_verified_clip_keeps_its_label_whatever_the_labels_say(table) -> None:
    made = table()
    before = made.split(train_on="posterior", hold_out=None)
    verified = made.clips["verified"] & (made.clips["split"] == "train")
    made.labels.loc[verified, ["outcome", "target"]] = ["corrected", "c"]
    after = made.split(train_on="posterior", hold_out=None)
    np.testing.assert_array_equal(after.target[verified], before.target[verified])


def test_a_clip_without_a_given_label_is_trained_on_what_is_believed_of_it(table) -> None:
    made = table()
    row = int(np.flatnonzero(made.split(train_on="posterior").doubtful)[0])
    made.labels.loc[row, "label"] = ""
    split = made.split(train_on="posterior")
    assert split.given[row] == -1
    assert split.doubtful[row]
    np.testing.assert_array_equal(split.posterior[row], made.posterior[row])


@pytest.mark.parametrize(("fold", "where"), [(0, " outside fold 0"), (None, "; verify")])
def test_a_class_without_a_trusted_clip_is_named(table, fold, where) -> None:
    made = table()
    made.labels.loc[made.labels["label"] == "b", "verified"] = False
    made.labels["promoted"] = False
    with pytest.raises(DataError, match=f"no trusted clip to train on for b{where}"):
        made.split(hold_out=fold)


def test_a_fold_without_a_verified_clip_is_named(table) -> None:
    made = table()
    made.labels.loc[made.clips["fold"] == 0, "verified"] = False
    with pytest.raises(DataError, match="fold 0 has no verified clip"):
        made.split()


@pytest.mark.parametrize("train_on", TRAIN_ON)
def test_what_a_person_said_goes_over_what_the_clips_table_says(table, train_on) -> None:
    """A relabelled clip is trained on, or validates, as that class; one whose label was rejected has none."""
    made = table()
    pool = np.flatnonzero((made.labels["outcome"] == "left_out") & (made.clips["fold"] != 0))
    held = np.flatnonzero((made.labels["outcome"] == "left_out") & (made.clips["fold"] == 0))[0]
    for row in (pool[0], held):
        made.labels.loc[row, ["label", "verified", "outcome", "target"]] = ["c", True, "reviewed", "c"]
    made.labels.loc[pool[1], ["label", "verified"]] = ["", False]
    made.posterior[pool[1]] = np.nan
    split = made.split(train_on=train_on, hold_out=0)
    assert split.target[pool[0]] == split.given[held] == 2
    assert split.trusted[pool[0]]
    assert split.validation[held]
    assert split.pool[pool[1]]
    assert split.given[pool[1]] == -1
    assert not (split.trusted | split.doubtful)[pool[1]]
