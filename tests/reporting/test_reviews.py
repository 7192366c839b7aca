"""What people heard: which decisions make a proposal right or wrong, what is counted, and what the page says of it."""

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.corrections import store
from pipeline.files import formats
from pipeline.reporting.report import write_report
from pipeline.results import outcomes, reviews, tables
from pipeline.results.interval import wilson
from pipeline.results.mistakes import per_class
from pipeline.results.numbers import summary

OTHER = "000000000000"


def _rows(run, outcome, n, **said):
    """Return rows of a corrections file for the first clips of an outcome, as the explorer writes them."""
    clips = run.labels[(run.labels["outcome"] == outcome) & (run.labels["given"] != "")][:n]
    proposed = clips["given"].where(clips["outcome"] == "verified", clips["target"])
    table = pd.DataFrame({"clip_id": clips["clip_id"], "given_label": clips["given"], "predicted_label": proposed})
    return [row | {"run_id": run.run_id} | said for row in table.to_dict("records")]


def _another(run, *names):
    return next(name for name in run.classes if name not in names)


@pytest.fixture
def reviewed(make_run):
    """A run, and the same run after a review of each kind of clip."""
    run = make_run(n=160).read()
    accepted = _rows(run, "promoted", 6, decision="accept")
    wrong = _rows(run, "promoted", 8, decision="reject")[6:]
    relabelled = _rows(run, "corrected", 3, decision="relabel")
    for row in relabelled:
        row["new_label"] = row["predicted_label"]
    kept = _rows(run, "corrected", 4, decision="accept")[3:]
    unsure = _rows(run, "left_out", 1, decision="unsure")
    agreed = _rows(run, "verified", 3, decision="accept")
    changed = _rows(run, "verified", 4, decision="relabel")[3:]
    changed[0]["new_label"] = _another(run, changed[0]["given_label"])
    rows = [*accepted, *wrong, *relabelled, *kept, *unsure, *agreed, *changed]
    rows[0]["run_id"] = OTHER
    return run, make_run(n=160, reviews=rows), rows


def test_counts_are_those_of_the_review(reviewed):
    table = reviews.counts(reviewed[1].read()).set_index("of")
    assert list(table.index) == ["promoted", "corrected", "left_out", "verified", "all"]
    ways = ["heard", "accepted", "relabelled", "rejected", "unsure", "settled"]
    assert table.loc["promoted", ways].tolist() == [8, 6, 0, 2, 0, 8]
    assert table.loc["corrected", ways].tolist() == [4, 1, 3, 0, 0, 4]
    assert table.loc["left_out", ways].tolist() == [1, 0, 0, 0, 1, 0]
    assert table.loc["verified", ways].tolist() == [4, 3, 1, 0, 0, 4]
    assert table.loc["all", ways[:-1]].tolist() == [17, 10, 4, 2, 1]
    assert table["right"].tolist() == pytest.approx([6 / 8, 3 / 4, np.nan, 3 / 4, np.nan], nan_ok=True)


def test_numbers_say_how_right_the_promotions_are_by_ear_and_the_reviewer_by_verified_labels(reviewed):
    found = reviews.scores(reviewed[1].read())
    low, high = wilson(np.array(0.75), np.array(8))
    assert found["review.promotion_precision"] == 0.75
    assert found["review.promotion_precision_clips"] == 8
    assert (found["review.promotion_precision_low"], found["review.promotion_precision_high"]) == (low, high)
    assert found["review.correction_precision"] == 0.75
    assert found["review.reviewer_agreement"] == 0.75
    assert found["review.of_other_data"] == 1


def test_numbers_say_what_changed(reviewed):
    before, made, rows = reviewed
    found, labels = reviews.scores(made.read()), made.read().labels.set_index("clip_id")
    given = before.labels.set_index("clip_id")["given"]
    assert found["review.confirmed"] == 7
    assert (
        found["review.changed"]
        == 4
        == sum(labels["label"][r["clip_id"]] not in ("", given[r["clip_id"]]) for r in rows)
    )
    assert found["review.withdrawn"] == 2 == (labels["label"][[r["clip_id"] for r in rows]] == "").sum()


def test_a_run_without_reviews_has_no_numbers_of_them(finished):
    assert reviews.scores(finished[0].read()) == {}
    assert not [name for name in json.loads((finished[1] / "metrics.json").read_text()) if name.startswith("review.")]
    page = (finished[1] / "index.html").read_text(encoding="utf-8")
    assert 'id="review"' not in page
    assert "reviewed" not in page.split('id="promotion"')[1].split('id="judging"')[0]
    written = formats.read_table(finished[1] / "tables" / "reviews.csv")
    assert list(written) == [*store.COLUMNS, "of", "right"]
    assert written.empty


@pytest.mark.parametrize(
    ("decision", "given_", "proposed", "new", "right"),
    [
        ("accept", "A", "A", "", 1),
        ("relabel", "A", "A", "A", 1),
        ("relabel", "A", "A", "B", 0),
        ("reject", "A", "A", "", 0),
        ("reject", "A", "A", "A", 0),
        ("reject", "A", "A", "B", None),
        ("unsure", "A", "A", "", None),
        ("relabel", "A", "B", "B", 1),
        ("relabel", "A", "B", "C", 0),
        ("accept", "A", "B", "", 0),
        ("reject", "A", "B", "B", 0),
        ("reject", "A", "B", "", None),
        ("accept", "A", "", "", 1),
        ("relabel", "", "", "B", None),
        ("relabel", "", "B", "B", 1),
    ],
)
def test_what_a_decision_says_of_a_proposal(decision, given_, proposed, new, right, make_run):
    made = make_run(n=24, classes=["A", "B", "C"])
    row = _rows(made.read(), "left_out", 1)[0] | {"given_label": given_, "predicted_label": proposed}
    row = dict.fromkeys(store.COLUMNS, "") | row | {"decision": decision, "new_label": new}
    store.write(made.root / "labels" / "corrections.csv", pd.DataFrame([row]))
    found = reviews.decided(made.read()).iloc[0]
    kind = "left_out" if not proposed else "promoted" if proposed == given_ else "corrected"
    assert found["of"] == kind
    assert found["right"] == right or (right is None and np.isnan(found["right"]))


def test_two_who_say_the_same_count_once_and_a_decision_outweighs_unsure(make_run):
    made = make_run(n=80)
    row = _rows(made.read(), "promoted", 1)[0]
    rows = [
        row | {"decision": "accept", "reviewer": "Ann"},
        row | {"decision": "accept", "reviewer": "Ben"},
        row | {"decision": "unsure", "reviewer": "Cid"},
    ]
    run = make_run(n=80, reviews=rows).read()
    assert reviews.counts(run).set_index("of").loc["all", ["heard", "accepted", "unsure"]].tolist() == [1, 1, 0]
    assert len(reviews.sheet(run)) == 3


def test_every_training_clip_is_counted_once_before_and_after_a_review(reviewed):
    before, made, _ = reviewed
    run, counts = made.read(), ["verified", "reviewed", "promoted", "corrected", "left_out"]
    for table in (tables.promotion(before), tables.promotion(run)):
        total = table.set_index("family").loc["all"]
        assert total["clips"] == before.train.sum() == total[counts].sum()
        assert total["came_verified"] == (before.train & before.answers["verified"]).sum()
    assert tables.promotion(run)["reviewed"].iloc[-1] == 14
    classes = per_class(run)
    assert classes["reviewed"].sum() == 14
    assert classes["clips"].tolist() == per_class(before)["clips"].tolist()


def test_what_somebody_has_heard_in_vain_is_not_asked_for_again(reviewed):
    table = outcomes.decisions(reviewed[1].read())
    lost = table["reason"].str.contains("quarantined")
    heard = table["review"] != ""
    assert heard.sum() == 3
    assert not heard[~lost][:-3].any()


def test_the_page_and_the_summary_report_the_review(reviewed, tmp_path):
    made = reviewed[1]
    out = tmp_path / "out"
    out.mkdir()
    found = write_report(out, made.read(), made.params)
    page = (out / "index.html").read_text(encoding="utf-8")
    part = page[page.index('id="review"') : page.index('id="learned"')]
    assert "17 clips were listened to: 10 accepted, 4 relabelled, 2 rejected, 1 undecided." in part
    assert "75.0% (95% interval: 40.9% to 92.9%) of 8 promotions heard are right" in part
    assert "1 of 17 decisions that are of an earlier state of the data" in part
    assert 'href="#review"' in page
    said = summary(found, made.params.ensemble, "")
    assert "reviewed  17 clips: 10 accepted, 4 relabelled, 2 rejected, 1 unsure; of the promotions heard, 75.0%" in said
    assert len(formats.read_table(out / "tables" / "reviews.csv")) == 17


@given(n=st.integers(1, 400), right=st.floats(0, 1))
def test_the_interval_is_the_one_in_which_the_share_is_not_surprising(n, right):
    share = round(right * n) / n
    low, high = (float(end) for end in wilson(np.array(share), np.array(n)))
    assert low <= share + 1e-12 <= high + 2e-12
    # The score test's own equation holds at both ends: (share - p)² = z² p (1 - p) / n.
    for end in (low, high):
        assert (share - end) ** 2 == pytest.approx(1.96**2 * end * (1 - end) / n, abs=1e-9)
