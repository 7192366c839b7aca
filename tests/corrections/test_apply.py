"""What a review makes of the labels, and what it says of itself."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.corrections.store import check, read, run_id, write
from pipeline.corrections.verdicts import apply, describe, ruled_out
from pipeline.errors import DataError
from pipeline.probs.pooling import without

ACCEPT = {"clip_id": "c", "given_label": "Bark", "decision": "accept"}
REJECT = ACCEPT | {"decision": "reject"}
RELABEL = ACCEPT | {"decision": "relabel", "new_label": "Siren"}
UNSURE = ACCEPT | {"decision": "unsure"}
NOT_SIREN = REJECT | {"new_label": "Siren"}

NAMES = ["Bark", "Bell", "Siren"]
rows = st.builds(
    lambda **cells: cells,
    clip_id=st.sampled_from("abcde"),
    given_label=st.sampled_from(NAMES),
    decision=st.sampled_from(["accept", "reject", "relabel", "unsure"]),
    reviewer=st.sampled_from(["", "Ada", "Bob"]),
    new_label=st.sampled_from(["", *NAMES]),
)


@pytest.mark.parametrize(
    ("said", "label", "verified", "review", "out"),
    [
        ([], "Bark", False, "", []),
        ([UNSURE], "Bark", False, "unsure", []),
        ([ACCEPT], "Bark", True, "accept", []),
        ([RELABEL], "Siren", True, "relabel", []),
        ([REJECT], "", False, "reject", ["Bark"]),
        ([NOT_SIREN], "Bark", False, "reject", ["Siren"]),
        ([NOT_SIREN, REJECT], "", False, "reject", ["Bark", "Siren"]),
        ([UNSURE, REJECT], "", False, "reject", ["Bark"]),
        ([REJECT, RELABEL], "Siren", True, "relabel", ["Bark"]),
        ([NOT_SIREN, ACCEPT], "Bark", True, "accept", ["Siren"]),
        ([UNSURE, ACCEPT, ACCEPT], "Bark", True, "accept", []),
        ([REJECT | {"given_label": "Bell"}], "Bark", False, "reject", ["Bell"]),
        ([ACCEPT | {"given_label": "Bell"}], "Bell", True, "accept", []),
    ],
)
def test_what_is_in_force(table, clips, classes, said, label, verified, review, out):
    for order in (said, said[::-1]):
        found = apply(clips, table(*order))
        row = found.set_index("clip_id").loc["c"]
        assert (row["label"], row["verified"], row["given"], row["review"]) == (label, verified, "Bark", review)
        mask = ruled_out(table(*order), clips, classes)
        assert [classes[i] for i in np.flatnonzero(mask[2])] == out
        assert not np.delete(mask, 2, axis=0).any()
        others = found["clip_id"] != "c"
        pd.testing.assert_frame_equal(found.loc[others, clips.columns], clips[others])
        assert (found["given"] == clips["label"]).all()
        assert (found["review"][others] == "").all()
        assert found["verified"].dtype == bool


def test_a_person_goes_over_what_was_verified(table, clips):
    found = apply(clips, table(REJECT | {"clip_id": "a"}, RELABEL | {"clip_id": "b", "given_label": "Bell"}))
    assert found["label"].tolist()[:2] == ["", "Siren"]
    assert found["verified"].tolist()[:2] == [False, True]
    assert apply(clips, table(ACCEPT | {"clip_id": "a"}))["verified"][0]
    assert apply(clips, table(UNSURE | {"clip_id": "a"}))["verified"][0]


def test_the_clips_given_are_not_changed(table, clips):
    before = clips.copy(deep=True)
    apply(clips, table(RELABEL, REJECT | {"clip_id": "a"}))
    pd.testing.assert_frame_equal(clips, before)


@given(said=st.lists(rows, max_size=8), data=st.data())
@settings(max_examples=60)
def test_the_order_of_rows_does_not_matter(table, said, data):
    clips = pd.DataFrame(
        {"clip_id": list("abcde"), "label": [*NAMES, "Bark", ""], "verified": [True, False] * 2 + [False]}
    ).assign(split="train")
    one, two = table(*said), table(*data.draw(st.permutations(said)))

    def taken(made):
        try:
            check(made, clips, NAMES, "c.csv")
        except DataError:
            return False
        return True

    assert taken(one) == taken(two)
    if taken(one):
        pd.testing.assert_frame_equal(apply(clips, one), apply(clips, two))
        np.testing.assert_array_equal(ruled_out(one, clips, NAMES), ruled_out(two, clips, NAMES))
        found, out = apply(clips, one), ruled_out(one, clips, NAMES)
        column = pd.Index(NAMES).get_indexer(found["label"])
        assert not out[np.arange(5), column][column >= 0].any()
        assert (found["label"] != "")[found["verified"]].all()


def test_what_is_written_and_read_again_means_the_same(table, clips, tmp_path):
    said = table(RELABEL, REJECT | {"clip_id": "a"}, UNSURE | {"clip_id": "d"})
    write(tmp_path / "corrections.csv", said)
    pd.testing.assert_frame_equal(read(tmp_path / "corrections.csv"), said)


class TestRunId:
    def test_it_is_twelve_hex_digits_and_always_the_same(self, clips, classes):
        found = run_id(clips, classes)
        assert len(found) == 12
        assert int(found, 16) >= 0
        assert found == run_id(clips.copy(), list(classes))

    @pytest.mark.parametrize(("column", "value"), [("clip_id", "aa"), ("label", "Siren"), ("verified", False)])
    def test_it_changes_with_the_training_clips(self, clips, classes, column, value):
        before = run_id(clips, classes)
        clips.loc[0, column] = value
        assert run_id(clips, classes) != before

    def test_it_changes_with_the_classes(self, clips, classes):
        assert run_id(clips, classes) != run_id(clips, classes[::-1])

    @pytest.mark.parametrize(("column", "value"), [("clip_id", "tt"), ("label", "Siren"), ("verified", False)])
    def test_test_clips_do_not_count(self, clips, classes, column, value):
        before = run_id(clips, classes)
        clips.loc[5, column] = value
        assert run_id(clips, classes) == before

    @pytest.mark.parametrize(("column", "value"), [("fold", 7), ("path", "x"), ("group", "x")])
    def test_neither_do_folds_paths_or_sources(self, clips, classes, column, value):
        before = run_id(clips, classes)
        assert run_id(clips.assign(**{column: value}), classes) == before


class TestDescribe:
    def test_nothing_is_said_of_no_review(self, table):
        assert describe(table(), "0" * 12) == []

    def test_clips_are_counted_not_rows(self, table):
        mine = {"run_id": "abc"}
        said = [ACCEPT, ACCEPT, UNSURE, RELABEL | {"clip_id": "d"}, UNSURE | {"clip_id": "e"}]
        assert describe(table(*[row | mine for row in said]), "abc") == [
            "review: 1 accepted, 0 rejected, 1 relabelled, 1 unsure (clips)"
        ]

    def test_rows_of_another_run_are_counted(self, table):
        said = table(ACCEPT | {"run_id": "abc"}, REJECT | {"clip_id": "d", "run_id": "old"}, UNSURE | {"clip_id": "e"})
        review, warning = describe(said, "abc")
        assert review.startswith("review: 1 accepted, 1 rejected")
        assert warning == "warning: 2 of 3 rows were not made in this run (abc): they are taken as they are"


def test_without_takes_a_share_and_gives_it_to_the_others():
    probs = np.array([[0.5, 0.3, 0.2], [0.5, 0.3, 0.2], [0.1, 0.2, 0.7], [np.nan] * 3, [0.5, 0.5, 0]], np.float32)
    out = np.array([[0, 0, 0], [1, 0, 0], [1, 1, 1], [1, 0, 0], [1, 1, 0]], bool)
    found = without(probs, out)
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found[0], probs[0])
    np.testing.assert_allclose(found[1], [0, 0.6, 0.4])
    assert np.isnan(found[2:]).all()
