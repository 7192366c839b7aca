"""Simulated noise has the rate and the kind asked for, and touches nothing else."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.clips.simulated_noise import simulate
from pipeline.errors import DataError

FAMILIES = {"left": ["a", "b", "c"], "right": ["d", "e"]}


def clips(per_class: int = 20, classes: str = "abcde") -> pd.DataFrame:
    rows = [
        {
            "clip_id": f"{name}{i:03d}",
            "path": f"{name}{i:03d}.wav",
            "label": name,
            "verified": True,
            "split": "test" if i % 4 == 0 else "train",
            "group": f"{name}{i // 2}",
        }
        for name in classes
        for i in range(per_class)
    ]
    return pd.DataFrame(rows)


def noisy(table: pd.DataFrame, kind: str, rate: float = 0.3, fraction: float = 0.4, seed: int = 0) -> pd.DataFrame:
    return simulate(table, verified_fraction=fraction, rate=rate, kind=kind, families=FAMILIES, seed=seed)


@settings(max_examples=40, deadline=None)
@given(
    kind=st.sampled_from(["symmetric", "within_family", "open_set"]),
    rate=st.floats(0, 0.6),
    fraction=st.floats(0.1, 0.9),
    per_class=st.integers(12, 30),
    seed=st.integers(0, 1000),
)
def test_the_shares_are_those_asked_for(kind, rate, fraction, per_class, seed):
    out = noisy(clips(per_class), kind, rate, fraction, seed)
    train = out[out["split"] == "train"]
    pool = train[~train["verified"]]
    assert (train.loc[train["verified"], "label"] == train.loc[train["verified"], "truth"]).all()
    assert set(train.loc[train["verified"], "label"]) == set(train["label"])
    # a class rounds by half a clip, and two at least are verified
    slack = (0.5 * 5 + 2 * 5 * (fraction * per_class * 0.75 < 2)) + 1
    assert abs(train["verified"].sum() - fraction * len(train)) <= slack
    assert abs((pool["label"] != pool["truth"]).sum() - rate * len(pool)) <= (0.5 if kind != "open_set" else slack)


@pytest.mark.parametrize("kind", ["symmetric", "within_family", "open_set"])
def test_the_test_split_keeps_its_labels(kind):
    before, after = clips(), noisy(clips(), kind)
    test = after[after["split"] == "test"].set_index("clip_id")
    known = before.set_index("clip_id").loc[test.index]
    assert (test["label"] == known["label"]).all()
    assert (test["truth"] == known["label"]).all()
    assert test["verified"].all()


@pytest.mark.parametrize("kind", ["symmetric", "within_family", "open_set"])
def test_the_seed_decides(kind):
    pd.testing.assert_frame_equal(noisy(clips(), kind, seed=4), noisy(clips(), kind, seed=4))
    assert not noisy(clips(), kind, seed=4)["label"].equals(noisy(clips(), kind, seed=5)["label"])


def test_symmetric_reaches_every_other_class():
    out = noisy(clips(200), "symmetric", rate=0.5, fraction=0.1)
    wrong = out[out["label"] != out["truth"]]
    table = pd.crosstab(wrong["truth"], wrong["label"]).to_numpy()
    assert (table[~np.eye(5, dtype=bool)] > 0).all()


def test_within_family_stays_within():
    out = noisy(clips(), "within_family")
    owner = {name: family for family, members in FAMILIES.items() for name in members}
    assert (out["label"].map(owner) == out["truth"].map(owner)).all()


def test_open_set_withdraws_classes_from_the_vocabulary():
    out = noisy(clips(), "open_set")
    wrong = out["label"] != out["truth"]
    gone = set(out.loc[wrong, "truth"])
    assert gone
    assert not gone & set(out["label"])
    assert set(out.loc[~wrong, "truth"]) == set("abcde") - gone
    assert (out.loc[wrong, "split"] == "train").all()


def test_rate_nought_changes_no_label():
    for kind in ("symmetric", "within_family", "open_set"):
        out = noisy(clips(), kind, rate=0.0)
        assert (out["label"] == out["truth"]).all()
        assert len(out) == len(clips())


def test_unverified_data_are_refused():
    table = clips()
    table.loc[1, "verified"] = False
    with pytest.raises(DataError, match=r"dataset\.simulate_noise: found 1 training clips .*'a001'"):
        noisy(table, "symmetric")


def test_impossible_noise_is_refused():
    with pytest.raises(DataError, match=r"open_set at a rate of 1\.0 would withdraw all but one of 5"):
        noisy(clips(), "open_set", rate=1.0, fraction=0.0)
    with pytest.raises(DataError, match=r"dataset\.simulate_noise\.rate: 0\.5 asks for \d+ wrong labels, but only 0"):
        simulate(
            clips(classes="ad"),
            verified_fraction=0.2,
            rate=0.5,
            kind="within_family",
            families={"x": ["a"], "y": ["d"]},
            seed=0,
        )
