import json
from argparse import Namespace

import numpy as np
import pytest

from pipeline import artifacts
from pipeline.errors import ArtifactError
from pipeline.params import Spread, load_params
from stages.spread import work

GROUPS = {"low": ["class0", "class1"], "high": ["class2", "class3"]}


@pytest.fixture
def project(tmp_path, clouds):
    """Clips and latents on disk, and the params to run with."""
    x, clips, truth = clouds(n=160)
    artifacts.write_clips(tmp_path / "clips", clips.assign(truth=truth), [f"class{c}" for c in range(4)])
    artifacts.write_array(tmp_path / "latents" / "latents.npy", x.astype(np.float32))
    spread = Spread(grouping=GROUPS, whiten=64, normalize=True, gamma_scale=5, repeats=3)
    params = load_params("presets/demo.yaml").model_copy(update={"spread": spread})
    return params, Namespace(clips=tmp_path / "clips", latents=tmp_path / "latents", out=tmp_path / "labels")


def test_labels_table_and_groups_are_written(project, capsys):
    params, paths = project
    work(params, paths)
    labels = artifacts.read_labels(paths.out / "labels.csv")
    assert labels["promoted"].any()
    table = artifacts.read_table(paths.out / "promotion.csv")
    assert table["group"].tolist() == ["low", "high", "all"]
    assert int(table["promoted"].iloc[-1]) == labels["promoted"].sum()
    assert json.loads((paths.out / "groups.json").read_text()) == GROUPS
    shown = capsys.readouterr().out
    assert len(shown.splitlines()) == 4
    assert "est. precision" in shown


def test_a_second_run_writes_the_same_bytes(project):
    params, paths = project
    work(params, paths)
    first = {path.name: path.read_bytes() for path in paths.out.iterdir()}
    work(params, paths)
    assert {path.name: path.read_bytes() for path in paths.out.iterdir()} == first


def test_the_truth_changes_nothing(project):
    params, paths = project
    work(params, paths)
    first = (paths.out / "labels.csv").read_bytes()
    answers = artifacts.read_answers(paths.clips)
    artifacts.write_clips(paths.clips, answers.assign(truth="class0"), artifacts.read_classes(paths.clips))
    work(params, paths)
    assert (paths.out / "labels.csv").read_bytes() == first


def test_latents_of_other_clips_are_refused_and_earlier_output_stays(project):
    params, paths = project
    work(params, paths)
    first = (paths.out / "labels.csv").read_bytes()
    artifacts.write_array(paths.latents / "latents.npy", np.zeros((3, 8), np.float32))
    with pytest.raises(ArtifactError, match=r"latents\.npy: found float32\(3, 8\), expected float32\(160, None\)"):
        work(params, paths)
    assert (paths.out / "labels.csv").read_bytes() == first
    assert sorted(path.name for path in paths.out.parent.iterdir()) == ["clips", "labels", "latents"]


def test_latents_of_test_clips_change_nothing(project):
    params, paths = project
    answers = artifacts.read_answers(paths.clips)
    answers.loc[:19, ["split", "fold"]] = ["test", -1]
    artifacts.write_clips(paths.clips, answers, artifacts.read_classes(paths.clips))
    work(params, paths)
    first = (paths.out / "labels.csv").read_bytes()
    x = np.load(paths.latents / "latents.npy")
    x[:20] *= -3
    artifacts.write_array(paths.latents / "latents.npy", x)
    work(params, paths)
    assert (paths.out / "labels.csv").read_bytes() == first
