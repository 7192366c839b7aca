"""What cannot be followed is refused, with the line."""

import re

import pytest

from pipeline.corrections.store import check
from pipeline.errors import DataError

ACCEPT = {"clip_id": "c", "given_label": "Bark", "decision": "accept"}
REJECT = ACCEPT | {"decision": "reject"}
RELABEL = ACCEPT | {"decision": "relabel", "new_label": "Siren"}
UNSURE = {"clip_id": "c", "decision": "unsure"}
NOT_SIREN = REJECT | {"new_label": "Siren"}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"clip_id": "z"}, "found no clip 'z' in the data, expected a clip_id"),
        ({"clip_id": ""}, "found no clip ''"),
        ({"clip_id": "t"}, "clip 't' is a test clip, expected a training clip"),
        ({"decision": "accepted"}, "decision 'accepted', expected one of accept, reject, relabel, unsure"),
        ({"decision": "Accept"}, "decision 'Accept'"),
        ({"decision": ""}, "decision ''"),
        ({"given_label": "Dog"}, "given_label 'Dog' is no class, expected one of Bark, Bell, Siren"),
        ({"given_label": "bark"}, "given_label 'bark'"),
        ({"predicted_label": "=cmd"}, "predicted_label '=cmd' is no class"),
        ({"decision": "relabel", "new_label": "Dog"}, "new_label 'Dog' is no class"),
        ({"decision": "relabel"}, "relabel without a new_label"),
        ({"new_label": "Siren"}, "new_label 'Siren' beside accept"),
        ({"decision": "unsure", "new_label": "Siren"}, "new_label 'Siren' beside unsure"),
        ({"given_label": ""}, "accept without a label"),
        ({"given_label": "", "decision": "reject"}, "reject without a label"),
    ],
)
def test_a_row_that_cannot_be_followed(table, clips, classes, changes, words):
    made = table(UNSURE, ACCEPT | changes)
    with pytest.raises(DataError, match=rf"^data/corrections\.csv:3: .*{re.escape(words)}"):
        check(made, clips, classes, "data/corrections.csv")


def test_the_label_of_a_test_clip_is_not_told(table, clips, classes):
    told = clips.assign(label=clips["label"].where(clips["split"] == "train", "Siren"))
    with pytest.raises(DataError) as caught:
        check(table(ACCEPT | {"clip_id": "t"}), told, classes, "c.csv")
    assert "Siren" not in str(caught.value)


@pytest.mark.parametrize(
    ("one", "two", "words"),
    [
        (ACCEPT, REJECT, "clip 'c' is not 'Bark', but line 3 says that it is 'Bark'"),
        (ACCEPT, RELABEL, "clip 'c' is 'Siren', but line 3 says that it is 'Bark'"),
        (RELABEL, RELABEL | {"new_label": "Bell"}, "clip 'c' is 'Bell', but line 3 says that it is 'Siren'"),
        (NOT_SIREN, RELABEL, "clip 'c' is 'Siren', but line 3 says that it is not 'Siren'"),
        (ACCEPT, ACCEPT | {"given_label": "Bell"}, "clip 'c' is 'Bell', but line 3 says that it is 'Bark'"),
    ],
)
def test_rows_that_contradict_each_other_are_both_named(table, clips, classes, one, two, words):
    between = UNSURE | {"clip_id": "d"}
    with pytest.raises(DataError, match=rf"^c\.csv:5: {re.escape(words)}; expected rows of one clip to agree"):
        check(table(between, one, between, two), clips, classes, "c.csv")
    with pytest.raises(DataError, match=r"^c\.csv:3: "):
        check(table(two, one), clips, classes, "c.csv")


@pytest.mark.parametrize(
    "rows",
    [
        [],
        [ACCEPT],
        [ACCEPT, ACCEPT | {"reviewer": "Bob"}],
        [ACCEPT, ACCEPT | {"decision": "relabel", "new_label": "Bark"}],
        [ACCEPT, UNSURE],
        [ACCEPT, NOT_SIREN],
        [REJECT, NOT_SIREN],
        [REJECT, RELABEL],
        [RELABEL, RELABEL | {"given_label": "", "reviewer": "Bob"}],
        [UNSURE, UNSURE],
        [ACCEPT | {"run_id": "of an older run", "given_label": "Bell"}],
        [{"clip_id": "e", "decision": "relabel", "new_label": "Bell"}],
        [{"clip_id": "e", "decision": "reject", "new_label": "Bell", "predicted_label": "Bell"}],
    ],
)
def test_rows_that_agree_are_taken(table, clips, classes, rows):
    check(table(*rows), clips, classes, "c.csv")
    check(table(*rows[::-1]), clips, classes, "c.csv")
