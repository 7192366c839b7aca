"""Every stage on bad input: one message that names the file or the key, and what was there before stays."""

import importlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from ruamel.yaml import YAML

from pipeline.errors import EarmarkError

NETWORKS = {"autoencoder", "self_train"}
READS_CLIPS = ["spectrograms", "audit", "autoencoder", "spread", "self_train", "ensemble", "project", "report"]
READS_FEATURES = ["autoencoder", "self_train", "report"]
READS_LATENTS = ["spread", "project"]
ENSEMBLE = ("clips", "labels", "members", "out")


def stages(names):
    return [pytest.param(name, marks=pytest.mark.keras if name in NETWORKS else ()) for name in names]


def refused(project, stage):
    """Run the stage in this process; return its message."""
    before = project.state()
    with pytest.raises(EarmarkError) as caught:
        importlib.import_module(f"stages.{stage}").work(project.params, project.at(stage))
    assert project.state() == before
    assert [path.name for path in project.root.rglob(".*")] == []
    return str(caught.value)


def replace(path: Path, pattern: str, new: str) -> None:
    text, count = re.subn(pattern, new, path.read_text(), count=1)
    assert count == 1
    path.write_text(text)


def table_of(stage: str) -> str:
    """The table of clips that a stage reads."""
    return "files.csv" if stage in ("spectrograms", "autoencoder", "project") else "clips.csv"


def folder_of(stage: str) -> str:
    """The folder that it lies in."""
    return "listed" if stage in ("spectrograms", "audit") else "clips"


class TestClips:
    @pytest.mark.parametrize("stage", stages(READS_CLIPS))
    def test_missing(self, project, stage):
        shutil.rmtree(project.root / folder_of(stage))
        assert re.search(
            rf"{folder_of(stage)}/{table_of(stage)}: missing; run `dvc repro` to make it", refused(project, stage)
        )

    @pytest.mark.parametrize("stage", stages(READS_CLIPS))
    def test_cut_off_in_the_middle(self, project, stage):
        path = project.root / folder_of(stage) / table_of(stage)
        path.write_bytes(path.read_bytes()[:-30])
        assert re.search(
            rf"{folder_of(stage)}/{table_of(stage)}: not a readable CSV \(cut off in its last line\)",
            refused(project, stage),
        )

    @pytest.mark.parametrize("stage", stages(["spread", "self_train", "ensemble", "report"]))
    def test_no_classes(self, project, stage):
        (project.root / "clips" / "classes.json").write_text('{"Bark": 0}')
        assert "clips/classes.json: expected a list of class names" in refused(project, stage)


class TestFeatures:
    @pytest.mark.parametrize("stage", stages(READS_FEATURES))
    @pytest.mark.parametrize(
        ("pattern", "new", "words"),
        [
            (r"clip05,100,", "clip05,900000,", "index.csv: clip 'clip05': start or n_frames is wrong"),
            (r"clip05,100,20", "clip05,100,many", "index.csv: column 'n_frames', row 5"),
            (r"clip05", "clip04x", "index.csv: its 36 clips are not the 36 of clips.csv"),
            (r"clip35,700,20,.*\n", "", "frames.npy: found float16(720, 16), expected float16(700, None)"),
        ],
    )
    def test_a_damaged_index(self, project, stage, pattern, new, words):
        replace(project.root / "features" / "index.csv", pattern, new)
        assert words in refused(project, stage)

    @pytest.mark.parametrize("stage", stages(READS_FEATURES))
    def test_frames_cut_off(self, project, stage):
        path = project.root / "features" / "frames.npy"
        path.write_bytes(path.read_bytes()[:-1])
        assert "features/frames.npy: not a readable array" in refused(project, stage)

    @pytest.mark.parametrize("stage", stages(["autoencoder", "self_train"]))
    def test_features_of_fewer_clips(self, project, stage):
        replace(project.root / "features" / "index.csv", r"clip35,700,20,.*\n", "")
        frames = np.load(project.root / "features" / "frames.npy")[:700]
        np.save(project.root / "features" / "frames.npy", frames)
        assert "features/index.csv: its 35 clips are not the 36 of clips.csv" in refused(project, stage)

    def test_audio_that_is_not_there(self, project):
        words = refused(project, "spectrograms")
        assert "36 of 36 clips cannot be read" in words
        assert "36 missing" in words
        assert "features.max_quarantined" in words

    @pytest.mark.parametrize("path", ["../secret.wav", "/etc/hostname", "a/../../b.wav"])
    def test_a_path_that_leads_out_of_raw(self, project, path):
        replace(project.root / "listed" / "files.csv", r"7\.wav", path)
        words = refused(project, "spectrograms")
        assert "clip 'clip07'" in words
        assert repr(path) in words


class TestLatents:
    @pytest.mark.parametrize("stage", READS_LATENTS)
    @pytest.mark.parametrize(
        ("latents", "words"),
        [
            (np.zeros((35, 8), np.float32), r"latents\.npy: found float32\(35, 8\), expected float32\(36, None\)"),
            (np.zeros((36, 8)), r"latents\.npy: found float64\(36, 8\)"),
            (np.full((36, 8), np.nan, np.float32), "latents: 0 of 36 rows are usable"),
        ],
    )
    def test_of_another_run(self, project, stage, latents, words):
        np.save(project.root / "latents" / "latents.npy", latents)
        assert re.search(words, refused(project, stage))

    @pytest.mark.parametrize("stage", READS_LATENTS)
    def test_missing(self, project, stage):
        (project.root / "latents" / "latents.npy").unlink()
        assert "latents/latents.npy: missing; run `dvc repro`" in refused(project, stage)


class TestMembers:
    @pytest.mark.parametrize(
        ("probs", "words"),
        [
            (np.full((35, 3), 1 / 3, np.float32), r"found float32\(35, 3\), expected float32\(36, 3\)"),
            (np.full((36, 4), 1 / 4, np.float32), r"found float32\(36, 4\), expected float32\(36, 3\)"),
            (np.full((36, 3), 0.5, np.float32), "row 0 is not a distribution"),
        ],
    )
    def test_probs_of_another_shape(self, project, probs, words):
        np.save(project.root / "members" / "one" / "probs.npy", probs)
        assert re.search(rf"members/one/probs\.npy: {words}", refused(project, "ensemble"))

    @pytest.mark.keras
    def test_unknown(self, project):
        at = project.at("self_train")
        at.member = "on"
        from stages import self_train

        with pytest.raises(EarmarkError, match="members: there is no 'on', there are one"):
            self_train.work(project.params, at)

    @pytest.mark.keras
    def test_labels_of_other_clips(self, project):
        replace(project.root / "labels" / "targets.csv", "clip35.*\n", "")
        assert "labels/targets.csv: its 35 clips are not the 36 of clips.csv" in refused(project, "self_train")

    @pytest.mark.keras
    @pytest.mark.parametrize(
        ("posterior", "words"),
        [
            (None, r"missing; run `dvc repro`"),
            (np.full((35, 3), 1 / 3, np.float32), r"found float32\(35, 3\), expected float32\(36, 3\)"),
            (np.full((36, 3), 0.5, np.float32), "row 0 is not a distribution"),
        ],
    )
    def test_a_posterior_of_another_run(self, project, posterior, words):
        path = project.root / "labels" / "posterior.npy"
        path.unlink()
        if posterior is not None:
            np.save(path, posterior)
        assert re.search(rf"labels/posterior\.npy: {words}", refused(project, "self_train"))

    @pytest.mark.keras
    def test_a_class_that_nobody_verified(self, project):
        targets = project.root / "labels" / "targets.csv"
        text = re.sub("(?m)^(.*,NA,.*),True,promoted", r"\1,False,left_out", targets.read_text())
        targets.write_text(text.replace("NA,True", "NA,False"))
        assert "no trusted clip to train on for NA outside fold 0" in refused(project, "self_train")


class TestParams:
    @pytest.mark.parametrize(
        ("grouping", "words"),
        [({"pets": ["Bark", "Meow"]}, "NA"), ({"pets": ["Bark", "Meow", "NA", "Moo"]}, "Moo")],
    )
    def test_a_grouping_that_does_not_fit_the_classes(self, project, grouping, words):
        project.given["spread"]["grouping"] = grouping
        assert re.search(rf"spread\.grouping.*{words}", refused(project, "spread"))

    def test_a_feature_that_is_impossible_at_this_rate(self, project):
        project.given["features"]["fmax"] = 11025
        words = refused(project, "spectrograms")
        assert "fmax" in words
        assert "11025" in words or "11,025" in words

    def test_a_data_set_that_is_not_there(self, project):
        project.given["dataset"]["root"] = str(project.root / "nowhere")
        assert "nowhere" in refused(project, "prepare")


class TestReport:
    def test_members_that_are_not_the_ensembles(self, project):
        (project.root / "latents" / "reconstructions.csv").write_text("clip_id\n")
        np.save(project.root / "latents" / "reconstructions.npy", np.zeros((2, 0, 4, 4), np.float32))
        text = "member,fold,clips,accuracy,map\nother,0,1,1,1\n"
        (project.root / "ensemble" / "validation.csv").write_text(text)
        assert "validation.csv: members other, expected one as in params.yaml" in refused(project, "report")

    def test_summary_of_no_report(self, project):
        assert "reports/metrics.json: missing; run `dvc repro`" in refused(project, "summary")


def command(project, stage, *names, **changes):
    """Run a stage as DVC does."""
    params = project.root.parent / "params.yaml"
    with open(params, "w", encoding="utf-8") as file:
        YAML().dump(project.given | changes, file)
    paths = [part for name in names for part in (f"--{name}", getattr(project.at(stage), name))]
    arguments = [sys.executable, "-m", f"stages.{stage}", "--params", params, *paths]
    root = Path(__file__).resolve().parents[2]
    return subprocess.run(list(map(str, arguments)), cwd=root, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("stage", "names", "changes", "words"),
    [
        ("ensemble", ENSEMBLE, {}, r"error: \S+/members/one/probs\.npy: missing; run `dvc repro`"),
        ("ensemble", ENSEMBLE, {"folds": 1}, r"error: \S+/params\.yaml: folds: "),
    ],
)
def test_as_dvc_runs_it_a_stage_ends_with_1_and_one_line(project, stage, names, changes, words):
    os.unlink(project.root / "members" / "one" / "probs.npy")
    before = project.state()
    done = command(project, stage, *names, **changes)
    assert done.returncode == 1
    assert done.stdout == ""
    assert re.match(words, done.stderr)
    assert len(done.stderr.splitlines()) == 1
    assert project.state() == before
