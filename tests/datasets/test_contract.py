"""What every data set plugin promises; a new one needs a specimen in `conftest.py`."""

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from pipeline.clips import folds, grouping, preparing
from pipeline.errors import DataError, ParamsError
from pipeline.params import registry

NAMES = registry.names("datasets")


def _load(make: Callable, name: str, folder: Path) -> pd.DataFrame:
    root, raw = folder / "root", folder / "raw"
    if not root.exists():
        root.mkdir(parents=True)
        raw.mkdir()
    settings = make(root)
    return registry.function("datasets", name)(root, raw, seed=3, **settings)


@pytest.fixture(scope="module")
def loaded(makers, tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Path, pd.DataFrame]]:
    folders = {name: tmp_path_factory.mktemp(name) for name in NAMES}
    return {name: (folder, _load(makers[name], name, folder)) for name, folder in folders.items()}


@pytest.mark.parametrize("name", NAMES)
class TestEvery:
    def test_has_the_columns_and_types(self, name, loaded):
        _, table = loaded[name]
        assert set(table) - {"fold", "truth", "licence", "uploader"} == {
            "clip_id",
            "source",
            "path",
            "label",
            "verified",
            "split",
            "group",
        }
        assert table["clip_id"].is_unique
        assert table["path"].is_unique
        assert table["verified"].map(type).eq(bool).all() or table["verified"].dtype == bool
        assert set(table["split"]) == {"train", "test"}
        for column in ("clip_id", "source", "path", "label", "group"):
            assert all(type(value) is str for value in table[column])

    def test_lists_audio_that_exists(self, name, loaded):
        _, table = loaded[name]
        for source, path in zip(table["source"], table["path"], strict=True):
            assert Path(source).is_absolute()
            assert Path(source).is_file()
            assert not Path(path).is_absolute()
            assert ".." not in Path(path).parts

    def test_keeps_groups_in_one_split(self, name, loaded):
        _, table = loaded[name]
        assert len(table[["group", "split"]].drop_duplicates()) == table["group"].nunique()

    def test_is_deterministic(self, name, loaded, makers, tmp_path):
        _, table = loaded[name]
        again = _load(makers[name], name, tmp_path)
        pd.testing.assert_frame_equal(table.drop(columns="source"), again.drop(columns="source"))
        for first, second in list(zip(table["source"], again["source"], strict=True))[:10]:
            assert Path(first).read_bytes() == Path(second).read_bytes()

    def test_prepares_into_folds_that_can_be_trained_on(self, name, loaded, tmp_path):
        folder, table = loaded[name]
        n_folds = 4 if "fold" in table else 3
        raw = folder / "raw"
        clips, classes = preparing.prepare(table, raw, n_folds=n_folds, seed=1)
        folds.check(clips, classes, n_folds=n_folds)
        assert clips["clip_id"].is_monotonic_increasing
        assert (clips["fold"].eq(-1) == clips["split"].eq("test")).all()
        assert all((raw / path).is_file() for path in clips["path"])

    def test_groupings_list_each_class_once(self, name, loaded):
        for families in registry.load("datasets", name).GROUPINGS.values():
            members = [c for family in families.values() for c in family]
            assert len(members) == len(set(members))

    def test_groupings_cover_what_is_loaded(self, name, loaded):
        _, table = loaded[name]
        classes = sorted(set(table.loc[table["split"] == "train", "label"]))
        for grouping_name in ["one", *registry.load("datasets", name).GROUPINGS]:
            families = grouping.resolve(grouping_name, registry.load("datasets", name).GROUPINGS, classes, "key")
            assert sorted(c for members in families.values() for c in members) == classes


def test_every_data_set_has_a_specimen(makers):
    assert sorted(makers) == NAMES, "add a maker for the new data set to tests/datasets/conftest.py"


@pytest.mark.parametrize("name", ["csv", "esc50", "freesound2018", "fsdd"])
def test_a_missing_root_is_said(name, tmp_path):
    with pytest.raises(DataError, match=r"dataset\.root.*nowhere"):
        registry.function("datasets", name)(tmp_path / "nowhere", tmp_path, seed=0)


class TestGrouping:
    def test_one_is_a_single_family(self):
        assert grouping.resolve("one", {}, ["b", "a"], "key") == {"all": ["a", "b"]}

    def test_a_named_grouping_is_cut_down_to_the_classes(self):
        families = grouping.resolve("five", registry.load("datasets", "esc50").GROUPINGS, ["dog", "rain"], "key")
        assert families == {"animals": ["dog"], "nature": ["rain"]}

    @pytest.mark.parametrize(
        ("families", "words"),
        [
            ("seven", "the data set has no grouping 'seven', expected one of one, two"),
            ({"x": ["a", "zzz"], "y": ["b"]}, "unknown class 'zzz'"),
            ({"x": ["a", "b"], "y": ["b"]}, "'b' is listed 2 times"),
            ({"x": ["a"]}, "in no family: b"),
        ],
    )
    def test_mistakes_are_named(self, families, words):
        with pytest.raises(ParamsError, match=words) as error:
            grouping.resolve(families, {"two": {}}, ["a", "b"], "spread.grouping")
        assert str(error.value).startswith("spread.grouping: ")
