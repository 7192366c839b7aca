import json
import re
from argparse import Namespace

import numpy as np
import pandas as pd
import pytest

from pipeline.errors import ArtifactError, DataError, ParamsError
from pipeline.files import artifacts, formats
from pipeline.presets import catalogue
from stages.ensemble import work

CLASSES = ["a", "b", "c"]


@pytest.fixture
def project(tmp_path):
    """Twelve clips, two members named `good` (right on its fold) and `bad` (wrong on it), both holding out fold 0."""
    n = 12
    clips = pd.DataFrame(
        {
            "clip_id": [f"clip{i:02d}" for i in range(n)],
            "path": [f"{i}.wav" for i in range(n)],
            "label": [CLASSES[i % 3] for i in range(n)],
            "verified": [True] * 9 + [False] * 3,
            "split": ["train"] * 9 + ["train", "test", "test"],
            "fold": [0, 0, 0, 1, 1, 1, 2, 2, 2, 0, -1, -1],
            "group": [f"s{i}" for i in range(n)],
        }
    )
    artifacts.write_clips(tmp_path / "clips", clips, CLASSES)
    known = clips["label"].where(clips["split"] == "train", "")
    labels = clips[["clip_id"]].assign(given=known, label=known, verified=clips["verified"], review="", target=known)
    labels = labels.assign(spread_label="", confidence=0.0, abstained=True, promoted=False, family="", reason="")
    artifacts.write_labels(tmp_path / "labels", labels.assign(outcome="left_out", probability=np.nan, outside=np.nan))
    right = np.full((n, 3), 0.1, np.float32) + 0.7 * np.eye(3, dtype=np.float32)[np.arange(n) % 3]
    formats.write_array(tmp_path / "members" / "good" / "probs.npy", right)
    formats.write_array(tmp_path / "members" / "bad" / "probs.npy", np.roll(right, 1, axis=1))
    # Left over from a member that is not in the params any more: must not be swept in.
    formats.write_array(tmp_path / "members" / "gone" / "probs.npy", np.zeros((1, 1), np.float32))
    base = catalogue.params("demo")
    member = next(iter(base.members.values())).model_copy(update={"from_judge": None})

    def params(method="geometric", folds=(0, 0)):
        for name, fold in zip(("good", "bad"), folds, strict=True):
            formats.write_json(tmp_path / "members" / name / "member.json", {"hold_out": fold, "classes": CLASSES})
        ensemble = base.ensemble.model_copy(update={"method": method, "top_k": 3})
        made = [member.model_copy(update={"hold_out": fold}) for fold in folds]
        members = dict(zip(("good", "bad"), made, strict=True))
        return base.model_copy(update={"members": members, "ensemble": ensemble})

    places = {name: tmp_path / name for name in ("clips", "labels", "members")}
    return params, Namespace(**places, out=tmp_path / "ensemble")


def test_members_are_validated_on_verified_clips_of_their_fold(project, capsys):
    params, paths = project
    work(params(), paths)
    table = formats.read_table(paths.out / "validation.csv").set_index("member")
    assert table["clips"].tolist() == ["3", "3"]
    assert table["accuracy"].astype(float).tolist() == [1.0, 0.0]
    assert table["map"].astype(float)["good"] == 1.0
    shown = capsys.readouterr().out.splitlines()
    assert len(shown) == 3
    assert shown[2].startswith("geometric mean")
    assert "fold 0" in shown[2]


def test_what_a_person_said_is_what_members_are_validated_on(project):
    params, paths = project
    work(params(), paths)
    labels = artifacts.read_labels(paths.labels)
    labels.loc[9, ["label", "verified"]] = ["b", True]  # of fold 0 and class a: `good` is wrong on it now
    labels.loc[0, ["label", "verified"]] = ["", False]
    artifacts.write_labels(paths.labels, labels)
    work(params(), paths)
    table = formats.read_table(paths.out / "validation.csv").set_index("member")
    assert table["clips"].tolist() == ["3", "3"]
    assert table["accuracy"].astype(float)["good"] == pytest.approx(2 / 3)


def test_labels_of_other_clips_are_refused(project):
    params, paths = project
    labels = artifacts.read_labels(paths.labels)
    artifacts.write_labels(paths.labels, labels[:-1])
    with pytest.raises(ArtifactError, match=r"targets\.csv: its 11 clips are not the 12 of clips\.csv"):
        work(params(), paths)


def test_probs_and_equal_weights_are_written(project):
    params, paths = project
    work(params(), paths)
    mean = artifacts.read_probs(paths.out / "probs.npy", 12, 3)
    assert np.isfinite(mean).all()
    assert json.loads((paths.out / "ensemble.json").read_text())["weights"] == {"good": 0.5, "bad": 0.5}


def test_weights_follow_validation(project):
    params, paths = project
    work(params("weighted"), paths)
    weights = json.loads((paths.out / "ensemble.json").read_text())["weights"]
    table = formats.read_table(paths.out / "validation.csv").set_index("member")["map"].astype(float)
    assert weights["good"] / weights["bad"] == pytest.approx(table["good"] / table["bad"])
    mean = artifacts.read_probs(paths.out / "probs.npy", 12, 3)
    assert (mean.argmax(axis=1) == np.arange(12) % 3).all()


def test_members_of_different_folds_are_not_validated_together(project, capsys):
    params, paths = project
    work(params(folds=(0, 1)), paths)
    assert "not validated" in capsys.readouterr().out.splitlines()[-1]


def test_weights_without_a_clip_to_validate_on_are_refused_and_nothing_is_written(project):
    params, paths = project
    with pytest.raises(DataError, match=r"members\.bad\.hold_out: fold 4 has no verified clip.*geometric"):
        work(params("weighted", folds=(0, 4)), paths)
    assert not paths.out.exists()


def test_a_member_without_a_fold_is_listed_without_a_score(project, capsys):
    params, paths = project
    work(params(folds=(0, None)), paths)
    table = formats.read_table(paths.out / "validation.csv").set_index("member")
    assert table["fold"].tolist() == ["0", ""]
    assert table["clips"].tolist() == ["3", "0"]
    assert table["accuracy"].tolist() == ["1.0", ""]
    shown = capsys.readouterr().out
    assert "nan" not in shown
    assert re.fullmatch(r"bad +not validated, every fold was trained on", shown.splitlines()[1])
    assert "not validated, no fold was held out from every member" in shown.splitlines()[2]


def test_members_that_were_all_trained_on_every_fold_are_combined(project, capsys):
    params, paths = project
    work(params(folds=(None, None)), paths)
    assert np.isfinite(artifacts.read_probs(paths.out / "probs.npy", 12, 3)).all()
    assert capsys.readouterr().out.count("not validated, every fold was trained on") == 3


def test_weights_of_a_member_without_a_fold_are_refused_and_nothing_is_written(project):
    params, paths = project
    with pytest.raises(ParamsError, match=r"members\.bad\.hold_out: found null.*expected a fold.*weighted.*geometric"):
        work(params("weighted", folds=(0, None)), paths)
    assert not paths.out.exists()


def test_a_missing_member_is_named(project):
    params, paths = project
    (paths.members / "bad" / "probs.npy").unlink()
    with pytest.raises(ArtifactError, match=r"bad/probs\.npy: missing; run `dvc repro`"):
        work(params(), paths)
