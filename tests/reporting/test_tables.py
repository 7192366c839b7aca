"""Tables, numbers and submission, against counts made by hand."""

import numpy as np
import pytest

from pipeline.errors import ArtifactError
from pipeline.reporting.figures.scatter import deal
from pipeline.reporting.figures.style import MARKERS, PALETTE, plain, slug, style
from pipeline.results import mistakes, tables
from pipeline.results.numbers import numbers, summary
from pipeline.results.submission import submission


@pytest.fixture
def run(finished):
    return finished[0].read()


@pytest.fixture
def settings(finished):
    return finished[0].params.ensemble


def test_test_targets_are_the_truth_of_test_clips_alone(run):
    targets = run.test_targets
    assert (targets[run.train] == -1).all()
    names = np.array(run.classes)[targets[~run.train]]
    assert (names == run.answers["truth"].to_numpy()[~run.train]).all()


def test_members_and_means_are_scored_on_the_same_clips(run, settings):
    table = tables.members_and_means(run, settings)
    assert list(table["name"]) == ["small", "large", "arithmetic mean", "geometric mean", "weighted mean"]
    assert table.loc[table["chosen"], "name"].tolist() == ["geometric mean"]
    assert len(set(table["test_clips"])) == 1
    scored = ~run.train & run.features.ok
    guess = np.array(run.classes)[np.nanargmax(run.members[0].probs[scored], axis=1)]
    assert table["test_accuracy"][0] == pytest.approx((guess == run.truth[scored]).mean())
    assert table["test_map3"].between(table["test_accuracy"], 1).all()


def test_means_have_no_validation_score_where_members_hold_out_different_folds(make_run):
    made = make_run(folds=(0, 1))
    table = tables.members_and_means(made.read(), made.params.ensemble)
    assert table.loc[table["kind"] == "member", "val_accuracy"].notna().all()
    assert table.loc[table["kind"] == "mean", "val_accuracy"].isna().all()


def test_selections_are_judged_by_the_truth(run):
    table = tables.rounds(run)
    truth = dict(zip(run.answers["clip_id"], run.answers["truth"], strict=True))
    first = run.members[0].selections.query("round == 1")
    right = np.mean([truth[c] == t for c, t in zip(first["clip_id"], first["target"], strict=True)])
    assert table["selected_precision"][0] == pytest.approx(right)
    counts = tables.selected_per_class(run)
    assert counts["selected"].sum() == sum(len(member.selections) for member in run.members)


def test_unknown_truth_judges_nothing(make_run):
    run = make_run(truth=False).read()
    assert tables.rounds(run)["selected_precision"].isna().all()
    assert "true_precision" not in tables.promotion(run)


def test_per_class_counts_training_clips_and_scores_test_clips(run):
    table = mistakes.per_class(run)
    assert list(table["class"]) == run.classes
    assert table["clips"].sum() == run.train.sum()
    assert table["support"].sum() == (~run.train & run.features.ok).sum()
    assert (table["verified"] + table["promoted"]).sum() == run.trusted.sum()


def test_confusion_and_mistakes_agree(run):
    answers = mistakes.confusion(run)
    assert len(answers) == (~run.train & run.features.ok).sum()
    wrong = answers["actual"] != answers["predicted"]
    assert mistakes.mistakes(run, most=10**6)["clips"].sum() == wrong.sum()
    surest = mistakes.surest_mistakes(run, most=3)
    assert surest["probability"].tolist() == sorted(answers["probability"][wrong], reverse=True)[:3]
    assert (surest["actual"] != surest["predicted"]).all()


def test_submission_has_a_row_for_every_test_clip(run):
    table = submission(run)
    assert list(table.columns) == ["fname", "label"]
    assert list(table["fname"]) == [f"{clip}.wav" for clip in run.answers["clip_id"][~run.train]]
    assert (table["label"].str.split().map(lambda names: len(set(names))) == 3).all()
    assert set(table["label"].str.split().explode()) <= set(run.classes)


def test_a_quarantined_test_clip_gets_the_most_frequent_trusted_classes(run):
    table = submission(run).set_index("fname")
    counts = run.labels["label"][run.trusted].value_counts()
    given = table.loc["clip0003.wav", "label"].split()
    assert sorted(counts[given], reverse=True) == sorted(counts, reverse=True)[:3]


def test_numbers_are_finite_and_flat(run, settings):
    found = numbers(run, tables.promotion(run), tables.members_and_means(run, settings), settings)
    assert all(type(value) in (int, float) and np.isfinite(value) for value in found.values())
    assert found["quarantined"] == 3
    assert found["promotion.trusted_after"] == pytest.approx(run.trusted.sum() / run.train.sum())
    assert found["mean.geometric.test_accuracy"] == found["ensemble.test_accuracy"]


def test_summary_says_what_was_promoted_scored_and_written(run, settings):
    found = numbers(run, tables.promotion(run), tables.members_and_means(run, settings), settings)
    *_, promoted, ensemble, report = summary(found, settings, "reports/index.html").splitlines()
    assert f"{run.labels['promoted'].sum()} of " in promoted
    assert f"{found['ensemble.test_accuracy']:.1%}" in ensemble
    assert report.endswith("reports/index.html")
    bare = {name: value for name, value in found.items() if "test_map3" not in name}
    assert "no test label is known" in summary(bare, settings, "")


def test_what_is_plotted_by_round_are_means_over_the_members_that_had_it(run):
    table = tables.rounds(run)
    found = tables.by_round(table).set_index("round")
    assert list(found.index) == [1, 2, 3]
    for number, part in table.groupby("round"):
        assert found.loc[number, "threshold"] == pytest.approx(part["lower"].mean())
        assert found.loc[number, "selected"] == pytest.approx((part["selected"] / part["pool"]).mean())
        assert found.loc[number, "right"] == pytest.approx(part["selected_precision"].mean(), nan_ok=True)
        assert found.loc[number, "validation"] == pytest.approx(part["val_accuracy"].mean(), nan_ok=True)
    empty = tables.by_round(table.assign(pool=0, selected=0))
    assert empty["selected"].isna().all()


def test_splits_are_counted_as_the_clips_came(run):
    table = tables.splits(run).set_index("split")
    clips, lost = run.answers, set(run.answers["clip_id"][~run.features.ok])
    train = clips[clips["split"] == "train"]
    assert table.loc["training", ["clips", "verified"]].tolist() == [len(train), train["verified"].sum()]
    assert table.loc["training", "quarantined"] == len(lost & set(train["clip_id"]))
    assert table.loc["all", "clips"] == table.loc["training", "clips"] + table.loc["test", "clips"] == len(clips)
    assert table.loc["all", "minutes"] == pytest.approx(2 * (len(clips) - len(lost)) / 60)


def test_classes_are_dealt_into_at_most_four_panels():
    for n in range(1, 42):
        names = [f"class{i:02d}" for i in range(n)]
        panels = deal(names)
        assert len(panels) == min(4, n)
        assert [name for panel in panels for name in panel] == names
        assert max(map(len, panels)) - min(map(len, panels)) <= 1


def test_every_class_has_its_own_pair_of_colour_and_marker():
    assert len({style(i) for i in range(len(PALETTE) * len(MARKERS))}) == 77


def test_text_is_drawn_as_it_is():
    assert plain("$x$") == "\\$x\\$"
    assert not plain("_hidden").startswith("_")
    assert len(plain("x" * 100)) == 28
    assert "\n" not in plain("a\nb")
    assert slug("../../etc/passwd") == "_etc_passwd"


@pytest.mark.parametrize(
    ("file", "words"),
    [
        ("labels/promotion.csv", "no column"),
        ("members/small/rounds.csv", "no column"),
        ("projection/tsne.csv", "no column"),
        ("ensemble/validation.csv", "no column"),
    ],
)
def test_a_table_of_another_form_is_refused(file, words, make_run):
    made = make_run(n=24)
    (made.root / file).write_text("a,b\n1,2\n")
    with pytest.raises(ArtifactError, match=words) as error:
        made.read()
    assert file in str(error.value)
    assert "found a, b" in str(error.value)


def test_a_cell_that_is_no_number_is_refused(make_run):
    made = make_run(n=24)
    (made.root / "latents" / "history.csv").write_text("epoch,loss,val_loss\n1,much,0.1\n")
    with pytest.raises(ArtifactError, match=r"history\.csv: column 'loss': found 'much', expected a number"):
        made.read()


def test_artefacts_of_other_clips_or_members_are_refused(make_run):
    made = make_run(n=24)
    path = made.root / "projection" / "umap.csv"
    path.write_text("\n".join(path.read_text().splitlines()[:-1]) + "\n")
    with pytest.raises(ArtifactError, match=r"umap\.csv: its 23 clips are not the 24 of clips\.csv"):
        made.read()


def test_validation_of_other_members_is_refused(make_run):
    made = make_run(n=24)
    path = made.root / "ensemble" / "validation.csv"
    path.write_text(path.read_text().replace("large", "former"))
    with pytest.raises(ArtifactError, match="members small, former, expected small, large"):
        made.read()
