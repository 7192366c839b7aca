"""Data that invite a wrong conclusion: what is promoted then, and what is left alone with a reason.

That nothing learns from the truth, test labels or a held-out fold is in tests/honesty; here is what follows from the
training clips themselves.
"""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from threadpoolctl import threadpool_limits

from pipeline.labels import beliefs, decisions
from pipeline.labels.case import gather
from pipeline.latents import scaling
from pipeline.members.roles import Split
from pipeline.members.selection import select
from pipeline.params.labels import Labels, Space, Spread
from pipeline.params.training import Rounds
from pipeline.probs.pooling import combine
from pipeline.spreading import within_families
from tests.faults.conftest import Project

CLASSES = [f"class{c}" for c in range(4)]
FAMILIES = {"low": CLASSES[:2], "high": CLASSES[2:]}
ALL = {"all": CLASSES}
NORMALISED, RAW = Space(whiten=32, unit_length=True), Space(whiten=None, unit_length=False)


def clouds(n: int = 240, *, rate: float = 0.2, verified: float = 0.4, seed: int = 0) -> tuple[np.ndarray, pd.DataFrame]:
    """Return latents (n, 8) in a cloud a class, and the clips table with their `truth`; `rate` of labels are wrong."""
    random = np.random.default_rng(seed)
    truth = random.integers(0, 4, n)
    x = random.normal(size=(n, 8)) + 4 * np.eye(4, 8)[truth]
    trusted = random.random(n) < verified
    wrong = (random.random(n) < rate) & ~trusted
    label = np.where(wrong, (truth + random.integers(1, 4, n)) % 4, truth)
    names = np.array(CLASSES, dtype=object)
    columns = {"label": names[label], "truth": names[truth], "verified": trusted, "split": "train", "fold": 0}
    ids = [f"clip{i:04d}" for i in range(n)]
    return x, pd.DataFrame({"clip_id": ids, "path": ids, "group": ids, **columns})


def decide(
    x: np.ndarray,
    clips: pd.DataFrame,
    families: dict[str, list[str]] = ALL,
    *,
    promote: str = "agree",
    space: Space = NORMALISED,
) -> pd.DataFrame:
    """Decide by the latents alone, as the stage `spread` does."""
    spreading, chosen = Spread(grouping="one", min_confidence=0.0), Labels.model_validate({"promote": promote})
    with threadpool_limits(1):
        space = scaling.normalise(x, **space.model_dump(), seed=0)
        case = gather(clips, CLASSES, families, spreading, chosen, latents=space, models=None)
        belief = beliefs.believe(case)
        table = within_families.spread(space, clips, families, spreading)
        return decisions.decide(table, case, belief, CLASSES, chosen)


PROMOTE = pytest.mark.parametrize("promote", ["agree", "posterior"])


def share(table: pd.DataFrame, clips: pd.DataFrame) -> float:
    """Promoted share of the clips that nobody verified."""
    return float(table["promoted"][~clips["verified"]].mean())


def test_labels_without_meaning_agree_as_often_as_chance_has_it():
    found, chance, honest = [], [], []
    for seed in range(4):
        x, clips = clouds(seed=seed)
        honest.append(share(decide(x, clips, promote="agree"), clips))
        permuted = clips.assign(label=np.random.default_rng(seed).permutation(clips["label"]))
        found.append(share(decide(x, permuted, promote="agree"), clips))
        chance.append((permuted["label"].value_counts(normalize=True) ** 2).sum())
    assert np.mean(found) == pytest.approx(np.mean(chance), abs=0.06)
    assert np.mean(honest) > np.mean(found) + 0.4


def test_labels_without_meaning_are_hardly_believed():
    for seed in range(4):
        x, clips = clouds(seed=seed)
        permuted = clips.assign(label=np.random.default_rng(seed).permutation(clips["label"]))
        found = decide(x, permuted, promote="posterior")
        assert share(found, clips) < 0.02
        assert share(decide(x, clips, promote="posterior"), clips) > 0.6
        assert (found["outcome"] == "corrected").mean() < 0.02


@PROMOTE
def test_the_order_of_rows_changes_nothing_of_any_clip(promote: str):
    x, clips = clouds()
    first = decide(x, clips, FAMILIES, promote=promote).set_index("clip_id")
    order = np.random.default_rng(1).permutation(len(clips))
    shuffled = decide(x[order], clips.iloc[order].reset_index(drop=True), FAMILIES, promote=promote)
    again = shuffled.set_index("clip_id").loc[first.index]
    exact = ["label", "verified", "spread_label", "abstained", "promoted", "family", "outcome", "target"]
    pd.testing.assert_frame_equal(first[exact], again[exact])
    np.testing.assert_allclose(first["probability"], again["probability"], atol=1e-5)


def test_the_order_of_the_users_table_changes_no_byte(project: Project):
    project.passes("prepare")
    first = {path.name: path.read_bytes() for path in (project.data / "listed").iterdir()}
    header, *rows = project.rows()
    project.table("\n".join([header, *rows[::-1], ""]))
    project.passes("prepare")
    assert {path.name: path.read_bytes() for path in (project.data / "listed").iterdir()} == first


@PROMOTE
@pytest.mark.parametrize("space", [NORMALISED, RAW], ids=["normalised", "raw"])
@pytest.mark.parametrize("unit", [1000.0, 0.001])
def test_the_unit_of_the_latents_changes_nothing(promote: str, space: Space, unit: float):
    x, clips = clouds()
    one, other = (decide(part, clips, promote=promote, space=space) for part in (x, unit * x))
    assert one["promoted"].any()
    pd.testing.assert_frame_equal(one[["promoted", "outcome", "target"]], other[["promoted", "outcome", "target"]])


def left_alone(table: pd.DataFrame, rows: np.ndarray | pd.Series) -> pd.Series:
    """Make sure that nothing was made of these clips; return why."""
    part = table[rows]
    assert len(part)
    assert part["abstained"].all()
    assert not part["promoted"].any()
    assert (part["outcome"] == "left_out").all()
    assert (part["target"] == "").all()
    assert (part["reason"] != "").all()
    return part["reason"]


@PROMOTE
def test_a_family_of_one_class_abstains(promote: str):
    x, clips = clouds()
    found = decide(x, clips, {"alone": CLASSES[:1], "others": CLASSES[1:]}, promote=promote)
    alone = (clips["label"] == "class0") & ~clips["verified"]
    assert (
        left_alone(found, alone)
        .isin(["abstained: 1 classes with verified clips in the family, expected two or more", "no judge heard it"])
        .all()
    )
    assert found["promoted"][~alone].any()


@PROMOTE
def test_a_group_with_verified_clips_of_one_class_abstains(promote: str):
    x, clips = clouds()
    clips["verified"] &= clips["label"] != "class1"
    found = decide(x, clips, FAMILIES, promote=promote)
    left_alone(found, clips["label"].isin(FAMILIES["low"]) & ~clips["verified"])


@PROMOTE
def test_a_class_with_one_verified_clip_promotes_no_wrong_label_to_it(promote: str):
    for seed in range(3):
        x, clips = clouds(seed=seed, rate=0.4)
        mine = clips["label"] == "class0"
        clips["verified"] &= ~mine | (clips.index == clips.index[mine & clips["verified"]][0])
        assert (mine & clips["verified"]).sum() == 1
        found = decide(x, clips, promote=promote)
        promoted = found["promoted"] & mine
        assert not (promoted & (clips["truth"] != "class0")).any()
        rest = mine & ~clips["verified"] & ~promoted
        assert (found["reason"][rest] != "").all()
        assert np.isfinite(found["probability"][rest]).all()


@PROMOTE
@pytest.mark.parametrize("space", [NORMALISED, RAW], ids=["normalised", "raw"])
def test_identical_latents_abstain(promote: str, space: Space):
    x, clips = clouds()
    left_alone(decide(np.ones_like(x), clips, promote=promote, space=space), ~clips["verified"])


@PROMOTE
@pytest.mark.parametrize("space", [NORMALISED, RAW], ids=["normalised", "raw"])
def test_one_latent_a_million_times_the_others_abstains_and_moves_none_of_them(promote: str, space: Space):
    x, clips = clouds()
    row = int(np.flatnonzero(~clips["verified"])[0])
    x[row] *= 1e6
    found = decide(x, clips, promote=promote, space=space)
    left_alone(found, clips.index == row)
    without = decide(
        np.delete(x, row, axis=0), clips.drop(index=row).reset_index(drop=True), promote=promote, space=space
    )
    others = found.drop(index=row).reset_index(drop=True)
    pd.testing.assert_frame_equal(others[["promoted", "outcome", "target"]], without[["promoted", "outcome", "target"]])


@st.composite
def worlds(draw: st.DrawFn) -> tuple[np.ndarray, pd.DataFrame]:
    """Clouds of which anything may be missing: labels, latents, verified clips, the training split."""
    n = draw(st.integers(12, 40))
    x, clips = clouds(n, seed=draw(st.integers(0, 1000)), verified=draw(st.sampled_from([0.0, 0.2, 0.9])))
    missing = st.lists(st.integers(0, n - 1), max_size=3, unique=True)
    clips.loc[draw(missing), "label"] = ""
    clips.loc[draw(missing), ["split", "fold"]] = ["test", -1]
    clips["verified"] &= clips["label"] != ""
    clips["label"] = clips["label"].where(clips["split"] == "train", "")
    x[draw(missing)] = draw(st.sampled_from([np.nan, np.inf, 1e9]))
    return x, clips.drop(columns="truth")


@settings(max_examples=60)
@given(world=worlds(), families=st.sampled_from([ALL, FAMILIES]), promote=st.sampled_from(["agree", "posterior"]))
def test_promotions_are_unverified_clips_of_the_family_and_no_row_is_lost(world, families, promote):
    x, clips = world
    x = np.where((clips["split"] == "train").to_numpy()[:, np.newaxis], x, np.nan)
    found = decide(x, clips, families, promote=promote)
    assert list(found["clip_id"]) == list(clips["clip_id"])
    train, verified = clips["split"] == "train", clips["verified"] & (clips["split"] == "train")
    promoted = found["promoted"]
    assert not promoted[verified | ~train | (clips["label"] == "")].any()
    assert (found["target"][promoted] == clips["label"][promoted]).all()
    assert all(
        label in families[family]
        for label, family in zip(clips["label"][promoted], found["family"][promoted], strict=True)
    )
    assert (found["outcome"][verified] == "verified").all()
    assert (found["target"][verified] == clips["label"][verified]).all()
    assert (found["outcome"][~train] == "test").all()
    silent = ~np.isfinite(x).all(axis=1) & train & ~verified
    assert not promoted[silent].any()
    assert found["confidence"].between(0, 1).all()
    assert (found["probability"].dropna().between(0, 1)).all()


@st.composite
def members(draw: st.DrawFn) -> list[np.ndarray]:
    """Two to four members' probabilities, some of them certain, with the same clips quarantined."""
    n, k = draw(st.integers(1, 6)), draw(st.integers(2, 5))
    random = np.random.default_rng(draw(st.integers(0, 1000)))
    made = [random.dirichlet(np.full(k, draw(st.sampled_from([0.01, 1.0]))), n) for _ in range(draw(st.integers(2, 4)))]
    quarantined = random.random(n) < 0.2
    return [np.where(quarantined[:, np.newaxis], np.nan, probs / probs.sum(axis=1, keepdims=True)) for probs in made]


@settings(max_examples=80)
@given(given_members=members(), method=st.sampled_from(["geometric", "arithmetic", "weighted"]), data=st.data())
def test_ensembles_are_symmetric_finite_and_normalised(given_members, method, data):
    weights = data.draw(st.lists(st.floats(0.1, 9), min_size=len(given_members), max_size=len(given_members)))
    found = combine(given_members, method=method, weights=weights)
    known = np.isfinite(given_members[0]).all(axis=1)
    assert found.shape == given_members[0].shape
    assert np.isfinite(found[known]).all()
    assert np.isnan(found[~known]).all()
    assert (found[known] >= 0).all()
    np.testing.assert_allclose(found[known].sum(axis=1), 1, rtol=1e-5)
    order = data.draw(st.permutations(range(len(given_members))))
    other = combine([given_members[i] for i in order], method=method, weights=[weights[i] for i in order])
    np.testing.assert_allclose(found, other, atol=1e-6)


@settings(max_examples=80)
@given(
    data=st.data(),
    rule=st.sampled_from(["predicted", "agree", "agree_or_relabel", "soft"]),
    cap=st.sampled_from([None, 1, 3]),
)
def test_what_a_round_selects_is_of_the_pool_and_within_bounds(data, rule, cap):
    n, k = data.draw(st.integers(1, 30)), 3
    random = np.random.default_rng(data.draw(st.integers(0, 1000)))
    probs, posterior = (random.dirichlet(np.full(k, 0.5), n).astype(np.float32) for _ in range(2))
    probs[random.random(n) < 0.2] = np.nan
    posterior[random.random(n) < 0.2] = np.nan
    label, pool, none = random.integers(-1, k, n), random.random(n) < 0.7, np.zeros(n, bool)
    ruled_out = np.zeros((n, k), bool)
    split = Split(
        given=label,
        target=np.full(n, -1),
        trusted=~pool,
        doubtful=none,
        pool=pool,
        validation=none,
        posterior=posterior,
        ruled_out=ruled_out,
    )
    thresholds = {"lower": [0.5, 0.5], "upper": 0.95}
    rounds = {"number": 3, "thresholds": thresholds, "select": rule, "max_per_class": cap}
    found = select(probs, split, Rounds.model_validate(rounds), 0.5)
    assert set(found.rows) <= set(np.flatnonzero(pool))
    assert len(set(found.rows)) == len(found.rows)
    assert ((found.probability >= 0.5) & (found.probability <= 0.95)).all()
    np.testing.assert_allclose(found.targets.sum(axis=1), 1, rtol=1e-5)
    if cap:
        assert np.bincount(found.targets.argmax(axis=1), minlength=k).max(initial=0) <= cap
