"""The columns of data.js against what the run says, clip by clip."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from pipeline.explorer import records


def test_every_column_has_an_entry_a_clip(written):
    run, _, shown = written
    clips = shown["clips"]
    assert {len(column) for name, column in clips.items() if name != "members"} == {len(run.answers)}
    assert {len(column) for column in clips["members"].values()} == {len(run.answers)}
    assert list(clips["members"]) == shown["members"] == ["small", "large"]
    assert clips["id"] == run.answers["clip_id"].tolist()
    assert clips["path"] == run.answers["path"].tolist()


def test_given_labels_are_shown_of_test_clips_too_but_targets_are_not(written):
    run, _, shown = written
    names = [shown["classes"][i] for i in shown["clips"]["label"]]
    assert names == run.answers["label"].tolist()
    target = [shown["classes"][i] if i >= 0 else "" for i in shown["clips"]["target"]]
    assert target == run.labels["target"].tolist()
    of_tests = np.flatnonzero(~run.train)
    for name, nothing in (("target", -1), ("family", -1), ("confidence", None), ("probability", None)):
        assert {shown["clips"][name][i] for i in of_tests} == {nothing}


def test_statuses_follow_from_outcomes_selections_and_quarantine(written):
    run, _, shown = written
    chosen = {clip for member in run.members for clip in member.selections["clip_id"]}
    assert chosen
    for i, status in enumerate(shown["clips"]["status"]):
        outcome = run.labels["outcome"][i]
        left_out = "pseudo-labelled" if run.answers["clip_id"][i] in chosen else "pool"
        expected = "quarantined" if i == 7 else left_out if outcome == "left_out" else outcome
        assert shown["statuses"][status] == expected


def test_rounds_are_the_last_and_selections_are_all_of_them(written):
    run, _, shown = written
    flat = {
        (int(row), *selection[:3], selection[3]) for row, found in shown["selections"].items() for selection in found
    }
    expected = set()
    for number, member in enumerate(run.members):
        for line in member.selections.itertuples():
            row, column = run.answers["clip_id"].tolist().index(line.clip_id), run.classes.index(line.target)
            expected.add((row, number, int(line.round), column, 0.812))
    assert flat == expected
    assert sum(map(len, shown["selections"].values())) == len(expected)
    for row, number in enumerate(shown["clips"]["round"]):
        assert number == max((s[1] for s in shown["selections"].get(str(row), [])), default=0)


def test_times_are_where_the_spectrogram_lies_in_the_file(written):
    _, _, shown = written
    clips = shown["clips"]
    assert clips["length"][0] == pytest.approx(10 * 512 / 22050, abs=1e-3)
    assert clips["offset"][0] == 0.25
    assert clips["seconds"][0] == pytest.approx(10 * 512 / 22050 + 0.5, abs=1e-3)


def test_margins_are_first_minus_second_and_unknown_of_the_quarantined(written):
    run, _, shown = written
    assert shown["clips"]["margin"][7] is None
    for row in (0, 11, 30):
        second, first = np.sort(run.probs[row])[-2:]
        assert shown["clips"]["margin"][row] == pytest.approx(first - second, abs=1e-4)


def test_the_likeliest_three_are_in_order_and_absent_where_nothing_is_known(written):
    run, _, shown = written
    assert shown["clips"]["top"][7] == shown["clips"]["members"]["small"][7] == shown["clips"]["judged"][7] == []
    assert shown["clips"]["judged"][5] == []
    for row in (0, 20):
        order = sorted(range(7), key=lambda c, row=row: -run.probs[row, c])[:3]
        assert shown["clips"]["top"][row][::2] == order
        np.testing.assert_allclose(shown["clips"]["top"][row][1::2], run.probs[row, order], atol=5e-4)


def test_of_two_classes_there_are_two_and_of_one_one():
    assert records.likeliest(np.array([[0.25, 0.75]], np.float32)) == [[1, 0.75, 0, 0.25]]
    assert records.likeliest(np.ones((1, 1), np.float32)) == [[0, 1.0]]


def test_maps_keep_their_aspect_and_fill_the_longer_side(written):
    run, _, shown = written
    x, y = shown["maps"]["tsne"]["x"], shown["maps"]["tsne"]["y"]
    assert x[7] is y[7] is None
    there = [i for i in range(len(x)) if i != 7]
    assert (min(x[i] for i in there), max(x[i] for i in there)) == (-1, 1)
    table = run.maps["tsne"]
    scale = (table["x"].max() - table["x"].min()) / 2
    assert y[0] - y[1] == pytest.approx((table["y"][0] - table["y"][1]) / scale, abs=2e-4)
    assert set(shown["maps"]["umap"]["y"]) == {0, None}


def test_a_map_of_one_place_or_none_is_not_divided_by_nothing(made_up):
    run = made_up.make(n=6)
    one = run.maps["tsne"].assign(x=3.0, y=4.0)
    none = one.assign(x=np.nan)
    shown = records.maps(dataclasses.replace(run, maps={"tsne": one, "umap": none}))
    assert shown == {"tsne": {"x": [0] * 6, "y": [0] * 6}, "umap": {"x": [None] * 6, "y": [None] * 6}}


@given(hnp.arrays(np.float64, st.integers(0, 20), elements=st.floats(-1e6, 1e6) | st.just(np.nan) | st.just(np.inf)))
def test_what_is_not_a_number_is_none(values):
    for value, shown in zip(values, records.known(values, 3), strict=True):
        assert shown is None if not np.isfinite(value) else abs(shown - value) <= 5.1e-4
