import json
from argparse import Namespace
from functools import partial

import numpy as np
import pytest

from pipeline.errors import ArtifactError
from pipeline.files import artifacts, formats
from pipeline.judges import said
from pipeline.judges.network import neighbours
from pipeline.labels import reliability
from pipeline.labels.weigh import weigh
from pipeline.params.schema import Params
from pipeline.presets import catalogue
from stages.spread import work

CLASSES = [f"class{c}" for c in range(4)]
FAMILIES = {"low": CLASSES[:2], "high": CLASSES[2:]}
FILES = ["calibration.csv", "corrections.csv", "families.json", "labels.csv"]
FILES += ["posterior.npy", "promotion.csv", "ruled_out.npy", "run.json", "targets.csv"]
N = 160


@pytest.fixture(autouse=True)
def few_draws(monkeypatch):
    monkeypatch.setattr(reliability, "estimate", partial(reliability.estimate, draws=5))


@pytest.fixture
def project(tmp_path, clouds):
    """Clips, latents and what the judges say of them on disk, and the params to run with."""
    x, clips, truth = clouds(n=N)
    artifacts.write_clips(tmp_path / "clips", clips.assign(truth=truth), CLASSES)
    formats.write_array(tmp_path / "latents" / "latents.npy", x.astype(np.float32))
    random = np.random.default_rng(0)
    for name in ("network", "linear"):
        raw = np.exp(2 * random.normal(size=(N, 4)) + 4 * (truth[:, np.newaxis] == CLASSES))
        probs = raw / raw.sum(axis=1, keepdims=True)
        formats.write_array(tmp_path / "judged" / name / "probs.npy", probs.astype(np.float32))
    formats.write_array(tmp_path / "judged" / "network" / "neighbours.npy", neighbours.nearest(x, np.arange(N)))
    names = ("clips", "latents", "judged")
    places = {name: tmp_path / name for name in names} | {"corrections": tmp_path / "corrections.csv"}
    return _params(), Namespace(**places, out=tmp_path / "labels")


def _params(asked="both", promote="posterior"):
    given = catalogue.settings("demo")
    given["spread"] = {"grouping": FAMILIES, "kernel": {"scaled_rbf": {"scale": 5.0}}, "min_confidence": 0.0}
    how = {"posterior": {"precision": 0.98}} if promote == "posterior" else promote
    given["labels"] = {"spreading": asked != "models", "promote": how, "open_set": asked != "spreading"}
    if asked == "spreading":
        given |= {"judges": {"network": None, "linear": None}, "members": {"one": {}}}
    return Params.model_validate(given)


def _silence(paths, *names):
    """Leave what is on disk of judges that were not asked."""
    for name in names:
        said.write(paths.judged / name, said.nothing(N, 4))


def _bytes(paths):
    return {path.name: path.read_bytes() for path in sorted(paths.out.iterdir())}


@pytest.mark.parametrize("promote", ["agree", "posterior"])
@pytest.mark.parametrize("asked", ["spreading", "models", "both"])
def test_all_that_was_decided_is_written(project, asked, promote, capsys):
    _, paths = project
    if asked == "spreading":
        _silence(paths, "network", "linear")
    work(_params(asked, promote), paths)
    assert list(_bytes(paths)) == FILES
    labels = artifacts.read_labels(paths.out)
    assert labels["promoted"].any()
    posterior = artifacts.read_probs(paths.out / "posterior.npy", N, 4, open_set=True)
    outside = labels["outside"] if asked != "spreading" else 0
    np.testing.assert_allclose(posterior.sum(axis=1) + outside, 1, rtol=1e-5)
    assert (posterior.argmax(axis=1) == np.array([CLASSES.index(name) for name in labels["label"]]))[
        labels["outcome"].isin(["verified"])
    ].all()
    table = formats.read_table(paths.out / "promotion.csv")
    assert table["family"].tolist() == ["low", "high", "all"]
    assert int(table["promoted"].iloc[-1]) == labels["promoted"].sum()
    assert table[["noise_rate", "noise_low", "precision_high"]].astype(float).notna().all(axis=None)
    calibration = formats.read_table(paths.out / "calibration.csv")
    assert list(calibration.columns) == ["low", "high", "clips", "predicted", "observed"]
    assert calibration["clips"].astype(int).sum() == labels["verified"].sum()
    assert json.loads((paths.out / "families.json").read_text()) == FAMILIES
    shown = capsys.readouterr().out
    assert len(shown.splitlines()) == 4
    assert "est. precision" in shown
    assert ("-" in shown.splitlines()[1].split()) == (asked == "spreading")


def test_a_second_run_writes_the_same_bytes(project):
    params, paths = project
    work(params, paths)
    first = _bytes(paths)
    work(params, paths)
    assert _bytes(paths) == first


def test_the_truth_changes_nothing(project):
    params, paths = project
    work(params, paths)
    first = _bytes(paths)
    answers = artifacts.read_answers(paths.clips)
    artifacts.write_clips(paths.clips, answers.assign(truth="class0"), artifacts.read_classes(paths.clips))
    work(params, paths)
    assert _bytes(paths) == first


@pytest.mark.parametrize("silent", [["linear"], ["network"], ["network", "linear"]], ids="+".join)
def test_a_judge_that_was_not_asked_is_no_judge(project, silent):
    """What is decided is what those decide together who were asked: no column stands for the others."""
    _, paths = project
    params = _params("spreading" if len(silent) == 2 else "both")
    probs = {name: np.load(paths.judged / name / "probs.npy") for name in ("network", "linear") if name not in silent}
    near = np.load(paths.judged / "network" / "neighbours.npy")
    _silence(paths, *silent)
    work(params, paths)
    weighed = weigh(
        artifacts.read_clips(paths.clips),
        CLASSES,
        FAMILIES,
        params.space,
        params.spread,
        params.labels,
        latents=np.load(paths.latents / "latents.npy"),
        said=np.stack(list(probs.values())) if probs else None,
        near=None if "network" in silent else near,
        seed=params.seed,
    )
    np.testing.assert_array_equal(np.load(paths.out / "posterior.npy"), weighed.belief.posterior.astype(np.float32))
    assert artifacts.read_labels(paths.out)["target"].tolist() == weighed.labels["target"].tolist()


def test_neighbours_do_not_matter_where_no_sound_of_no_class_is_looked_for(project):
    _, paths = project
    params = _params()
    params = params.model_copy(update={"labels": params.labels.model_copy(update={"open_set": False})})
    work(params, paths)
    first = _bytes(paths)
    formats.write_array(paths.judged / "network" / "neighbours.npy", np.full((N, 10), -1, np.int32))
    work(params, paths)
    assert _bytes(paths) == first


def test_latents_of_other_clips_are_refused_and_earlier_output_stays(project):
    params, paths = project
    work(params, paths)
    first = _bytes(paths)
    formats.write_array(paths.latents / "latents.npy", np.zeros((3, 8), np.float32))
    with pytest.raises(ArtifactError, match=r"latents\.npy: found float32\(3, 8\), expected float32\(160, None\)"):
        work(params, paths)
    assert _bytes(paths) == first
    assert sorted(path.name for path in paths.out.parent.iterdir()) == ["clips", "judged", "labels", "latents"]


@pytest.mark.parametrize("name", ["network", "linear"])
@pytest.mark.parametrize(
    ("array", "message"),
    [
        (np.full((N, 3), 1 / 3, np.float32), r"found float32\(160, 3\), expected float32\(160, 4\)"),
        (np.full((N, 4), 0.5, np.float32), "row 0 is not a distribution"),
        (None, "missing; run `dvc repro` to make it"),
    ],
)
def test_what_is_no_judgement_of_these_clips_is_refused(project, name, array, message):
    params, paths = project
    path = paths.judged / name / "probs.npy"
    path.unlink()
    if array is not None:
        formats.write_array(path, array)
    with pytest.raises(ArtifactError, match=rf"{name}/probs\.npy: {message}"):
        work(params, paths)
    assert not paths.out.exists()


def test_latents_and_judgements_of_test_clips_change_nothing(project):
    params, paths = project
    answers = artifacts.read_answers(paths.clips)
    answers.loc[:19, ["split", "fold"]] = ["test", -1]
    artifacts.write_clips(paths.clips, answers, artifacts.read_classes(paths.clips))
    work(params, paths)
    first = _bytes(paths)
    for path, value in ((paths.latents / "latents.npy", -3.0), (paths.judged / "network" / "probs.npy", np.nan)):
        changed = np.load(path)
        changed[:20] *= value
        formats.write_array(path, changed)
    work(params, paths)
    assert _bytes(paths) == first
    assert np.isnan(np.load(paths.out / "posterior.npy")[:20]).all()
