"""The stage `project`: every clip has a row, a clip without a usable latent has no place."""

from argparse import Namespace

import numpy as np
import pandas as pd
import pytest

from pipeline.files import artifacts, formats
from pipeline.params.schema import Params, Project, Space
from stages import project

N = 30


@pytest.fixture
def at(tmp_path):
    ids = [f"clip{i:02d}" for i in range(N)]
    clips = pd.DataFrame({"clip_id": ids, "path": ids, "label": "Oboe", "verified": True, "split": "train"})
    artifacts.write_clips(tmp_path / "clips", clips.assign(fold=0, group=ids), ["Oboe"])
    latents = np.random.default_rng(0).normal(size=(N, 6)).astype(np.float32)
    latents[[4, 9]] = np.nan
    formats.write_array(tmp_path / "latents" / "latents.npy", latents)
    return Namespace(clips=tmp_path / "clips", latents=tmp_path / "latents", out=tmp_path / "projection")


def _params():
    listed = Project.model_validate({"tsne": {"perplexity": 4}})
    return Params.model_construct(seed=1, space=Space(whiten=64, unit_length=True), project=listed)


def test_quarantined_clips_have_a_row_without_a_place(at):
    project.work(_params(), at)
    table = formats.read_table(at.out / "tsne.csv")
    assert list(table.columns) == ["clip_id", "x", "y"]
    assert list(table["clip_id"]) == [f"clip{i:02d}" for i in range(N)]
    assert list(np.flatnonzero(table["x"] == "")) == [4, 9]
    assert np.isfinite(table[["x", "y"]].drop([4, 9]).astype(float).to_numpy()).all()


def test_the_folder_holds_the_maps_of_the_params_and_nothing_else(at):
    at.out.mkdir()
    (at.out / "former.csv").write_text("clip_id,x,y\n")
    project.work(_params(), at)
    assert [path.name for path in at.out.iterdir()] == ["tsne.csv"]


def test_latents_of_other_clips_are_refused(at):
    formats.write_array(at.latents / "latents.npy", np.zeros((N - 1, 6), np.float32))
    with pytest.raises(artifacts.ArtifactError, match=r"latents\.npy: found float32\(29, 6\), expected float32\(30"):
        project.work(_params(), at)
    assert not at.out.exists()
