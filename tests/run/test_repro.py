"""`dvc repro` from nothing to the report, and what an edit makes run again."""

import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from ruamel.yaml import YAML

from pipeline.files import artifacts, formats, frames

from .conftest import Project

pytestmark = [pytest.mark.keras, pytest.mark.slow]

ALL = [
    "prepare",
    "spectrograms",
    "audit",
    "autoencoder",
    "judge@network",
    "judge@linear",
    "spread",
    "self_train@one",
    "self_train@two",
    "ensemble",
    "project",
    "report",
]
JUDGES = ["judge@network", "judge@linear"]
FROM_SPREAD = ["spread", "self_train@one", "self_train@two", "ensemble", "report"]
FROM_MEMBERS = ["self_train@one", "self_train@two", "ensemble", "report"]


def test_everything_that_the_design_lists_is_there(finished: Project) -> None:
    data = finished.folder / "data"
    clips, classes = artifacts.read_clips(data / "clips"), artifacts.read_classes(data / "clips")
    assert (len(clips), len(classes)) == (96, 12)
    features = frames.read_features(data / "features")
    assert list(features.index["clip_id"]) == list(clips["clip_id"])
    assert len(artifacts.read_labels(data / "labels")) == 96
    for folder in ("members/one", "members/two", "ensemble"):
        probs = artifacts.read_probs(data / folder / "probs.npy", 96, 12)
        assert np.isfinite(probs).all()
    rounds = pd.read_csv(data / "members" / "one" / "rounds.csv")
    assert list(rounds["round"]) == [1, 2]
    assert {"index.html", "metrics.json", "submission.csv", "tables", "figures"} <= {
        path.name for path in (finished.folder / "reports").iterdir()
    }
    submission = pd.read_csv(finished.folder / "reports" / "submission.csv")
    assert list(submission.columns) == ["fname", "label"]
    assert (submission["label"].str.split().str.len() == 3).all()
    assert len(submission) == (clips["split"] == "test").sum()
    assert not (data / "checkpoints" / "one").exists()


def test_a_second_run_does_nothing_and_says_so(copied: Project) -> None:
    assert copied.would_run() == []
    assert "up to date" in copied.dvc("repro").stdout


def test_metrics_and_plots_show(copied: Project, tmp_path: Path) -> None:
    shown = json.loads(copied.dvc("metrics", "show", "--json").stdout)
    assert "ensemble.test_accuracy" in json.dumps(shown)
    copied.dvc("plots", "show", "-o", str(tmp_path / "plots"))
    assert "val" in (tmp_path / "plots" / "index.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("key", "value", "runs"),
    [
        ("report.title", "another", ["report"]),
        ("project.tsne", {"perplexity": 10}, ["project", "report"]),
        ("ensemble.method", "arithmetic", ["ensemble", "report"]),
        ("self_train.rounds.thresholds.lower", [0.1, 0.2], FROM_MEMBERS),
        ("members.two.hold_out", 2, ["self_train@two", "ensemble", "report"]),
        ("spread.grouping", "one", FROM_SPREAD),
        ("labels.correct", 0.8, FROM_SPREAD),
        ("training.label_smoothing", 0.1, [*JUDGES, *FROM_SPREAD]),
        ("space.whiten", 8, [*FROM_SPREAD[:-1], "project", "report"]),
        ("judges.network.unverified_epochs", 2, ["judge@network", *FROM_SPREAD]),
        ("judges.linear.strength", 0.1, ["judge@linear", "spread", *FROM_MEMBERS]),
        ("features.trim_db", 40, ALL[1:]),
        ("audit.nearly_same", None, ALL[2:]),
        ("compute.jobs", 1, []),
        ("compute.threads", 3, ["autoencoder", *ALL[6:]]),
    ],
)
def test_an_edit_reruns_what_depends_on_it_and_nothing_before(
    copied: Project, key: str, value: object, runs: list[str]
) -> None:
    copied.edit(key, value)
    assert copied.would_run() == runs


def test_a_new_member_trains_alone_and_a_removed_one_leaves_the_ensemble(copied: Project) -> None:
    copied.edit("members", {"one": {}, "three": {"network": {"depth": 1}, "hold_out": 1}})
    done = copied.dvc("repro").stdout
    ran = [line.split("'")[1] for line in done.splitlines() if line.startswith("Running stage")]
    assert ran == ["self_train@three", "ensemble", "report"]
    assert (copied.folder / "data" / "members" / "two").is_dir()
    weights = formats.read_json(copied.folder / "data" / "ensemble" / "ensemble.json")["weights"]
    assert list(weights) == ["one", "three"]


def test_a_changed_clip_reruns_from_the_audio_on(root: Path, copied: Project, tmp_path: Path) -> None:
    clip = next(iter(sorted((copied.folder / "data" / "raw" / "audio_train").glob("*.wav"))))
    sounds = tmp_path / "sounds"
    shutil.copytree(copied.folder / "data" / "raw", sounds)
    table = artifacts.read_clips(copied.folder / "data" / "clips")
    rows = table[table["split"] == "train"].assign(verified=True)[["path", "label", "verified", "group"]]
    formats.write_table(sounds / "clips.csv", rows)
    copied.edit("dataset", {"name": "csv", "root": str(sounds), "test_fraction": 0.25})
    copied.edit("spread.grouping", "one")
    copied.dvc("repro", "spectrograms")
    assert copied.dvc("status", "prepare", "spectrograms").stdout.strip().endswith("up to date.")
    (sounds / clip.relative_to(copied.folder / "data" / "raw")).write_bytes(b"no audio any more")
    copied.dvc("repro", "spectrograms")
    index = frames.read_features(copied.folder / "data" / "features").index
    lost = index[index["status"] == "quarantined"]
    assert [name.split("/")[-1] for name in lost["clip_id"]] == [clip.name]
    assert "not audio" in lost["reason"].iloc[0]


def test_a_wrong_setting_stops_with_one_message_and_loses_nothing(copied: Project) -> None:
    before = (copied.folder / "data" / "labels" / "labels.csv").read_bytes()
    copied.edit("spread.alpha", 7)
    done = copied.dvc("repro", check=False)
    assert done.returncode != 0
    assert "error: params.yaml: spread.alpha:" in done.stderr
    assert "Traceback" not in done.stderr
    assert (copied.folder / "data" / "labels" / "labels.csv").read_bytes() == before
    assert (copied.folder / "reports" / "index.html").is_file()


def test_a_missing_root_is_named_by_its_key(copied: Project) -> None:
    copied.edit("dataset.root", "nowhere")
    done = copied.stage("check")
    assert done.returncode == 1
    assert done.stderr.startswith("error: dataset.root: no folder nowhere")


def test_a_corrected_label_reruns_nothing_that_reads_no_label(root: Path) -> None:
    stages = YAML(typ="safe").load(root / "dvc.yaml")["stages"]
    deps = {name: stage.get("do", stage)["deps"] for name, stage in stages.items()}
    readers = {name for name, paths in deps.items() if {"data/clips", "data/clips/clips.csv"} & set(paths)}
    assert readers == {"judge", "spread", "self_train", "ensemble", "report"}
