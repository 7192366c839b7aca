"""What a run says of its own review."""

import pandas as pd
import pytest

from pipeline.corrections import store
from pipeline.errors import ArtifactError
from pipeline.files import artifacts, formats


def test_the_clips_of_a_fold_count_with_what_a_person_said_of_them(make_run):
    plain = make_run(n=80)
    run = plain.read()
    open_ = run.labels[run.unverified & (run.answers["fold"] == 0) & (run.labels["label"] != "")]["clip_id"].iloc[0]
    proven = run.labels[run.train & run.labels["verified"] & (run.answers["fold"] == 0)]["clip_id"].iloc[0]
    at = {clip: run.labels.index[run.labels["clip_id"] == clip][0] for clip in (open_, proven)}
    other = next(name for name in run.classes if name != run.labels["label"][at[open_]])
    rejected = {"clip_id": proven, "given_label": run.labels["label"][at[proven]], "decision": "reject"}
    said = [{"clip_id": open_, "decision": "relabel", "new_label": other}, rejected]
    again = make_run(n=80, reviews=said).read()
    before, after = run.held_out(0), again.held_out(0)
    assert (before[at[open_]], after[at[open_]]) == (-1, run.classes.index(other))
    assert before[at[proven]] >= 0 > after[at[proven]]
    assert (before != after).sum() == 2
    assert not again.unverified[at[open_]]
    assert again.unverified[at[proven]]
    assert again.run_id == run.run_id == store.run_id(artifacts.read_clips(plain.root / "clips"), run.classes)
    assert list(again.reviews.columns) == store.COLUMNS
    assert again.reviews["decision"].tolist() == ["relabel", "reject"]
    assert run.reviews.empty
    pd.testing.assert_series_equal(again.labels["given"], run.labels["given"])


@pytest.mark.parametrize("found", [[], {}, {"run_id": 5}])
def test_a_run_without_its_id_is_named(make_run, found):
    made = make_run(n=20)
    formats.write_json(made.root / "labels" / "run.json", found)
    with pytest.raises(ArtifactError, match=r"run\.json: found no run_id.*dvc repro"):
        made.read()
