"""The stage `prepare`: what it writes, what it leaves aside, and what it refuses without writing anything."""

import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from ruamel.yaml import YAML

from pipeline.audio.endings import ENDINGS
from pipeline.clips import preparing
from pipeline.errors import DataError
from pipeline.files import artifacts, formats
from pipeline.presets import catalogue

ROOT = Path(__file__).resolve().parents[2]


def table(**columns) -> pd.DataFrame:
    base = {
        "clip_id": ["e", "a", "b", "c", "d"],
        "source": [f"/nowhere/{name}.wav" for name in "eabcd"],
        "path": [f"{name}.wav" for name in "eabcd"],
        "label": ["x", "x", "x", "y", "y"],
        "verified": [True] * 5,
        "split": ["test", "train", "train", "train", "train"],
        "group": list("eabcd"),
    }
    return pd.DataFrame(base | columns)


class TestPrepare:
    def test_sorts_deals_folds_and_names_classes(self, tmp_path):
        clips, classes = preparing.prepare(table(), tmp_path, n_folds=2, seed=0)
        assert list(clips["clip_id"]) == list("abcde")
        assert classes == ["x", "y"]
        assert clips["fold"].iloc[-1] == -1
        assert sorted(clips["fold"].iloc[:2]) == sorted(clips["fold"].iloc[2:4]) == [0, 1]
        artifacts.write_clips(tmp_path, clips, classes)

    def test_keeps_a_row_whose_file_is_missing(self, tmp_path):
        clips, _ = preparing.prepare(table(), tmp_path, n_folds=2, seed=0)
        assert len(clips) == 5
        assert not list(tmp_path.iterdir())

    @pytest.mark.parametrize(
        ("columns", "words"),
        [
            ({"verified": [True, True, True, False, False]}, "no verified training clip of 'y'"),
            ({"label": ["z", "x", "x", "y", "y"]}, r"test clip 'e\.wav': label 'z', expected one of .*: x, y"),
            ({"label": ["x"] * 5}, "4 training clips of 1 classes, expected at least two"),
            ({"split": ["test"] * 5}, "found 0 training clips"),
            ({"label": ["x", "", "x", "y", "y"]}, r"clip 'a\.wav': verified without a label"),
            ({"clip_id": ["e", "a", "a", "c", "d"]}, "listed more than once"),
            ({"group": ["a", "a", "b", "c", "d"]}, "group 'a': found in both splits"),
            ({"group": ["e", "a", "b", "c", "c"]}, "class 'y': all training clips lie in fold"),
            ({"fold": [-1, 0, 1, 2, 0]}, r"^folds: found 2, but the training clips lie in the folds \[0, 1, 2\]"),
        ],
    )
    def test_names_what_cannot_be_trained_on(self, columns, words, tmp_path):
        with pytest.raises(DataError, match=words):
            preparing.prepare(table(**columns), tmp_path, n_folds=2, seed=0)

    def test_copies_where_links_are_not_possible(self, tmp_path, monkeypatch):
        def refuse(*_: object) -> None:
            raise OSError("no links here")

        monkeypatch.setattr(Path, "symlink_to", refuse)
        (tmp_path / "a.wav").write_bytes(b"sound")
        preparing.link(tmp_path / "a.wav", tmp_path / "deep" / "b.wav")
        assert not (tmp_path / "deep" / "b.wav").is_symlink()
        assert (tmp_path / "deep" / "b.wav").read_bytes() == b"sound"


def params(folder: Path, **dataset) -> Path:
    data = catalogue.settings("demo")
    data["dataset"] = dataset
    data["folds"] = 3
    data["spread"]["grouping"] = "one"
    path = folder / "params.yaml"
    with open(path, "w", encoding="utf-8") as file:
        YAML().dump(data, file)
    return path


def prepare(folder: Path, path: Path) -> subprocess.CompletedProcess:
    command = ["-m", "stages.prepare", "--params", path, "--raw", folder / "raw", "--listed", folder / "listed"]
    return subprocess.run([sys.executable, *map(str, command)], cwd=ROOT, capture_output=True, text=True, check=False)


def listing(folder):
    """What lies there, but for locks."""
    return [path.name for path in folder.iterdir() if path.suffix != ".lock"]


class TestStage:
    def test_writes_both_folders_and_counts_what_it_leaves_aside(self, makers, tmp_path):
        root = tmp_path / "söunds"
        settings = makers["csv"](root)
        shutil.copy(root / "deep" / "0.wav", root / "deep" / "nobody.wav")
        noise = {"verified_fraction": 0.5, "rate": 0.5, "kind": {"within_family": {"grouping": "one"}}}
        path = params(tmp_path, name="csv", root=str(root), **settings)
        done = prepare(tmp_path, path)
        assert done.returncode == 0, done.stderr
        assert "1 audio files are in no row" in done.stdout
        clips = artifacts.read_answers(tmp_path / "listed")
        assert artifacts.read_classes(tmp_path / "listed") == ["Bark", "NA"]
        assert all((tmp_path / "raw" / p).read_bytes() == (root / p).read_bytes() for p in clips["path"])
        assert formats.read_table(tmp_path / "listed" / "ignored.csv")["path"].tolist() == ["deep/nobody.wav"]
        assert "truth" not in clips

        before = (tmp_path / "listed" / "clips.csv").read_bytes()
        refused = prepare(tmp_path, params(tmp_path, name="csv", root=str(root), simulate_noise=noise, **settings))
        assert refused.returncode == 1
        assert refused.stderr.startswith("error: dataset.simulate_noise: found ")
        assert "Traceback" not in refused.stderr
        assert (tmp_path / "listed" / "clips.csv").read_bytes() == before
        assert sorted(listing(tmp_path)) == ["listed", "params.yaml", "raw", "söunds"]

    @pytest.mark.parametrize(
        ("grouping", "words"),
        [("two", "csv has no grouping 'two', expected one of one, or"), ({"x": ["Bark"]}, "in no family: NA")],
    )
    def test_noise_within_families_that_do_not_fit_is_refused(self, makers, tmp_path, grouping, words):
        makers["csv"](tmp_path / "root")
        noise = {"verified_fraction": 0.5, "rate": 0.5, "kind": {"within_family": {"grouping": grouping}}}
        done = prepare(tmp_path, params(tmp_path, name="csv", root=str(tmp_path / "root"), simulate_noise=noise))
        assert done.returncode == 1
        assert f"dataset.simulate_noise.kind.within_family.grouping: {words}" in done.stderr

    def test_a_missing_folder_ends_with_one_line(self, tmp_path):
        done = prepare(tmp_path, params(tmp_path, name="csv", root=str(tmp_path / "nowhere")))
        assert done.returncode == 1
        assert len(done.stderr.strip().splitlines()) == 1
        assert "dataset.root" in done.stderr
        assert listing(tmp_path) == ["params.yaml"]


@pytest.mark.parametrize("ending", sorted(ENDINGS))
def test_audio_of_every_kind_that_is_decoded_is_listed_where_it_is_in_no_row(ending, tmp_path):
    (tmp_path / "a.wav").touch()
    (tmp_path / f"b{ending.upper()}").touch()
    table = pd.DataFrame({"source": [str(tmp_path.resolve() / "a.wav")]})
    assert preparing.ignored(table, tmp_path, tmp_path.parent / "raw")["path"].tolist() == [f"b{ending.upper()}"]
