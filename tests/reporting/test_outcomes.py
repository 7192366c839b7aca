"""What was decided of each unverified label: tables and numbers against counts made by hand, and against the truth."""

import json

import numpy as np
import pandas as pd
import pytest

from pipeline.errors import ArtifactError
from pipeline.files import formats
from pipeline.reporting.figures import belief
from pipeline.reporting.figures.style import LeftOut, Picture
from pipeline.reporting.report import write_report
from pipeline.results import beliefs, outcomes, tables
from pipeline.results.interval import wilson
from pipeline.results.numbers import summary


@pytest.fixture
def run(finished):
    return finished[0].read()


def _report(made, out):
    out.mkdir()
    found = write_report(out, made.read(), made.params)
    return found, (out / "index.html").read_text(encoding="utf-8")


def _change(made, **columns):
    """Overwrite columns of labels.csv."""
    path = made.root / "labels" / "labels.csv"
    formats.write_table(path, formats.read_table(path).assign(**columns))


def test_every_unverified_training_clip_has_one_row_and_no_other(run):
    table = outcomes.decisions(run)
    wanted = run.answers.loc[(run.answers["split"] == "train") & ~run.answers["verified"], "clip_id"]
    assert sorted(table["clip_id"]) == sorted(wanted)
    columns = ["clip_id", "family", "label", "outcome", "target", "probability", "reason", "review", "truth"]
    assert list(table) == columns


def test_what_is_most_worth_listening_to_comes_first(run):
    table = outcomes.decisions(run)
    lost = set(run.answers["clip_id"][~run.features.ok])
    heard = table[~table["clip_id"].isin(lost)]
    assert set(table["clip_id"][len(heard) :]) == lost & set(table["clip_id"])
    first = heard["outcome"].ne("promoted").sum()
    assert (heard["outcome"][first:] == "promoted").all()
    doubt = (heard.loc[heard["outcome"] == "left_out", "probability"] - 0.5).abs()
    assert doubt.is_monotonic_increasing
    assert heard.loc[heard["outcome"] == "corrected", "probability"].is_monotonic_decreasing
    corrected = (heard["outcome"] == "corrected").sum()
    assert heard["outcome"][: 2 * corrected].tolist() == ["left_out", "corrected"] * corrected


def test_clips_of_unknown_probability_follow_the_known_ones_of_their_outcome(make_run):
    made = make_run(n=80)
    table = formats.read_table(made.root / "labels" / "labels.csv")
    left = table.index[table["outcome"] == "left_out"][0]
    _change(made, probability=table["probability"].where(table.index != left, "nan"))
    found = outcomes.decisions(made.read())
    rows = found[(found["outcome"] == "left_out") & ~found["reason"].eq("quarantined")]
    assert rows["clip_id"].iloc[-1] == table["clip_id"][left]


def test_the_truth_is_in_the_table_only_where_it_is_known(make_run):
    assert "truth" not in outcomes.decisions(make_run(n=40, truth=False).read())


def test_corrections_are_scored_as_counted_by_hand(run):
    rows = {row["clip_id"]: row for row in outcomes.decisions(run).to_dict("records")}.values()
    wrong = [row for row in rows if row["label"] != row["truth"]]
    corrected = [row for row in rows if row["outcome"] == "corrected"]
    total = outcomes.corrections(run).set_index("family").loc["all"]
    assert len(corrected) > 2
    assert total["true_correction_precision"] == np.mean([row["target"] == row["truth"] for row in corrected])
    assert total["correction_precision"] == pytest.approx(np.mean([row["probability"] for row in corrected]))
    assert total["true_caught"] == np.mean([row["outcome"] != "promoted" for row in wrong])
    put_right = [row["outcome"] == "corrected" and row["target"] == row["truth"] for row in wrong]
    assert total["true_put_right"] == np.mean(put_right)
    assert list(outcomes.corrections(run)["family"])[-1] == "all"


def test_sounds_of_no_class_are_counted_among_the_unverified_alone(make_run):
    made = make_run(n=80)
    path = made.root / "clips" / "clips.csv"
    table = formats.read_table(path)
    strange = table["clip_id"].isin(["clip0000", "clip0001", "clip0002", "clip0004", "clip0005"])
    formats.write_table(path, table.assign(truth=table["truth"].mask(strange, "Thunder")))
    run = made.read()
    rows = outcomes.decisions(run)
    counted = (rows["truth"] == "Thunder").sum()
    assert 0 < counted < strange.sum()
    assert outcomes.corrections(run).set_index("family").loc["all", "true_outside"] == counted / len(rows)


def test_promotion_table_has_corrected_and_left_out_beside_promoted(run):
    table = tables.promotion(run)
    assert list(table)[4:9] == ["verified", "reviewed", "promoted", "corrected", "left_out"]
    parts = table[["verified", "reviewed", "promoted", "corrected", "left_out"]].sum(axis=1)
    assert (parts == table["clips"]).all()
    assert (table[:-1].set_index("family")["clips"].sum()) == table["clips"].iloc[-1]
    assert table["true_correction_precision"].notna().any()


def test_numbers_by_group_add_up_and_calibration_error_is_the_mean_gap(finished):
    found = json.loads((finished[1] / "metrics.json").read_text())
    for kind in ("promoted", "corrected", "left_out"):
        assert sum(found[f"family.family{g}.{kind}"] for g in (0, 1)) == found[f"promotion.{kind}"]
    assert found["family.family1.estimated_noise_rate"] == found["promotion.estimated_noise_rate"]
    bins = formats.read_table(finished[0].root / "labels" / "calibration.csv").query("clips != '0'").astype(float)
    gap = (bins["clips"] * (bins["predicted"] - bins["observed"]).abs()).sum() / bins["clips"].sum()
    assert found["judges.calibration_error"] == pytest.approx(gap, abs=1e-6)
    assert found["judges.verified_clips"] == bins["clips"].sum()


def test_auroc_is_the_share_of_pairs_in_which_the_right_label_is_believed_more(run):
    believed, right = run.belief, run.given_right
    known = np.isfinite(believed) & np.isfinite(right)
    good, bad = believed[known & (right == 1)], believed[known & (right == 0)]
    pairs = (good[:, None] > bad).mean() + 0.5 * (good[:, None] == bad).mean()
    assert outcomes.given_label_auroc(run) == pytest.approx(pairs)


def test_belief_is_of_the_given_label_of_unverified_clips_alone(run):
    known = np.flatnonzero(np.isfinite(run.belief))
    assert run.unverified[known].all()
    row = known[0]
    column = run.classes.index(run.labels["label"][row])
    assert run.belief[row] == pytest.approx(run.posterior[row, column])


def test_clips_without_a_label_are_neither_right_nor_wrong(make_run):
    made = make_run(n=60)
    table = formats.read_table(made.root / "labels" / "labels.csv")
    bare = table["outcome"] == "left_out"
    _change(made, label=table["label"].where(~bare, ""), family=table["family"].where(~bare, ""))
    run = made.read()
    assert np.isnan(run.given_right[bare]).all()
    assert np.isnan(run.belief[bare]).all()
    assert len(outcomes.decisions(run)) == run.unverified.sum()


def test_both_figures_are_drawn_or_say_why_not(run, make_run):
    drawn = [*belief.reliability(beliefs.reliability(run)), *belief.beliefs(beliefs.histogram(run))]
    assert [item.name for item in drawn if isinstance(item, Picture)] == ["reliability", "beliefs"]
    titles = [axes.get_title() for axes in drawn[1].figure.axes]
    right = np.isfinite(run.belief) & (run.given_right == 1)
    assert titles[0] == f"given label right: {right.sum()} clips"
    silent = make_run(n=60, judged=False).read()
    missing = [*belief.reliability(beliefs.reliability(silent)), *belief.beliefs(beliefs.histogram(silent))]
    assert all(isinstance(item, LeftOut) for item in missing)
    assert "no verified clip was judged" in missing[0].why


def test_a_run_that_believes_nothing_has_no_numbers_of_belief(make_run, tmp_path):
    found, page = _report(make_run(n=60, judged=False), tmp_path / "out")
    assert "judges.calibration_error" not in found
    assert "promotion.given_label_auroc" not in found
    assert "Left out: Reliability of the judges" in page
    assert "corrections right" not in page


@pytest.mark.parametrize("edges", [0.5, 1.0])
def test_intervals_hold_the_share_and_narrow_with_clips(edges):
    share = np.array([0.0, edges, 1.0])
    low, high = wilson(share, np.array([4, 4, 4]))
    assert ((low <= share + 1e-9) & (share - 1e-9 <= high)).all()
    narrow = wilson(share, np.array([400, 400, 400]))
    assert (narrow[1] - narrow[0] < high - low).all()


def test_the_page_shows_twenty_decisions_and_links_to_all(finished):
    page = (finished[1] / "index.html").read_text(encoding="utf-8")
    part = page[page.index('<section id="next">') :]
    assert part.count('<th scope="row">') == 20
    assert "tables/decisions.csv" in part
    assert "left out" in part
    assert "left_out" not in part


def test_hostile_decisions_are_inert_in_the_page_and_in_the_table(make_run, tmp_path):
    names = sorted(["<img src=x onerror=alert(1)>", "=HYPERLINK(1)", "@sum", "Oboe"])
    made = make_run(n=120, classes=names)
    _change(made, reason="=1+1 <script>alert(1)</script>")
    _, page = _report(made, tmp_path / "out")
    assert page.count("<script") == 1
    assert "<img src=x" not in page
    cells = pd.read_csv(tmp_path / "out" / "tables" / "decisions.csv", dtype=str, keep_default_na=False)
    assert not cells.map(lambda cell: cell.startswith(("=", "+", "@"))).to_numpy().any()
    assert (cells["target"] == "'=HYPERLINK(1)").any()


@pytest.mark.parametrize("folds", [(None, None), (None, 1), (2, None)])
def test_members_that_hold_out_no_fold_are_shown_without_a_number(folds, make_run, tmp_path):
    made = make_run(n=80, folds=folds)
    found, page = _report(made, tmp_path / "out")
    assert ">nan" not in page.lower()
    table = tables.members_and_means(made.read(), made.params.ensemble)
    assert table["val_accuracy"].notna().tolist()[:2] == [fold is not None for fold in folds]
    assert table.loc[table["kind"] == "mean", "val_accuracy"].isna().all()
    assert list(table["name"][2:]) == ["arithmetic mean", "geometric mean"]
    none = all(fold is None for fold in folds)
    assert ("No member holds out a fold" in page) == none
    assert ("Members do not hold out the same fold" in page) == (not none)
    assert not [name for name, value in found.items() if not np.isfinite(value)]
    plotted = formats.read_table(tmp_path / "out" / "plots" / "rounds.csv")
    assert list(plotted) == ["round", "threshold", "selected", "right", "validation"]
    assert len(plotted) == 3


def test_summary_counts_corrections(finished):
    found = json.loads((finished[1] / "metrics.json").read_text())
    said = summary(found, finished[0].params.ensemble, "")
    assert f"corrected {found['promotion.corrected']}, left out {found['promotion.left_out']}: trusted" in said


@pytest.mark.parametrize(
    ("file", "words"),
    [("posterior.npy", "missing; run `dvc repro`"), ("calibration.csv", "missing; run `dvc repro`")],
)
def test_a_missing_artefact_is_named(file, words, make_run):
    made = make_run(n=24)
    (made.root / "labels" / file).unlink()
    with pytest.raises(ArtifactError, match=words) as error:
        made.read()
    assert file in str(error.value)


def test_a_posterior_of_other_clips_is_refused(make_run):
    made = make_run(n=24)
    formats.write_array(made.root / "labels" / "posterior.npy", np.full((23, 12), 1 / 12, np.float32))
    with pytest.raises(ArtifactError, match=r"posterior\.npy: found float32\(23, 12\), expected float32\(24, 12\)"):
        made.read()
