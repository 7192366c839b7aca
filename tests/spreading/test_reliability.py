import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.params import Spread
from pipeline.rehearsal import hide
from pipeline.reliability import Estimate, estimate, promotion_table, score_against_truth
from pipeline.spreading import spread

SETTINGS = Spread(grouping="one", whiten=64, normalize=True, gamma_scale=5)


def _run(x, clips, groups, seed=0):
    labels = spread(x, clips, groups, SETTINGS)
    return labels, estimate(x, clips, labels, groups, SETTINGS, seed=seed)


def _truth(labels, clips, truth):
    return score_against_truth(labels, clips.assign(truth=truth)).set_index("group")


@pytest.mark.parametrize("apart", [4.0, 2.5])
@pytest.mark.parametrize("rate", [0.1, 0.2, 0.3, 0.4])
def test_the_noise_rate_is_found_without_the_truth(clouds, groups, rate, apart):
    errors, covered = [], []
    for seed in range(5):
        x, clips, truth = clouds(seed, n=500, rate=rate, apart=apart)
        labels, found = _run(x, clips, groups, seed)
        real = _truth(labels, clips, truth)["noise_rate"]["all"]
        errors.append(found["all"].noise_rate - real)
        covered.append(found["all"].noise_low <= real <= found["all"].noise_high)
    assert abs(np.mean(errors)) < 0.05
    assert np.abs(errors).max() < 0.1
    assert sum(covered) >= 4


def test_the_precision_of_promotion_is_found_without_the_truth(clouds, groups):
    covered = []
    for seed in range(8):
        x, clips, truth = clouds(seed, n=500, rate=0.4, apart=2.5)
        labels, found = _run(x, clips, groups, seed)
        real = _truth(labels, clips, truth)["precision"]["all"]
        assert abs(found["all"].precision - real) < 0.05
        covered.append(found["all"].precision_low <= real <= found["all"].precision_high)
    assert sum(covered) >= 7


def test_unverified_clips_of_other_class_frequencies_do_not_mislead(clouds, groups):
    x, clips, truth = clouds(1, n=900, rate=0.3, apart=3.0)
    keep = clips["verified"] | (truth != "class0") | (clips.index % 4 == 0)
    x, clips, truth = x[keep], clips[keep].reset_index(drop=True), truth[keep]
    labels, found = _run(x, clips, groups)
    assert abs(found["all"].noise_rate - _truth(labels, clips, truth)["noise_rate"]["all"]) < 0.05


@pytest.mark.parametrize(("verified_by", "apart"), [("clip", 1.5), ("source", 4.0)])
def test_near_duplicates_of_one_source_do_not_mislead(clouds, groups, verified_by, apart):
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
        labels, found = _run(x, clips, groups, seed)
        errors.append(found["all"].noise_rate - _truth(labels, clips, truth)["noise_rate"]["all"])
    assert np.abs(errors).max() < 0.1


def test_latents_that_say_nothing_give_no_estimate(clouds, groups):
    x, clips, _ = clouds(n=1500)
    noise = np.random.default_rng(9).normal(size=x.shape)
    found = _run(noise, clips, groups)[1]["all"]
    assert found.noise_rate is None or found.noise_high - found.noise_low > 0.5


def test_the_same_seed_gives_the_same_estimate(clouds, groups):
    x, clips, _ = clouds()
    assert _run(x, clips, groups, 3)[1] == _run(x, clips, groups, 3)[1]
    assert _run(x, clips, groups, 3)[1] != _run(x, clips, groups, 4)[1]


@pytest.mark.parametrize("verified", [0.0, 1.0])
def test_nothing_to_rehearse_on_or_to_judge_is_no_error(clouds, groups, verified):
    x, clips, _ = clouds(verified=verified)
    found = _run(x, clips, groups)[1]
    assert found["all"] == found["all_of_them"] == Estimate()


def test_a_class_with_one_verified_clip_keeps_it_and_the_estimate_stands(clouds, groups):
    x, clips, _ = clouds()
    first = clips.index[clips["verified"] & (clips["label"] == "class0")]
    clips.loc[first[1:], "verified"] = False
    assert _run(x, clips, groups)[1]["all"].noise_rate is not None


def test_quarantined_clips_are_left_out(clouds, groups):
    x, clips, _ = clouds()
    x[::10] = np.nan
    labels, found = _run(x, clips, groups)
    usable = np.isfinite(x).all(axis=1) & ~labels["verified"]
    assert found["all"].agreement == pytest.approx(labels["promoted"][usable].mean())


def test_a_group_without_estimate_does_not_spoil_all(clouds):
    x, clips, _ = clouds()
    groups = {"lonely": ["class0"], "rest": ["class1", "class2", "class3"], "empty": ["class9"]}
    found = _run(x, clips, groups)[1]
    assert found["lonely"].noise_rate is None
    assert found["empty"] == Estimate()
    assert found["all"].noise_rate == pytest.approx(found["rest"].noise_rate)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_what_is_hidden(data):
    n = data.draw(st.integers(4, 60))
    random = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    label, verified = random.integers(0, 3, n), random.random(n) < 0.7
    source = pd.factorize(random.integers(0, data.draw(st.integers(1, n)), n))[0]
    fraction = data.draw(st.floats(0.05, 0.9))
    hidden = hide(label, verified, source, fraction, random)
    assert not hidden[~verified].any()
    for c in np.unique(label[verified]):
        assert (verified & ~hidden & (label == c)).any()
    for s in np.unique(source[hidden]):
        assert hidden[verified & (source == s)].all()


def test_about_the_fraction_of_each_class_is_hidden():
    label = np.repeat([0, 1], [100, 20])
    hidden = hide(label, np.ones(120, bool), np.arange(120), 0.2, np.random.default_rng(0))
    assert hidden[:100].sum() == 20
    assert hidden[100:].sum() == 4


def test_two_large_sources_are_hidden_in_turn_though_each_exceeds_the_fraction():
    source = np.repeat([0, 1], 30)
    hidden = hide(np.tile([0, 1, 2], 20), np.ones(60, bool), source, 0.1, np.random.default_rng(0))
    assert hidden.sum() == 30


def test_the_promotion_table_adds_up(clouds):
    x, clips, _ = clouds()
    groups = {"low": ["class0", "class1"], "high": ["class2", "class3"]}
    labels, found = _run(x, clips, groups)
    table = promotion_table(labels, found, groups)
    assert table["group"].tolist() == ["low", "high", "all"]
    counts = table[["classes", "clips", "verified", "promoted"]]
    assert (counts.iloc[:2].sum() == counts.iloc[2]).all()
    total = table.iloc[2]
    assert total["clips"] == len(clips)
    assert total["verified"] == clips["verified"].sum()
    assert total["trusted_percent"] == pytest.approx(100 * (total["verified"] + total["promoted"]) / total["clips"])
    assert (table["noise_low"] <= table["noise_rate"]).all()
    assert (table["noise_rate"] <= table["noise_high"]).all()


def test_estimates_that_are_not_defined_are_nan_in_the_table(clouds):
    x, clips, _ = clouds()
    groups = {"lonely": ["class0"]}
    labels, found = _run(x, clips, groups)
    table = promotion_table(labels, found, groups)
    assert table["precision"].isna().all()
    assert table["precision"].dtype == np.float64


def test_scores_against_truth_by_hand():
    labels = pd.DataFrame(
        {
            "label": ["a", "a", "b", "b", "a", "a"],
            "verified": [True, False, False, False, False, False],
            "promoted": [False, True, True, False, False, True],
            "group": ["g"] * 6,
        }
    )
    answers = pd.DataFrame({"truth": ["a", "a", "a", "b", "b", ""]})
    scores = score_against_truth(labels, answers).set_index("group").loc["g"]
    assert scores.to_dict() == {"unverified": 4, "promoted": 2, "noise_rate": 0.5, "precision": 0.5, "recall": 0.5}
