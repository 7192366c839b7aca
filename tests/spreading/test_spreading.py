import logging

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sklearn.semi_supervised import LabelSpreading

from pipeline.files import schemas
from pipeline.params.labels import Spread
from pipeline.spreading.graph import affinity
from pipeline.spreading.within_families import answer, distributions, spread

UNIT, NEAREST = {"scaled_rbf": {"scale": 1.0}}, {"knn": {"neighbours": 7}}
of_each_kernel = pytest.mark.parametrize("kernel", [UNIT, NEAREST], ids=["scaled_rbf", "knn"])


def _settings(**given):
    return Spread.model_validate({"grouping": "one", "kernel": UNIT, "min_confidence": 0.0} | given)


def _unverified(table):
    return table[~table["verified"]]


@pytest.mark.parametrize("alpha", [0.1, 0.3, 0.9, 0.99])
def test_distributions_are_the_closed_form(clouds, alpha):
    x, clips, _ = clouds(n=60)
    seeds = np.where(clips["verified"], clips["label"].str[-1].astype(int), -1)
    near = affinity(x, _settings(kernel={"rbf": {"gamma": 0.1}}).kernel)
    got, converged = distributions(near, seeds, _settings(alpha=alpha, tol=1e-12))
    w = near - np.diag(np.diag(near))
    root = np.sqrt(w.sum(axis=1))
    s = w / root[:, None] / root[None, :]
    expected = np.linalg.solve(np.eye(60) - alpha * s, np.eye(4)[seeds] * (seeds >= 0)[:, None])
    np.testing.assert_allclose(got, expected / expected.sum(axis=1, keepdims=True), atol=1e-9)
    assert converged


@pytest.mark.parametrize("kernel", [{"rbf": {"gamma": 0.5}}, NEAREST], ids=["rbf", "knn"])
def test_labels_are_those_of_scikit_learn_where_there_is_evidence(clouds, families, kernel):
    x, clips, _ = clouds()
    seeds = np.where(clips["verified"], clips["label"].str[-1].astype(int), -1)
    # scikit-learn counts a clip among its own neighbours and gives that edge no weight.
    name = next(iter(kernel))
    model = LabelSpreading(kernel=name, gamma=0.5, n_neighbors=8, alpha=0.2, max_iter=1000).fit(x, seeds)
    table = spread(x, clips, families, _settings(kernel=kernel, max_iter=1000))
    said = _unverified(table).query("~abstained")
    assert len(said) > 100
    assert (said["spread_label"] == [f"class{c}" for c in model.transduction_[said.index]]).all()
    np.testing.assert_allclose(said["confidence"], model.label_distributions_[said.index].max(axis=1), atol=1e-6)


def test_wrong_labels_are_mostly_left_out_and_right_ones_mostly_promoted(clouds, families):
    x, clips, truth = clouds(rate=0.3)
    table = spread(x, clips, families, _settings(kernel={"scaled_rbf": {"scale": 5.0}}))
    promoted, right = table["promoted"], clips["label"] == truth
    assert right[promoted].mean() > 0.95
    assert promoted[right & ~table["verified"]].mean() > 0.7


def test_labels_of_pure_chance_are_promoted_about_as_often_as_chance_says(clouds, families):
    x, clips, _ = clouds(n=800)
    shuffled = np.random.default_rng(1).permutation(clips["label"])
    table = spread(x, clips.assign(label=shuffled), families, _settings(kernel={"scaled_rbf": {"scale": 5.0}}))
    assert abs(_unverified(table)["promoted"].mean() - 1 / 4) < 0.06


def test_the_table_fits_its_schema_and_says_where_each_label_is_from(clouds, families):
    x, clips, _ = clouds()
    clips.loc[:9, ["split", "label", "fold"]] = ["test", "", -1]
    clips.loc[10, ["label", "verified"]] = ["", False]
    clips.loc[11, ["label", "verified"]] = ["elsewhere", False]
    clips.loc[[12, 13], "verified"] = [False, True]
    x[[12, 13]] = np.nan
    table = spread(x, clips, families, _settings())
    schemas.check(
        schemas.LABELS.remove_columns(["given", "review", "outcome", "target", "probability", "outside"]),
        table,
        "labels.csv",
    )
    test = table[:10]
    assert (test["reason"] == "test").all()
    assert test["abstained"].all()
    assert (test[["label", "spread_label", "family"]] == "").all(axis=None)
    assert not test[["verified", "promoted"]].any(axis=None)
    assert (test["confidence"] == 0).all()
    assert table["reason"][10] == "abstained: no given label"
    assert table["reason"][11] == "abstained: its class is in no family"
    assert table["reason"][12] == "abstained: no usable latent"
    assert table["reason"][13] == "verified"
    verified = table[table["verified"]]
    assert (verified["spread_label"] == verified["label"]).all()
    assert (verified["reason"] == "verified").all()
    assert (verified["confidence"] == 1).all()
    assert not table[14:].query("~verified")["abstained"].any()


def test_a_clip_whose_label_was_rejected_is_not_spread_to_but_stays_in_its_family(clouds):
    x, clips, _ = clouds()
    families = {"low": ["class0", "class1"], "high": ["class2", "class3"]}
    rejected = (clips.index < 40) & ~clips["verified"]
    reviewed = clips.assign(given=clips["label"], label=clips["label"].mask(rejected, ""))
    table = spread(x, reviewed, families, _settings())
    assert (table["family"] == np.where(clips["label"].isin(families["low"]), "low", "high")).all()
    assert (table["reason"][rejected] == "abstained: no given label").all()
    assert table["abstained"][rejected].all()
    unlabelled = spread(x, reviewed.drop(columns="given"), families, _settings())
    assert (unlabelled["family"][rejected] == "").all()
    assert unlabelled.drop(columns="family").equals(table.drop(columns="family"))


def test_promoted_clips_are_the_unverified_that_agree(clouds, families):
    x, clips, _ = clouds()
    table = spread(x, clips, families, _settings())
    agrees = ~table["verified"] & ~table["abstained"] & (table["spread_label"] == table["label"])
    assert (table["promoted"] == agrees).all()
    assert (table["reason"][agrees] == "agrees").all()
    others = table[~table["verified"] & ~agrees & ~table["abstained"]]
    assert (others["reason"] == "disagrees: spread says " + others["spread_label"]).all()


def test_a_label_is_only_spread_within_its_family(clouds):
    x, clips, _ = clouds()
    families = {"low": ["class0", "class1"], "high": ["class2", "class3"]}
    table = spread(x, clips, families, _settings())
    for family, classes in families.items():
        said = table[(table["family"] == family) & ~table["abstained"]]
        assert set(said["spread_label"]) == set(said["label"]) == set(classes)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10_000), kernel=st.sampled_from([UNIT, NEAREST]))
def test_the_order_of_clips_does_not_matter(clouds, families, seed, kernel):
    x, clips, _ = clouds(n=120)
    order = np.random.default_rng(seed).permutation(len(clips))
    columns = ["clip_id", "spread_label", "promoted", "reason"]
    straight = spread(x, clips, families, _settings(kernel=kernel))[columns]
    shuffled = spread(x[order], clips.iloc[order].reset_index(drop=True), families, _settings(kernel=kernel))[columns]
    assert shuffled.sort_values("clip_id", ignore_index=True).equals(straight)


@of_each_kernel
def test_the_unit_of_the_latents_does_not_matter_where_the_kernel_goes_by_the_neighbours(clouds, families, kernel):
    x, clips, _ = clouds()
    small, large = (spread(v, clips, families, _settings(kernel=kernel)) for v in (x, x * 1000))
    assert (small["promoted"] == large["promoted"]).all()
    np.testing.assert_allclose(small["confidence"], large["confidence"], atol=1e-9)


def test_gamma_of_the_report_on_raw_latents_abstains_and_never_answers_the_first_class(clouds, families):
    x, clips, _ = clouds(d=64)
    table = _unverified(spread(10 * x, clips, families, _settings(kernel={"rbf": {"gamma": 20}})))
    assert (table["reason"] == "abstained: no evidence").all()
    assert (table["spread_label"] == "").all()
    assert not table["promoted"].any()


def test_a_family_of_one_class_abstains(clouds):
    x, clips, _ = clouds()
    table = _unverified(spread(x, clips, {"lonely": ["class0"]}, _settings()).query("family == 'lonely'"))
    assert table["reason"].str.contains("1 classes with verified clips in the family, expected two or more").all()
    assert not table["promoted"].any()


def test_a_family_with_one_verified_clip_abstains(clouds, families):
    x, clips, _ = clouds()
    table = spread(x, clips.assign(verified=clips.index == 5), families, _settings())
    assert _unverified(table)["abstained"].all()
    assert table["reason"][5] == "verified"


def test_a_family_without_any_clip_is_no_error(clouds, families):
    x, clips, _ = clouds()
    both = spread(x, clips, families | {"nobody": ["class9"]}, _settings())
    assert both.equals(spread(x, clips, families, _settings()))


@of_each_kernel
def test_identical_latents_abstain(clouds, families, kernel):
    x, clips, _ = clouds()
    table = spread(np.tile(x[0], (len(x), 1)), clips, families, _settings(kernel=kernel))
    assert (_unverified(table)["reason"] == "abstained: the latents of the family are identical").all()


@pytest.mark.parametrize("row", [7, 299])
@of_each_kernel
def test_a_far_outlier_abstains_and_the_others_do_not(clouds, families, kernel, row):
    x, clips, _ = clouds()
    clips.loc[row, "verified"] = False
    x[row] = 1e6
    table = spread(x, clips, families, _settings(kernel=kernel))
    assert table["reason"][row] == "abstained: no evidence"
    assert not _unverified(table).drop(row)["abstained"].any()


def test_a_graph_that_is_not_finite_gives_no_answer():
    said = answer(np.full((4, 4), np.nan), np.array([0, 1, -1, -1]), _settings(max_iter=9))
    assert (said.best == -1).all()
    assert (said.confidence == 0).all()
    assert said.reason == ["abstained: not finite"] * 4


def test_no_warning_but_that_of_convergence_is_silenced():
    with pytest.warns(RuntimeWarning, match="invalid value"):
        answer(np.full((4, 4), np.inf), np.array([0, 1, -1, -1]), _settings(max_iter=9))


def test_a_clip_between_two_classes_abstains_for_a_tie(clouds):
    _, clips, _ = clouds(n=3)
    clips = clips.assign(label=["class0", "class0", "class1"], verified=[True, False, True])
    table = spread(np.array([[-1.0], [0.0], [1.0]]), clips, {"pair": ["class0", "class1"]}, _settings())
    assert table["reason"][1] == "abstained: a tie between classes"


def test_answers_below_min_confidence_abstain(clouds, families):
    x, clips, _ = clouds()
    low = spread(x, clips, families, _settings())
    high = spread(x, clips, families, _settings(min_confidence=0.4))
    unsure = ~low["verified"] & (low["confidence"] < 0.4)
    assert 0 < unsure.sum() < len(unsure)
    assert (high["reason"][unsure] == "abstained: below min_confidence 0.4").all()
    assert (high["promoted"] == low["promoted"] & ~unsure).all()


def test_an_answer_of_just_min_confidence_counts(clouds, families):
    x, clips, _ = clouds()
    low = _unverified(spread(x, clips, families, _settings()))
    least = low["confidence"].quantile(0.5, interpolation="lower")
    high = spread(x, clips, families, _settings(min_confidence=least)).loc[low.index]
    assert (high["abstained"] == (low["confidence"] < least)).all()


def test_stopping_before_convergence_is_logged_not_raised(clouds, families, caplog):
    x, clips, _ = clouds(n=80)
    with caplog.at_level(logging.WARNING):
        table = spread(x, clips, families, _settings(max_iter=1, alpha=0.99))
    assert caplog.messages == ["label spreading stopped at spread.max_iter (1) before spread.tol"]
    assert len(table) == 80
