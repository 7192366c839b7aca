"""The stage `spread` with a review: what it reads first, what it changes, what it leaves."""

from argparse import Namespace
from functools import partial

import numpy as np
import pandas as pd
import pytest
from threadpoolctl import threadpool_limits

from pipeline.corrections import store
from pipeline.errors import DataError
from pipeline.files import artifacts, formats
from pipeline.judges.said import nothing
from pipeline.judges.said import write as write_said
from pipeline.labels import reliability
from pipeline.members.roles import split_clips
from pipeline.params.schema import Params
from pipeline.params.training import Member
from pipeline.presets import catalogue
from stages.spread import work

NAMES = ["class0", "class1", "class2", "=cmd|' /C calc'!A0"]
FAMILIES = {"low": NAMES[:2], "high": NAMES[2:]}
N = 160


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(reliability, "estimate", partial(reliability.estimate, draws=3))
    with threadpool_limits(1):
        yield


@pytest.fixture
def project(tmp_path):
    """Clouds of points with labels that are partly wrong, judges that are mostly right, and their truth."""
    random = np.random.default_rng(0)
    y = random.integers(0, 4, N)
    latents = random.normal(size=(N, 12)) + 3 * np.eye(4, 12)[y]
    verified, test = random.random(N) < 0.4, np.arange(N) >= N - 20
    wrong = (random.random(N) < 0.3) & ~verified & ~test
    given = np.where(wrong, (y + random.integers(1, 4, N)) % 4, y)
    names, rows = np.array(NAMES, object), np.arange(N)
    columns = {"path": [f"{i}.wav" for i in rows], "label": names[given], "verified": verified}
    columns |= {"split": np.where(test, "test", "train"), "fold": np.where(test, -1, rows % 5), "truth": names[y]}
    clips = pd.DataFrame({"clip_id": [f"clip{i:03d}" for i in rows], **columns, "group": [f"s{i}" for i in rows]})
    artifacts.write_clips(tmp_path / "clips", clips, NAMES)
    formats.write_array(tmp_path / "latents" / "latents.npy", latents.astype(np.float32))
    for name in ("network", "linear"):
        raw = np.exp(random.normal(size=(N, 4)) + 3 * np.eye(4)[y])
        probs = (raw / raw.sum(axis=1, keepdims=True)).astype(np.float32)
        probs[test] = np.nan
        formats.write_array(tmp_path / "judged" / name / "probs.npy", probs)
    formats.write_array(tmp_path / "judged" / "network" / "neighbours.npy", np.full((N, 0), -1, np.int32))
    places = {name: tmp_path / name for name in ("clips", "latents", "judged")}
    return Namespace(**places, corrections=tmp_path / "corrections.csv", out=tmp_path / "labels")


def params(asked="both", promote="posterior", precision=0.98, correct=0.8):
    given = catalogue.settings("demo")
    given["space"] = {"whiten": None, "unit_length": False}
    given["spread"] = {"grouping": FAMILIES, "kernel": {"scaled_rbf": {"scale": 1.0}}, "min_confidence": 0.0}
    how = {"posterior": {"precision": precision}} if promote == "posterior" else promote
    given["labels"] = {"spreading": asked != "models", "promote": how, "correct": correct}
    if asked == "spreading":
        given["labels"]["open_set"] = False
        given |= {"judges": {"network": None, "linear": None}, "members": {"one": {}}}
    return Params.model_validate(given)


def labels_of(paths):
    return artifacts.read_labels(paths.out).set_index("clip_id")


def run_id_of(paths):
    return store.run_id(artifacts.read_clips(paths.clips), NAMES)


def review(paths, rows, **more):
    """Write decisions on clips: `{clip_id: (decision, new_label)}`, as the page does."""
    given = artifacts.read_clips(paths.clips).set_index("clip_id")["label"]
    cells = dict.fromkeys(store.COLUMNS, "") | {"reviewer": "Ada", "run_id": run_id_of(paths)} | more
    made = [
        cells | {"clip_id": clip, "given_label": given[clip], "decision": decision, "new_label": new}
        for clip, (decision, new) in rows.items()
    ]
    store.write(paths.corrections, pd.DataFrame(made, columns=store.COLUMNS))


def bytes_of(paths):
    return {path.name: path.read_bytes() for path in sorted(paths.out.iterdir())}


def split_of(paths, **changes):
    base = {"network": {"name": "vgg"}, "patches": "crop", "training": {}, "epochs": 1, "rounds": {"number": 3}}
    base |= {"train_on": "posterior", "hold_out": 0}
    clips, labels = artifacts.read_clips(paths.clips), artifacts.read_labels(paths.out)
    posterior = artifacts.read_probs(paths.out / "posterior.npy", N, 4)
    ruled_out = artifacts.read_ruled_out(paths.out / "ruled_out.npy", N, 4)
    member = Member.model_validate(base | changes)
    return split_clips(clips, labels, posterior, NAMES, np.ones(N, bool), member, ruled_out)


def test_ten_flipped_labels_change_just_those_and_what_is_trained_on(project):
    work(params(), project)
    before, split = labels_of(project), split_of(project)
    flipped = (
        before[(before["outcome"] == "promoted")]
        .iloc[:7]
        .index.union(before[before["outcome"] == "verified"].iloc[:3].index)
    )
    assert len(flipped) == 10
    new = {clip: NAMES[(NAMES.index(before["label"][clip]) + 1) % 4] for clip in flipped}
    review(project, {clip: ("relabel", label) for clip, label in new.items()})
    work(params(), project)
    after, again = labels_of(project), split_of(project)
    human = after.loc[flipped]
    assert (human["label"] == pd.Series(new)).all()
    assert (human["target"] == human["label"]).all()
    assert (human["given"] == before["label"][flipped]).all()
    assert human["verified"].all()
    assert (human["outcome"] == "reviewed").all()
    assert (human["review"] == "relabel").all()
    assert (human["probability"] == 1).all()
    assert not human["promoted"].any()
    assert human["reason"].tolist() == [f"relabelled by Ada: {new[clip]}" for clip in flipped]
    others = after.index.difference(flipped)
    told = ["given", "label", "verified", "review"]
    pd.testing.assert_frame_equal(after.loc[others, told], before.loc[others, told])
    assert (after["outcome"] == "verified").sum() == (before["outcome"] == "verified").sum() - 3
    # What is trained on: these clips as what the person said, one-hot in the posterior, whatever they were before.
    at = after.index.get_indexer(flipped)
    columns = np.array([NAMES.index(new[clip]) for clip in flipped])
    np.testing.assert_array_equal(np.load(project.out / "posterior.npy")[at], np.eye(4, dtype=np.float32)[columns])
    used = again.trusted[at] | again.validation[at]
    assert used.all()
    np.testing.assert_array_equal(again.given[at], columns)
    np.testing.assert_array_equal(again.target[at[again.trusted[at]]], columns[again.trusted[at]])
    rest = np.setdiff1d(np.arange(N), at)
    np.testing.assert_array_equal(again.given[rest], split.given[rest])


@pytest.mark.parametrize("promote", ["agree", "posterior"])
@pytest.mark.parametrize("asked", ["spreading", "models", "both"])
def test_a_rejected_label_is_none_and_never_the_target(project, asked, promote):
    chosen = params(asked, promote, correct=0.3, precision=0.5)
    for name in ("network", "linear") if asked == "spreading" else ():
        write_said(project.judged / name, nothing(N, 4))
    work(chosen, project)
    before = labels_of(project)
    open_ = before[before["outcome"] == "promoted"].index[:6]
    proven = before[before["outcome"] == "verified"].index[:2]
    review(project, dict.fromkeys([*open_, *proven], ("reject", "")))
    work(chosen, project)
    after = labels_of(project).loc[[*open_, *proven]]
    assert (after["label"] == "").all()
    assert (after["given"] == before["label"][after.index]).all()
    assert (after["family"] == before["family"][after.index]).all()
    assert not after[["verified", "promoted"]].any(axis=None)
    assert after["outcome"].isin(["corrected", "left_out"]).all()
    assert (after["target"] != after["given"]).all()
    assert after["reason"].str.startswith("given label rejected by Ada; ").all()
    posterior = np.load(project.out / "posterior.npy")
    at = labels_of(project).index.get_indexer(after.index)
    column = [NAMES.index(name) for name in after["given"]]
    left = posterior[at, column]
    assert (left[~np.isnan(left)] == 0).all()
    if asked != "spreading":
        assert not np.isnan(left).any()
        np.testing.assert_allclose(posterior[at].sum(axis=1), 1, rtol=1e-5)
        assert (after["outcome"] == "corrected").any()
        words = after["reason"][after["outcome"] == "corrected"].iloc[0]
        assert words.startswith("given label rejected by Ada; judged ")
    counts = formats.read_table(project.out / "promotion.csv").set_index("family").loc["all"]
    for outcome in ("corrected", "left_out"):
        assert int(counts[outcome]) == (labels_of(project)["outcome"] == outcome).sum()
    for train_on in ("posterior", "all", "agreed", "promoted", "verified"):
        split = split_of(project, train_on=train_on, hold_out=None)
        assert (split.given[at] == -1).all()
        assert (split.target[at] != column).all()
        assert split.ruled_out[at, column].all()


@pytest.mark.parametrize("promote", ["agree", "posterior"])
def test_a_rejected_correction_leaves_the_given_label_and_is_not_made_again(project, promote):
    chosen = params(promote=promote)
    work(chosen, project)
    before = labels_of(project)
    made = before[before["outcome"] == "corrected"]
    assert len(made) > 3
    review(project, {clip: ("reject", target) for clip, target in made["target"].items()})
    work(chosen, project)
    after = labels_of(project).loc[made.index]
    assert (after["label"] == made["label"]).all()
    assert (after["target"] != made["target"]).all()
    assert not after["verified"].any()
    words = "correction to " + made["target"] + " rejected by Ada; "
    assert all(why.startswith(start) for why, start in zip(after["reason"], words, strict=True))
    at = labels_of(project).index.get_indexer(made.index)
    assert (np.load(project.out / "posterior.npy")[at, [NAMES.index(name) for name in made["target"]]] == 0).all()


def test_when_every_class_is_ruled_out_nothing_is_believed(project):
    work(params(), project)
    clip = labels_of(project).query("outcome == 'promoted'").index[0]
    row = dict.fromkeys(store.COLUMNS, "") | {"clip_id": clip, "decision": "reject"}
    rows = [row | {"new_label": name} for name in NAMES]
    store.write(project.corrections, pd.DataFrame(rows))
    work(params(), project)
    found = labels_of(project).loc[clip]
    assert (found["label"], found["outcome"], found["target"]) == ("", "left_out", "")
    assert found["reason"].endswith("rejected by a person; no class is left that it could be of")
    assert np.isnan(np.load(project.out / "posterior.npy")[labels_of(project).index.get_loc(clip)]).all()


@pytest.mark.parametrize("promote", ["agree", "posterior"])
def test_a_review_of_nothing_but_doubt_changes_nothing_but_the_note(project, promote):
    work(params(promote=promote), project)
    before = labels_of(project)
    review(project, dict.fromkeys(before.index[:9], ("unsure", "")))
    work(params(promote=promote), project)
    after = labels_of(project)
    assert (after["review"][:9] == "unsure").all()
    pd.testing.assert_frame_equal(after.drop(columns="review"), before.drop(columns="review"))


def test_accepted_clips_are_seeds_calibrate_and_leave_the_pool(project):
    work(params(), project)
    before = labels_of(project)
    calibrated = formats.read_table(project.out / "calibration.csv")["clips"].astype(int).sum()
    left = before[before["outcome"] == "promoted"].index[:5]
    review(project, dict.fromkeys(left, ("accept", "")), reviewer="")
    work(params(), project)
    after = labels_of(project)
    assert (after.loc[left, "outcome"] == "reviewed").all()
    assert (after.loc[left, "reason"] == "accepted by a person").all()
    assert (after.loc[left, "spread_label"] == before.loc[left, "label"]).all()
    assert formats.read_table(project.out / "calibration.csv")["clips"].astype(int).sum() == calibrated + 5
    table = formats.read_table(project.out / "promotion.csv").set_index("family")
    counts = ["verified", "promoted", "corrected", "left_out"]
    assert table.loc["all", counts].astype(int).sum() == int(table.loc["all", "clips"])
    assert int(table.loc["all", "verified"]) == before["verified"].sum() + 5


def test_the_order_of_rows_changes_nothing_but_the_copy(project):
    work(params(), project)
    ids = [clip for clip, outcome in labels_of(project)["outcome"].items() if outcome != "test"]
    said = {clip: (("accept", "reject", "relabel", "unsure")[i % 4], "") for i, clip in enumerate(ids[:40])}
    said = {clip: (what, "class1" if what == "relabel" else "") for clip, (what, _) in said.items()}
    found = []
    for order in (list(said), list(said)[::-1]):
        review(project, {clip: said[clip] for clip in order})
        work(params(), project)
        found.append(bytes_of(project))
        assert found[-1].pop("corrections.csv") == project.corrections.read_bytes()
    assert found[0] == found[1]


def test_what_was_applied_is_kept_beside_the_labels(project, capsys):
    work(params(), project)
    assert (project.out / "corrections.csv").read_text() == ",".join(store.COLUMNS) + "\n"
    assert formats.read_json(project.out / "run.json") == {"run_id": run_id_of(project)}
    assert "review" not in capsys.readouterr().out
    review(project, {"clip000": ("relabel", NAMES[3])}, run_id="0123456789ab", note="=1+1")
    work(params(), project)
    kept = project.out / "corrections.csv"
    assert kept.read_bytes() == project.corrections.read_bytes()
    assert ",'=cmd|' /C calc'!A0,Ada,0123456789ab,'=1+1" in kept.read_text()
    assert labels_of(project)["label"]["clip000"] == NAMES[3]
    said = capsys.readouterr()
    assert said.out.splitlines()[0] == "review: 0 accepted, 0 rejected, 1 relabelled, 0 unsure (clips)"
    assert said.err.startswith("warning: 1 of 1 rows were not made in this run")
    # A review changes nothing that the next page is told apart by.
    assert formats.read_json(project.out / "run.json") == {"run_id": run_id_of(project)}


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        ({"clip_id": "clip159"}, r"corrections\.csv:2: clip 'clip159' is a test clip"),
        ({"clip_id": "nobody"}, r"corrections\.csv:2: found no clip 'nobody'"),
        ({"clip_id": "clip000", "given_label": "Dog"}, r"corrections\.csv:2: given_label 'Dog' is no class"),
    ],
)
def test_what_cannot_be_followed_stops_the_stage_before_it_learns(project, monkeypatch, cells, words):
    work(params(), project)
    before = bytes_of(project)
    row = dict.fromkeys(store.COLUMNS, "") | {"given_label": "class0", "decision": "accept"} | cells
    store.write(project.corrections, pd.DataFrame([row]))
    monkeypatch.setattr("stages.spread.weigh", None)
    with pytest.raises(DataError, match=words):
        work(params(), project)
    assert bytes_of(project) == before
