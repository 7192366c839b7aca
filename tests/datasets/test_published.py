"""The published data sets: their layouts, their numbers, their official folds."""

import shutil
from pathlib import Path

import pandas as pd
import pytest

from pipeline.clips import grouping
from pipeline.errors import DataError
from pipeline.params import registry
from pipeline.plugins.datasets import esc50, freesound2018, fsdd

# (clips, verified) of each family, as the report counts them
REPORT = {
    "one": {"all": (9473, 3710)},
    "two": {"music": (4827, 2068), "others": (4646, 1642)},
    "three": {"music": (4827, 2068), "creature": (2464, 708), "non_human": (2182, 934)},
    "five": {
        "strings": (1200, 572),
        "percussion": (1848, 643),
        "other_instruments": (1779, 853),
        "creature": (2464, 708),
        "non_human": (2182, 934),
    },
}


@pytest.fixture(scope="module")
def freesound(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    """The real metadata with audio made small: every clip a link to the same empty file."""
    root = tmp_path_factory.mktemp("freesound")
    for split in ("train", "test"):
        table = shared / "fsdkaggle2018" / f"{split}_post_competition.csv"
        (root / f"audio_{split}").mkdir()
        (root / table.name).symlink_to(table)
    (root / "meta").mkdir()
    for split in ("train", "test"):
        (root / f"{split}_post_competition.csv").rename(root / "meta" / f"{split}_post_competition.csv")
    return freesound2018.load(root, root, seed=0)


def test_the_real_metadata_give_the_published_numbers(freesound):
    train, test = freesound[freesound["split"] == "train"], freesound[freesound["split"] == "test"]
    assert (len(train), int(train["verified"].sum()), train["label"].nunique()) == (9473, 3710, 41)
    assert (len(test), int((test["label"] != "").sum())) == (9400, 1600)
    assert set(test["label"]) == set(train["label"]) | {""}


@pytest.mark.parametrize("name", sorted(REPORT))
def test_the_groupings_give_the_reports_counts(name, freesound):
    train = freesound[freesound["split"] == "train"]
    families = grouping.resolve(
        name, registry.load("datasets", "freesound2018").GROUPINGS, sorted(set(train["label"])), "key"
    )
    parts = {family: train[train["label"].isin(members)] for family, members in families.items()}
    assert {family: (len(part), int(part["verified"].sum())) for family, part in parts.items()} == REPORT[name]


def test_the_zenodo_layout_and_kaggles_give_the_same(makers, tmp_path):
    makers["freesound2018"](tmp_path / "zenodo")
    kaggle = tmp_path / "kaggle"
    for split in ("train", "test"):
        shutil.copytree(tmp_path / "zenodo" / f"FSDKaggle2018.audio_{split}", kaggle / f"audio_{split}")
    meta = tmp_path / "zenodo" / "FSDKaggle2018.meta"
    shutil.copy(meta / "train_post_competition.csv", kaggle / "train.csv")
    shutil.copy(meta / "test_post_competition_scoring_clips.csv", kaggle / "test_post_competition.csv")
    first, second = (freesound2018.load(r, r, seed=0) for r in (tmp_path / "zenodo", kaggle))
    pd.testing.assert_frame_equal(first.drop(columns="source"), second.drop(columns="source"))


def test_labels_of_a_sample_submission_are_not_labels(makers, tmp_path):
    makers["freesound2018"](tmp_path)
    meta = tmp_path / "FSDKaggle2018.meta" / "test_post_competition_scoring_clips.csv"
    meta.rename(tmp_path / "sample_submission.csv")
    table = freesound2018.load(tmp_path, tmp_path, seed=0)
    assert set(table.loc[table["split"] == "test", "label"]) == {""}


@pytest.mark.parametrize(
    "missing", ["FSDKaggle2018.audio_train", "FSDKaggle2018.meta/test_post_competition_scoring_clips.csv"]
)
def test_what_is_missing_is_named(makers, tmp_path, missing):
    makers["freesound2018"](tmp_path)
    path = tmp_path / missing
    shutil.rmtree(path) if path.is_dir() else path.unlink()
    with pytest.raises(DataError, match=f"found no {missing}.*dataset.fetch: true"):
        freesound2018.load(tmp_path, tmp_path, seed=0)


@pytest.mark.parametrize("test_fold", [1, 5])
def test_esc10_has_its_official_folds(shared, tmp_path, test_fold):
    root = shared / "esc10"
    table = esc50.load(root, tmp_path, seed=0, subset="esc10", test_fold=test_fold)
    assert len(table) == 400
    assert table["label"].nunique() == 10
    test = table["split"] == "test"
    assert set(table.loc[test, "clip_id"].str[0]) == {str(test_fold)}
    assert (table.loc[test, "fold"] == -1).all()
    assert table.loc[~test, "fold"].value_counts().to_dict() == {0: 80, 1: 80, 2: 80, 3: 80}
    assert (table["truth"] == table["label"]).all()
    assert table["verified"].all()


def test_esc50_names_what_does_not_exist(makers, tmp_path):
    makers["esc50"](tmp_path)
    assert len(esc50.load(tmp_path, tmp_path, seed=0, subset="esc10")) == 10
    with pytest.raises(DataError, match=r"dataset\.test_fold: found 6, expected one of the folds .*'5'"):
        esc50.load(tmp_path, tmp_path, seed=0, test_fold=6)


def test_the_spoken_digits_have_the_published_split(shared, tmp_path):
    table = fsdd.load(shared / "fsdd", tmp_path, seed=0)
    test = table["split"] == "test"
    assert (int(test.sum()), int((~test).sum())) == (300, 2700)
    assert set(table.loc[test, "clip_id"].str.split("_").str[2]) == set("01234")
    assert table["label"].nunique() == 10
    assert table.set_index("clip_id").loc["7_theo_31", "label"] == "seven"
    assert table["group"].is_unique


def test_the_spoken_digits_can_be_tested_on_a_voice_that_nothing_trains_on(shared, tmp_path):
    table = fsdd.load(shared / "fsdd", tmp_path, seed=0, test_speaker="theo")
    test = table["split"] == "test"
    assert (int(test.sum()), int((~test).sum())) == (500, 2500)
    assert set(table.loc[test, "group"]) == {"theo"}
    assert table.loc[~test, "group"].nunique() == 5


def test_an_unknown_speaker_is_said_with_those_that_there_are(makers, tmp_path):
    makers["fsdd"](tmp_path)
    with pytest.raises(DataError, match=r"dataset\.test_speaker: found 'eve', expected one of .*: ada, bob, cyd, dan"):
        fsdd.load(tmp_path, tmp_path, seed=0, test_speaker="eve")


def test_a_folder_without_recordings_of_digits_is_said(tmp_path):
    (tmp_path / "recordings").mkdir()
    (tmp_path / "recordings" / "README.md").write_text("no sound")
    with pytest.raises(DataError, match=r"recordings: found no \{digit\}_\{speaker\}_\{take\}\.wav"):
        fsdd.load(tmp_path, tmp_path, seed=0)


@pytest.mark.parametrize("settings", [{"test_speaker": "bob"}, {"test_takes": 2}])
def test_digits_that_would_all_be_tested_are_refused(makers, tmp_path, settings):
    makers["fsdd"](tmp_path)
    for path in (tmp_path / "recordings").iterdir():
        if "_bob_" not in path.name:
            path.unlink()
    with pytest.raises(DataError, match=f"dataset.{next(iter(settings))}: all recordings in .* are tested, expected"):
        fsdd.load(tmp_path, tmp_path, seed=0, **settings)
