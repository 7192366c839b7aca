import numpy as np
import pandas as pd
import pytest

from pipeline.files import schemas
from pipeline.judges.network import neighbours
from pipeline.labels.beliefs import believe
from pipeline.labels.case import gather
from pipeline.labels.decisions import decide
from pipeline.params.labels import Labels, Spread
from pipeline.spreading.within_families import spread

CLASSES = [f"class{c}" for c in range(4)]
ONE = {"all": CLASSES}
PAIRS = {"low": CLASSES[:2], "high": CLASSES[2:]}
# Who says anything of the clips.
ASKED = ["spreading", "models", "both"]
SPREADING = Spread.model_validate({"grouping": "one", "kernel": {"scaled_rbf": {"scale": 1.0}}, "min_confidence": 0.0})


def _settings(asked="both", promote="posterior", precision=0.98, **given):
    how = {"posterior": {"precision": precision}} if promote == "posterior" else promote
    return Labels.model_validate({"spreading": asked != "models", "promote": how} | given)


def _gather(x, clips, network, families=ONE, near=None, *, asked="both", **given):
    models = None if asked == "spreading" else network
    return gather(clips, CLASSES, families, SPREADING, _settings(asked, **given), latents=x, models=models, near=near)


def _check(table):
    """As the stage writes it: what people said is added elsewhere."""
    return schemas.check(schemas.LABELS, table.assign(given=table["label"], review=""), "labels.csv")


def _network(truth, seed=0, sharp=1.5):
    """Two cross-fitted models' calibrated probabilities, (2, n, 4)."""
    random = np.random.default_rng(seed)
    y = np.array([int(name[-1]) for name in truth])
    raw = np.exp(sharp * (random.normal(size=(2, len(y), 4)) + sharp * np.eye(4)[y]))
    return (raw / raw.sum(axis=2, keepdims=True)).astype(np.float32)


def _decide(x, clips, network, families=ONE, near=None, **given):
    case = _gather(x, clips, network, families, near, **given)
    belief = believe(case)
    return case, belief, decide(spread(x, clips, families, SPREADING), case, belief, CLASSES, _settings(**given))


@pytest.fixture
def world(clouds):
    x, clips, truth = clouds(0, n=400, rate=0.3)
    return x, clips, truth, _network(truth)


@pytest.mark.parametrize("families", [ONE, PAIRS], ids=["one", "pairs"])
@pytest.mark.parametrize("asked", ASKED)
def test_outcomes_are_as_good_as_they_claim(world, asked, families):
    x, clips, truth, network = world
    if families is PAIRS:  # wrong labels of the fixture may be of the other family, on which spreading is silent
        crossed = (clips["label"].isin(PAIRS["low"]) != np.isin(truth, PAIRS["low"])).to_numpy()
        clips = clips.assign(label=np.where(crossed, truth, clips["label"]))
    _, _, table = _decide(x, clips, network, families, asked=asked, precision=0.95, correct=0.8)
    table = _check(table)
    right = table["target"] == truth
    promoted, corrected = table["outcome"] == "promoted", table["outcome"] == "corrected"
    assert right[promoted].mean() > 0.92
    assert right[corrected].mean() > 0.75
    assert promoted[clips["label"] == truth][~table["verified"]].mean() > 0.75
    assert (table["probability"][promoted].mean()) >= 0.95
    assert (table["probability"][corrected] >= 0.8).all()
    assert (table["promoted"] == promoted).all()


def test_each_clip_ends_somewhere_and_the_row_says_why(world):
    x, clips, _, network = world
    _, belief, table = _decide(x, clips, network, precision=0.99)
    assert set(table["outcome"]) == {"verified", "promoted", "corrected", "left_out"}
    by = dict(iter(table.groupby("outcome")))
    for kept in ("verified", "promoted"):
        assert (by[kept]["target"] == by[kept]["label"]).all()
    assert (by["corrected"]["target"] != by["corrected"]["label"]).all()
    assert (by["left_out"]["target"] == "").all()
    column = pd.Index(CLASSES).get_indexer(table["target"].where(table["target"] != "", table["label"]))
    np.testing.assert_allclose(table["probability"], belief.posterior[np.arange(len(table)), column])
    assert (by["verified"]["reason"] == "verified").all()
    assert by["promoted"]["reason"].str.fullmatch(r"given label judged right: (0\.\d{3}|1\.000)").all()
    assert by["left_out"]["reason"].str.endswith("sure enough").all()
    said = "judged " + by["corrected"]["target"] + ": " + by["corrected"]["probability"].map("{:.3f}".format)
    assert all(why.startswith(start) for why, start in zip(by["corrected"]["reason"], said, strict=True))


@pytest.fixture
def open_world(open_clouds):
    """The judges take each sound of no class for class 0, for sure."""
    x, clips, truth = open_clouds(1, 500)
    heard = np.where(truth == "class4", "class0", truth)
    return x, clips, truth, _network(heard, sharp=2.5), neighbours.nearest(x, np.arange(500))


def _open_set(open_world, **given):
    x, clips, _, network, near = open_world
    case, belief, table = _decide(x, clips, network, near=near, **given)
    return case, belief, _check(table)


@pytest.mark.parametrize("asked", ["models", "both"])
def test_sounds_of_no_class_are_left_out_though_judges_are_sure_of_them(open_world, asked):
    _, belief, table = _open_set(open_world, asked=asked)
    *_, blind = _open_set(open_world, asked=asked, open_set=False)
    truth = open_world[2]
    outside, unverified = truth == "class4", ~table["verified"]
    right = table["label"] == truth
    assert right[table["promoted"]].mean() > 0.96
    assert right[blind["promoted"]].mean() < 0.93
    assert table["promoted"][right & unverified].mean() > 0.8
    assert (table["outcome"] == "corrected")[outside].mean() < 0.1 < (blind["outcome"] == "corrected")[outside].mean()
    assert table["outside"][outside].mean() > 0.85
    assert table["outside"][~outside].mean() < 0.05
    assert (table["outside"] == 0)[table["verified"]].all()
    np.testing.assert_allclose(belief.posterior.sum(axis=1) + belief.outside, 1)
    left = table[outside & (table["outside"] > 0.9)]
    assert left["reason"].str.fullmatch(r"sounds like none of the classes: (0\.9\d\d|1\.000)").all()
    assert blind["outside"].isna().all()


def test_where_each_clip_is_of_a_class_looking_for_others_changes_little(world):
    x, clips, _, network = world
    near = neighbours.nearest(x, np.arange(len(x)))
    _, belief, table = _decide(x, clips, network, near=near)
    _, blind, other = _decide(x, clips, network, near=near, open_set=False)
    assert belief.noise.outside < 0.03
    assert np.abs(belief.posterior - blind.posterior).mean() < 0.01
    assert (table["promoted"] == other["promoted"]).mean() > 0.97


def test_where_nobody_has_company_no_sound_of_no_class_is_looked_for(world):
    x, clips, _, network = world
    *_, one = _decide(x, clips, network, near=np.full((len(x), 10), -1))
    *_, two = _decide(x, clips, network, open_set=False)
    pd.testing.assert_frame_equal(one, two)


@pytest.mark.parametrize("near", [None, np.full((500, 0), -1)], ids=["none", "of a judge that was not asked"])
def test_spreading_alone_does_not_look_for_sounds_of_no_class(open_world, near):
    x, clips, _, network, _ = open_world
    case, _, table = _decide(x, clips, network, near=near, asked="spreading")
    assert case.models is None
    assert case.strange is None
    assert table["outside"].isna().all()


def test_a_clip_that_no_judge_heard_is_of_no_known_class_nor_of_none(open_world):
    x, clips, _, network, near = open_world
    gone = np.flatnonzero(~clips["verified"])[:3]
    x[gone], network[:, gone], near[gone] = np.nan, np.nan, -1
    *_, table = _decide(x, clips, network, near=near)
    assert table["outside"][gone].isna().all()
    assert table["outside"].drop(gone).notna().all()


@pytest.mark.parametrize("promote", ["agree", "posterior"])
@pytest.mark.parametrize("asked", ASKED)
def test_nothing_verified_is_ever_changed(world, asked, promote):
    x, clips, _, network = world
    lying = np.roll(network, 1, axis=2)  # judges contradict every verified label
    _, belief, table = _decide(x, clips, lying, asked=asked, promote=promote, correct=0.3, precision=0.3)
    verified = table["verified"]
    assert (verified == clips["verified"]).all()
    assert (table["target"] == clips["label"])[verified].all()
    assert (table["outcome"] == "verified")[verified].all()
    assert (table["probability"] == 1)[verified].all()
    hot = np.eye(4)[pd.Index(CLASSES).get_indexer(clips["label"])]
    np.testing.assert_array_equal(belief.posterior[verified], hot[verified])


@pytest.mark.parametrize("asked", ASKED)
def test_neither_truth_nor_test_labels_are_read(world, asked):
    x, clips, _, network = world
    clips.loc[:39, ["split", "fold"]] = ["test", -1]
    clips.loc[:39, "label"] = ""
    _, one, table = _decide(x, clips, network, asked=asked)
    poisoned = clips.assign(truth="class0")
    poisoned.loc[:39, ["label", "verified"]] = ["class1", True]
    _, other, again = _decide(x, poisoned, network, asked=asked)
    np.testing.assert_array_equal(one.posterior, other.posterior)
    pd.testing.assert_frame_equal(table, again)
    test = table[:40]
    assert (test["outcome"] == "test").all()
    assert (test["target"] == "").all()
    assert test["probability"].isna().all()
    assert np.isnan(one.posterior[:40]).all()


@pytest.mark.parametrize("asked", ASKED)
def test_a_given_label_is_no_evidence_of_itself(world, asked):
    """Change one unverified label within its family: what the judges say of the clip, and of any other, stays."""
    x, clips, _, network = world
    one = _gather(x, clips, network, PAIRS, asked=asked)
    for row in np.flatnonzero(~clips["verified"])[:5]:
        label = clips["label"][row]
        other = next(name for names in PAIRS.values() if label in names for name in names if name != label)
        changed = clips.copy()
        changed.loc[row, "label"] = other
        two = _gather(x, changed, network, PAIRS, asked=asked)
        for judge in ("models", "spread"):
            np.testing.assert_array_equal(getattr(one, judge), getattr(two, judge))
        np.testing.assert_array_equal(one.inside, two.inside)


def test_a_verified_label_is_no_evidence_of_itself(world):
    x, clips, _, network = world
    one = _gather(x, clips, network, asked="spreading")
    row = int(np.flatnonzero(clips["verified"])[0])
    clips.loc[row, "label"] = "class3" if clips["label"][row] != "class3" else "class2"
    two = _gather(x, clips, network, asked="spreading")
    np.testing.assert_allclose(one.spread[row], two.spread[row])
    assert not np.allclose(one.spread, two.spread)


def test_siblings_of_one_source_do_not_vouch_for_each_other(clouds):
    """Two of a kind in each source, and no sound to tell classes apart: the twin's label must not be the evidence."""
    x, clips, truth = clouds(0, n=200, apart=0.0, verified=1.0, rate=0.0)
    x, truth = np.repeat(x, 2, axis=0), np.repeat(truth, 2)
    clips = clips.loc[np.repeat(clips.index, 2)].reset_index(drop=True)
    case = _gather(x, clips, None, asked="spreading")
    heard = case.calibrating
    right = (case.spread[heard].argmax(axis=1) == case.given[heard]).mean()
    assert right < 0.45


def test_models_that_say_nothing_are_as_good_as_none_that_were_asked(world):
    x, clips, _, network = world
    _, one, _ = _decide(x, clips, None, asked="spreading")
    _, two, _ = _decide(x, clips, np.full_like(network, np.nan), asked="both")
    np.testing.assert_allclose(one.posterior, two.posterior, atol=1e-3)


def test_models_alone_do_not_read_the_latents_but_to_say_what_spreads(world):
    x, clips, _, network = world
    _, one, _ = _decide(x, clips, network, asked="models")
    _, two, _ = _decide(np.full_like(x, np.nan), clips, network, asked="models")
    np.testing.assert_array_equal(one.posterior, two.posterior)


def test_one_model_need_not_be_in_a_stack(world):
    x, clips, _, network = world
    _, one, _ = _decide(x, clips, network[0])
    _, two, _ = _decide(x, clips, network[:1])
    np.testing.assert_allclose(one.posterior, two.posterior)


@pytest.mark.parametrize("asked", ASKED)
def test_promoting_by_agreement_promotes_what_spreading_says(world, asked):
    x, clips, _, network = world
    *_, table = _decide(x, clips, network, asked=asked, promote="agree")
    said = spread(x, clips, ONE, SPREADING)
    assert (table["promoted"] == said["promoted"]).all()
    same = table["outcome"] != "corrected"
    assert (table["reason"] == said["reason"])[same].all()
    assert table["probability"].notna().all()


@pytest.mark.parametrize("promote", ["agree", "posterior"])
def test_correct_null_never_corrects(world, promote):
    x, clips, _, network = world
    *_, table = _decide(x, clips, network, promote=promote, correct=None)
    assert set(table["outcome"]) == {"verified", "promoted", "left_out"}
    *_, corrected = _decide(x, clips, network, promote=promote)
    assert (corrected["outcome"] == "corrected").any()
    assert (corrected["promoted"] == table["promoted"]).all()


def test_a_greater_precision_promotes_a_part_of_what_a_lesser_one_does(clouds):
    x, clips, truth = clouds(0, n=400, apart=2.0)
    made = [_decide(x, clips, _network(truth), asked="spreading", precision=p) for p in (0.9, 0.95, 0.99)]
    promoted = [table["promoted"] for *_, table in made]
    assert promoted[0].sum() > promoted[1].sum() > promoted[2].sum() > 0
    assert not (promoted[1] & ~promoted[0]).any()
    assert not (promoted[2] & ~promoted[1]).any()


@pytest.mark.parametrize("promote", ["agree", "posterior"])
@pytest.mark.parametrize("asked", ASKED)
def test_clips_of_which_little_is_known(world, asked, promote):
    """Unlabelled, in no family, in a family of one class, in a family without verified clips, quarantined."""
    x, clips, _, network = world
    families = {"pair": ["class0", "class1"], "lonely": ["class2"]}  # class3 is in no family
    clips.loc[clips["label"] == "class2", "verified"] = False
    open_ = np.flatnonzero(~clips["verified"])
    bare, gone = open_[:3], open_[3:6]
    clips.loc[bare, "label"] = ""
    x[gone] = np.nan
    network[:, gone] = np.nan
    _, belief, table = _decide(x, clips, network, families, asked=asked, promote=promote, correct=0.7)
    _check(table)
    known = np.isfinite(belief.posterior).all(axis=1)
    np.testing.assert_allclose(belief.posterior[known].sum(axis=1), 1)
    assert known[clips["verified"]].all()
    # Of a clip that no judge heard nothing is believed, and nothing becomes of it.
    assert not known[gone].any()
    assert (table["outcome"][gone] == "left_out").all()
    assert table["probability"][gone].isna().all()
    assert ((table["reason"][gone] == "no judge heard it") == (promote == "posterior")).all()
    alone = clips["label"].isin(["class2", "class3"]) & ~clips["verified"]
    if asked == "spreading":
        assert not known[bare].any()
        assert not known[alone].any()
        assert not table["promoted"][alone].any()
    else:
        # Networks know of all classes, whatever the families, and may name a clip that has no label.
        np.testing.assert_allclose(belief.posterior[bare], belief.evidence[bare])
        assert set(table["outcome"][bare]) <= {"corrected", "left_out"}
        assert (table["outcome"][bare] == "corrected").any()
        named = table.loc[bare][table["outcome"][bare] == "corrected"]
        assert (named["probability"] >= 0.7).all()
        assert known[np.setdiff1d(np.flatnonzero(alone), gone)].all()
        left = table.loc[bare][table["outcome"][bare] == "left_out"]
        assert left["probability"].isna().all()


@pytest.mark.parametrize("asked", ASKED)
@pytest.mark.parametrize("verified", [0.0, 1.0])
def test_no_verified_clip_or_no_other_is_no_error(clouds, asked, verified):
    x, clips, truth = clouds(verified=verified)
    _, belief, table = _decide(x, clips, _network(truth), asked=asked)
    _check(table)
    if verified:
        assert (table["outcome"] == "verified").all()
    elif asked == "spreading":
        assert (table["outcome"] == "left_out").all()
        assert np.isnan(belief.posterior).all()
    else:
        assert np.isfinite(belief.posterior).all()


def test_a_verified_clip_of_an_unknown_class_is_left_as_it_is(world):
    x, clips, _, network = world
    clips.loc[0, ["label", "verified"]] = ["elsewhere", True]
    _, belief, table = _decide(x, clips, network, correct=0.1)
    assert table.loc[0, ["outcome", "target", "reason"]].tolist() == ["verified", "elsewhere", "verified"]
    assert np.isnan(belief.posterior[0]).all()


@pytest.mark.parametrize("asked", ASKED)
def test_the_order_of_clips_does_not_matter(world, asked):
    x, clips, _, network = world
    order = np.random.default_rng(0).permutation(len(clips))
    *_, one = _decide(x, clips, network, PAIRS, asked=asked)
    shuffled = clips.iloc[order].reset_index(drop=True)
    *_, two = _decide(x[order], shuffled, network[:, order], PAIRS, asked=asked)
    two = two.sort_values("clip_id", ignore_index=True)
    assert (one[["clip_id", "outcome", "target"]] == two[["clip_id", "outcome", "target"]]).all(axis=None)
    np.testing.assert_allclose(one["probability"], two["probability"], atol=1e-4)
