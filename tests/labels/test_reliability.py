import numpy as np
import pandas as pd
import pytest

from pipeline.judges.network import neighbours
from pipeline.labels.beliefs import Belief, believe
from pipeline.labels.case import Case, gather
from pipeline.labels.decisions import decide
from pipeline.labels.reliability import Estimate, calibration_table, estimate, promotion_table
from pipeline.params.labels import Labels, Spread
from pipeline.posterior.evidence import Calibration
from pipeline.posterior.posterior import Noise
from pipeline.results.outcomes import score_against_truth
from pipeline.spreading.within_families import spread

CLASSES = [f"class{c}" for c in range(4)]
FIELDS = list(Estimate.__dataclass_fields__)
SPREADING = Spread.model_validate({"grouping": "one", "kernel": {"scaled_rbf": {"scale": 1.0}}, "min_confidence": 0.0})


def _run(x, clips, families, seed=0, draws=30, models=None, near=None, promote="posterior", precision=0.98, **given):
    classes = sorted(set(CLASSES) | {name for names in families.values() for name in names})
    how = {"posterior": {"precision": precision}} if promote == "posterior" else promote
    settings = Labels.model_validate({"promote": how} | given)
    case = gather(clips, classes, families, SPREADING, settings, latents=x, models=models, near=near)
    belief = believe(case)
    labels = decide(spread(x, clips, families, SPREADING), case, belief, classes, settings)
    return case, belief, labels, estimate(case, belief, labels, families, seed=seed, draws=draws)


def _truth(labels, clips, truth):
    return score_against_truth(labels, clips.assign(truth=truth)).set_index("family").loc["all"]


@pytest.mark.parametrize("apart", [4.0, 2.5])
@pytest.mark.parametrize("rate", [0.1, 0.2, 0.3, 0.4])
def test_noise_and_precision_are_found_without_the_truth(clouds, families, rate, apart):
    noise, precision = [], []
    for seed in range(5):
        x, clips, truth = clouds(seed, n=600, rate=rate, apart=apart)
        *_, labels, found = _run(x, clips, families, seed, draws=0)
        real, said = _truth(labels, clips, truth), found["all"]
        noise.append(said.noise_rate - real["noise_rate"])
        precision.append(said.precision - real["precision"])
    assert abs(np.mean(noise)) < 0.02
    assert abs(np.mean(precision)) < 0.02
    assert np.abs(noise).max() < 0.06
    assert np.abs(precision).max() < 0.05


@pytest.mark.parametrize(("rate", "apart"), [(0.1, 4.0), (0.3, 2.5)])
def test_the_truth_is_within_the_interval_as_a_rule(clouds, families, rate, apart):
    covered = []
    for seed in range(6):
        x, clips, truth = clouds(seed, n=400, rate=rate, apart=apart)
        *_, labels, found = _run(x, clips, families, seed, draws=50)
        real, said = _truth(labels, clips, truth), found["all"]
        covered.append(said.noise_low <= real["noise_rate"] <= said.noise_high)
        covered.append(said.precision_low <= real["precision"] <= said.precision_high)
        assert said.noise_high - said.noise_low < 0.15
    assert sum(covered) >= 10


@pytest.mark.parametrize("promote", ["agree", "posterior"])
def test_each_family_has_a_noise_rate_of_its_own(clouds, promote):
    x, clips, truth = clouds(0, n=1500, rate=0.0)
    families = {"low": CLASSES[:2], "high": CLASSES[2:]}
    random = np.random.default_rng(0)
    twin = {"class0": "class1", "class1": "class0", "class2": "class3", "class3": "class2"}
    rate = np.where(np.isin(truth, families["low"]), 0.1, 0.4)
    wrong = ~clips["verified"] & (random.random(1500) < rate)
    clips = clips.assign(label=np.where(wrong, [twin[name] for name in truth], truth))
    *_, labels, found = _run(x, clips, families, promote=promote)
    scores = score_against_truth(labels, clips.assign(truth=truth)).set_index("family")
    for family in ("low", "high", "all"):
        assert found[family].noise_rate == pytest.approx(scores["noise_rate"][family], abs=0.03)
        assert found[family].precision == pytest.approx(scores["precision"][family], abs=0.03)
        assert found[family].noise_low < found[family].noise_rate < found[family].noise_high


def test_unverified_clips_of_other_class_frequencies_do_not_mislead(clouds, families):
    x, clips, truth = clouds(1, n=900, rate=0.3)
    keep = clips["verified"] | (truth != "class0") | (clips.index % 4 == 0)
    x, clips, truth = x[keep], clips[keep].reset_index(drop=True), truth[keep]
    *_, labels, found = _run(x, clips, families, draws=0)
    assert found["all"].noise_rate == pytest.approx(_truth(labels, clips, truth)["noise_rate"], abs=0.05)


@pytest.mark.parametrize(("verified_by", "apart"), [("clip", 1.5), ("source", 4.0)])
def test_near_duplicates_of_one_source_do_not_mislead(clouds, families, verified_by, apart):
    """Four clips a source, almost the same sound; verified one by one, their siblings tell them more than the class."""
    errors = []
    for seed in range(4):
        random = np.random.default_rng(seed)
        x, clips, truth = clouds(seed, n=150, apart=apart, rate=0)
        x, truth = np.repeat(x, 4, axis=0), np.repeat(truth, 4)
        x = x + 0.1 * random.normal(size=x.shape)
        clips = clips.loc[np.repeat(clips.index, 4)].reset_index(drop=True)
        clips["clip_id"] = [f"clip{i:04d}" for i in range(600)]
        if verified_by == "clip":
            clips["verified"] = random.random(600) < 0.4
        wrong = ~clips["verified"].to_numpy() & (random.random(600) < 0.3)
        clips.loc[wrong, "label"] = [f"class{(int(t[-1]) + random.integers(1, 4)) % 4}" for t in truth[wrong]]
        *_, labels, found = _run(x, clips, families, seed, draws=0)
        errors.append(found["all"].noise_rate - _truth(labels, clips, truth)["noise_rate"])
    assert np.abs(errors).max() < 0.1


def test_sounds_of_no_class_are_counted_and_are_part_of_the_noise(open_clouds, families):
    found = []
    for seed in range(4):
        x, clips, truth = open_clouds(seed, 600)
        outside, random = truth == "class4", np.random.default_rng(seed + 100)
        sure = np.eye(4)[[0 if gone else int(name[-1]) for gone, name in zip(outside, truth, strict=True)]]
        raw = np.exp(4 * sure + random.normal(size=sure.shape))
        models = raw / raw.sum(axis=1, keepdims=True)
        near = neighbours.nearest(x, np.arange(600))
        *_, labels, said = _run(x, clips, families, seed, models=models, near=near)
        real, total = _truth(labels, clips, truth), said["all"]
        share = outside[~clips["verified"]].mean()
        found.append(
            (total.noise_rate - real["noise_rate"], total.precision - real["precision"], total.outside - share)
        )
        assert total.outside_low < total.outside < total.outside_high
        assert total.outside_high - total.outside_low < 0.15
        assert total.outside < total.noise_rate
        assert _run(x, clips, families, draws=0)[3]["all"].outside is None
    assert np.abs(found).max() < 0.05


def test_latents_that_say_nothing_leave_the_estimate_wide_open(clouds, families):
    x, clips, truth = clouds(n=800)
    *_, labels, found = _run(np.random.default_rng(9).normal(size=x.shape), clips, families)
    said = found["all"]
    assert said.noise_high - said.noise_low > 0.4
    assert said.noise_low <= _truth(labels, clips, truth)["noise_rate"] <= said.noise_high
    assert not labels["promoted"].any()
    assert said.precision is None


def test_the_same_seed_gives_the_same_estimate(clouds, families):
    x, clips, _ = clouds(n=100)
    one, two, other = (_run(x, clips, families, seed, draws=20)[3] for seed in (3, 3, 4))
    assert one == two
    assert one != other
    assert one["all"].noise_rate == other["all"].noise_rate


def test_without_draws_there_is_no_interval(clouds, families):
    x, clips, _ = clouds(n=100)
    said = _run(x, clips, families, draws=0)[3]["all"]
    assert said.noise_rate is not None
    assert said.noise_low is said.noise_high is said.precision_low is said.precision_high is None


@pytest.mark.parametrize("verified", [0.0, 1.0])
def test_nothing_to_calibrate_on_or_to_judge_is_no_error(clouds, families, verified):
    x, clips, _ = clouds(verified=verified)
    models = np.full((len(x), 4), 0.25)
    assert set(_run(x, clips, families)[3].values()) == {Estimate()}
    assert set(_run(x, clips, families, models=models)[3].values()) == {Estimate()}


def test_quarantined_and_unlabelled_clips_are_left_out(clouds, families):
    x, clips, _ = clouds()
    x[::10] = np.nan
    clips.loc[clips.index[~clips["verified"]][::7], "label"] = ""
    case, belief, labels, found = _run(x, clips, families, draws=0)
    judged = np.isfinite(x).all(axis=1) & ~labels["verified"] & (labels["label"] != "")
    assert found["all"].agreement == pytest.approx(labels["promoted"][judged].mean())
    assert found["all"].noise_rate == pytest.approx(1 - belief.posterior[judged, case.given[judged]].mean())


def test_a_family_without_estimate_does_not_spoil_all(clouds):
    x, clips, _ = clouds()
    families = {"lonely": ["class0"], "rest": ["class1", "class2", "class3"], "empty": ["class9"]}
    found = _run(x, clips, families)[3]
    assert found["lonely"] == found["empty"] == Estimate()
    assert found["all"] == found["rest"]
    assert found["all"].noise_rate is not None


def _case(given, pool, posterior):
    n, k = posterior.shape
    case = Case(
        given=np.array(given),
        group=np.arange(n),
        train=np.ones(n, bool),
        verified=~np.array(pool),
        calibrating=~np.array(pool),
        pool=np.array(pool),
        family_of=np.zeros(k, int),
        models=None,
        spread=None,
        ruled_out=np.zeros((n, k), bool),
    )
    return case, Belief(posterior, posterior, Calibration(np.ones(1), 0.0), Noise(np.full(1, 0.2), 0.0))


def test_an_estimate_is_the_mean_of_what_is_believed():
    """Four unverified clips, labels right with 0.9, 0.8, 0.5 and 0.2; the first two are promoted."""
    own = np.array([1.0, 0.9, 0.8, 0.5, 0.2])
    case, belief = _case([0] * 5, [False, True, True, True, True], np.column_stack([own, 1 - own]))
    labels = pd.DataFrame({"family": "g", "promoted": [False, True, True, False, False]})
    said = estimate(case, belief, labels, {"g": ["a", "b"]}, seed=0, draws=0)["g"]
    assert said.noise_rate == pytest.approx(0.4)
    assert said.precision == pytest.approx(0.85)
    assert said.agreement == pytest.approx(0.5)
    assert said.true_agreement == pytest.approx(1.7 / 2.4)
    assert said.false_agreement == pytest.approx(0.3 / 1.6)


@pytest.mark.parametrize("promote", ["agree", "posterior"])
def test_the_estimates_are_bound_by_their_identities(clouds, families, promote):
    x, clips, _ = clouds(apart=2.0)
    said = _run(x, clips, families, draws=0, promote=promote)[3]["all"]
    a, t, f = said.agreement, said.true_agreement, said.false_agreement
    share = 1 - said.noise_rate
    assert 0 < f < a < t < 1
    assert share == pytest.approx((a - f) / (t - f))
    assert said.precision == pytest.approx(share * t / a)


def test_calibration_by_hand():
    own = np.array([1.0, 0.95, 0.93, 0.55, 0.3, 0.9])
    rest = 1 - own
    case, belief = _case([0, 1, 0, 0, 1, 0], [False] * 5 + [True], np.column_stack([own, rest]))
    table = calibration_table(case, belief)
    assert table["low"].tolist() == [0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9]
    assert table["high"].tolist() == [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0]
    assert table["clips"].tolist() == [0, 0, 0, 0, 0, 1, 0, 1, 0, 3]
    assert table.iloc[9][["predicted", "observed"]].tolist() == pytest.approx([2.88 / 3, 2 / 3])
    assert table.iloc[5][["predicted", "observed"]].tolist() == pytest.approx([0.55, 1])
    assert table.iloc[7][["predicted", "observed"]].tolist() == pytest.approx([0.7, 1])
    empty = table["clips"] == 0
    assert table.loc[empty, ["predicted", "observed"]].isna().all(axis=None)


def test_calibration_counts_the_verified_clips_that_were_judged(clouds, families):
    x, clips, _ = clouds(n=1000, apart=2.0)
    x[::10] = np.nan
    case, belief, *_ = _run(x, clips, families, draws=0)
    table = calibration_table(case, belief)
    assert table["clips"].sum() == (clips["verified"] & np.isfinite(x).all(axis=1)).sum()
    full = table[table["clips"] > 30]
    assert (full["predicted"] - full["observed"]).abs().max() < 0.12
    assert full["predicted"].between(full["low"], full["high"]).all()


def test_without_verified_clips_every_bin_is_empty(clouds, families):
    x, clips, _ = clouds(verified=0.0)
    case, belief, *_ = _run(x, clips, families)
    table = calibration_table(case, belief)
    assert len(table) == 10
    assert table["clips"].sum() == 0
    assert table[["predicted", "observed"]].isna().all(axis=None)


def test_the_promotion_table_adds_up(clouds):
    x, clips, _ = clouds()
    families = {"low": CLASSES[:2], "high": CLASSES[2:]}
    *_, labels, found = _run(x, clips, families, precision=0.99, correct=0.6)
    table = promotion_table(labels, found, families)
    assert table["family"].tolist() == ["low", "high", "all"]
    names = ["classes", "clips", "verified", "promoted", "corrected", "left_out"]
    assert list(table.columns) == ["family", *names, "trusted_percent", *FIELDS]
    counts = table[names]
    assert (counts.iloc[:2].sum() == counts.iloc[2]).all()
    assert (counts["clips"] == counts[names[2:]].sum(axis=1)).all()
    total = table.iloc[2]
    for outcome in names[2:]:
        assert total[outcome] == (labels["outcome"] == outcome).sum() > 0
    assert total["clips"] == len(clips)
    assert total["trusted_percent"] == pytest.approx(100 * (total["verified"] + total["promoted"]) / total["clips"])
    assert (table["noise_low"] <= table["noise_rate"]).all()
    assert (table["noise_rate"] <= table["noise_high"]).all()


def test_one_family_is_the_total_and_has_one_row(clouds):
    x, clips, _ = clouds()
    *_, labels, found = _run(x, clips, {"all": CLASSES}, draws=0)
    assert promotion_table(labels, found, {"all": CLASSES})["family"].tolist() == ["all"]


def test_estimates_that_are_not_defined_are_nan_in_the_table(clouds):
    x, clips, _ = clouds()
    families = {"lonely": ["class0"]}
    *_, labels, found = _run(x, clips, families)
    table = promotion_table(labels, found, families)
    assert table["precision"].isna().all()
    assert table["precision"].dtype == np.float64


def test_scores_against_truth_by_hand():
    labels = pd.DataFrame(
        {
            "label": ["a", "a", "b", "b", "a", "a"],
            "verified": [True, False, False, False, False, False],
            "promoted": [False, True, True, False, False, True],
            "family": ["g"] * 6,
        }
    )
    answers = pd.DataFrame({"truth": ["a", "a", "a", "b", "b", ""]})
    scores = score_against_truth(labels, answers).set_index("family").loc["g"]
    assert scores.to_dict() == {"unverified": 4, "promoted": 2, "noise_rate": 0.5, "precision": 0.5, "recall": 0.5}
