"""What is exported goes in again, says why and whose, and nothing of anybody's is lost for it."""

import json
import os
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest

from pipeline.clips import preparing
from pipeline.export import parquet
from pipeline.files import formats
from pipeline.plugins.datasets import csv_
from tests.export.conftest import Run, make


def sound(export: Path, path: str) -> bytes:
    return (export / path).read_bytes()


def listing(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_what_is_exported_goes_in_again_as_the_data_set_csv(tmp_path, export):
    """The round trip: the same labels, splits and groups, and the next project prepares."""
    run, out = make(tmp_path, licences=False), tmp_path / "clean"
    assert export(out, "--run", run.data)[0] == 0
    back = csv_.load(out, tmp_path / "unused", seed=0).set_index("path")
    clips = run.clips().assign(path=lambda t: "audio/" + t["path"]).set_index("path")
    labels = formats.read_table(run.data / "labels" / "labels.csv").set_index("path")
    labels.index = "audio/" + labels.index
    assert len(back) == 10
    for path, row in back.iterrows():
        expected = labels["target"][path] if clips["split"][path] == "train" else clips["label"][path]
        assert (row["label"], row["split"], row["group"]) == (expected, clips["split"][path], clips["group"][path])
        decided = labels["outcome"][path]
        assert row["verified"] == (decided in ("verified", "reviewed", "test"))
        assert sound(out, path) == (run.sounds / path.removeprefix("audio/")).read_bytes()
    (tmp_path / "raw").mkdir()
    again, classes = preparing.prepare(back.reset_index(), tmp_path / "raw", n_folds=2, seed=0)
    assert classes == ["Bark", "Meow"]
    assert len(again) == 10


def metadata(export: Path, split: str) -> pd.DataFrame:
    lines = (export / split / "metadata.jsonl").read_text(encoding="utf-8").splitlines()
    return pd.DataFrame([json.loads(line) for line in lines])


@pytest.mark.parametrize("to", ["csv", "audiofolder"])
def test_each_label_comes_with_its_reason_and_its_owner(run: Run, export, tmp_path, to):
    assert export(tmp_path / "out", "--run", run.data, "--to", to)[0] == 0
    if to == "csv":
        assert "'=judged" in (tmp_path / "out" / "labels.csv").read_text()
        table = formats.read_table(tmp_path / "out" / "labels.csv")
    else:
        table = metadata(tmp_path / "out", "train").astype({"probability": str})
    row = table[table["outcome"] == "corrected"].iloc[0]
    assert (row["label"], row["given"], row["probability"]) == ("Meow", "Bark", "0.875")
    assert row["reason"] == "=judged, so"
    assert {"licence", "uploader", "outside", "verified"} <= set(table.columns)
    said = (tmp_path / "out" / "ATTRIBUTION").read_text()
    assert "     2  CC BY-NC, 3.0" in said or "     3  CC BY-NC, 3.0" in said
    assert "not stated:" in said
    assert said.count("by user") == 10


def test_an_audiofolder_is_a_folder_a_split(run: Run, export, tmp_path):
    assert export(tmp_path / "out", "--run", run.data, "--to", "audiofolder")[0] == 0
    for split, count in (("train", 8), ("test", 2)):
        table = metadata(tmp_path / "out", split)
        assert table.columns[0] == "file_name"
        assert len(table) == count
        assert all((tmp_path / "out" / split / name).is_file() for name in table["file_name"])


def test_an_audiofolder_is_loaded_by_datasets(run: Run, export, tmp_path):
    datasets = pytest.importorskip("datasets", reason="the package datasets is not installed, nor locked")
    export(tmp_path / "out", "--run", run.data, "--to", "audiofolder")
    if datasets.__version__ >= "4":
        pytest.importorskip("torchcodec", reason="what datasets reads sounds by is not installed")
    where = {"data_dir": str(tmp_path / "out"), "cache_dir": str(tmp_path / "cache")}
    loaded = datasets.load_dataset("audiofolder", **where)
    features = loaded["train"].features
    assert isinstance(features["audio"], datasets.Audio)
    assert features["label"].dtype in ("string", "large_string")
    assert features["probability"].dtype == "float64"
    assert {name: len(part) for name, part in loaded.items()} == {"train": 8, "test": 2}
    plain = loaded["train"].cast_column("audio", datasets.Audio(decode=False))
    labels = metadata(tmp_path / "out", "train").set_index("file_name")["label"]
    for row in plain:
        name = Path(row["audio"]["path"]).relative_to(tmp_path / "out" / "train").as_posix()
        assert row["label"] == labels[name]


def test_parquet_holds_the_sounds(run: Run, export, tmp_path):
    pytest.importorskip("pyarrow", reason="the package pyarrow is not installed, nor locked")
    assert export(tmp_path / "out", "--run", run.data, "--to", "parquet")[0] == 0
    table = pd.read_parquet(tmp_path / "out" / "data" / "train-00000-of-00001.parquet")
    assert len(table) == 8
    for row in table.itertuples():
        assert row.audio["bytes"] == (run.sounds / row.audio["path"]).read_bytes()
    assert table["verified"].dtype == bool
    assert len(pd.read_parquet(tmp_path / "out" / "data" / "test-00000-of-00001.parquet")) == 2
    assert export(tmp_path / "two", "--run", run.data, "--to", "parquet", "--link")[0] == 1
    datasets = pytest.importorskip("datasets", reason="the package datasets is not installed, nor locked")
    loaded = datasets.load_dataset(str(tmp_path / "out"), cache_dir=str(tmp_path / "cache"))
    assert isinstance(loaded["train"].features["audio"], datasets.Audio)


def test_without_pyarrow_it_is_said_what_to_install(run: Run, export, tmp_path, monkeypatch):
    def missing(name: str) -> None:
        raise ImportError(name)

    monkeypatch.setattr(parquet, "importlib", SimpleNamespace(import_module=missing))
    code, _, err = export(tmp_path / "out", "--run", run.data, "--to", "parquet")
    assert code == 1
    assert "needs the package pyarrow, which is not installed; run `pip install pyarrow`" in err
    assert not (tmp_path / "out").exists()


def test_what_leaves_is_chosen_by_outcome(run: Run, export, tmp_path):
    code, out, _ = export(tmp_path / "out", "--run", run.data, "--only", "promoted, corrected")
    assert code == 0
    assert "3 clips to" in out
    assert "2 promoted, 1 corrected" in out
    assert "stay      1 quarantined, 4 verified, 1 reviewed, 1 left out, 2 test" in out
    table = formats.read_table(tmp_path / "out" / "clips.csv")
    assert set(table["verified"]) == {"False"}
    code, _, err = export(tmp_path / "two", "--run", run.data, "--only", "promoted,improved")
    assert code == 1
    assert "--only: found 'improved'" in err
    assert "verified" in err


def test_a_clip_that_was_left_out_has_no_label_to_give(run: Run, export, tmp_path):
    assert export(tmp_path / "out", "--run", run.data, "--only", "left_out,verified")[0] == 0
    table = formats.read_table(tmp_path / "out" / "labels.csv").set_index("outcome")
    assert table.loc["left_out", "label"] == ""
    assert table.loc["left_out", "given"] in ("Bark", "Meow")
    assert csv_.load  # the plugin takes a clip without a label


def test_what_leaves_is_chosen_by_licence(run: Run, export, tmp_path):
    code, out, _ = export(tmp_path / "out", "--run", run.data, "--licence", 'CC0,"CC BY-NC, 3.0"')
    assert code == 0
    table = formats.read_table(tmp_path / "out" / "clips.csv")
    assert set(table["licence"]) == {"CC0", "CC BY-NC, 3.0"}
    assert "licence   3 CC0" in out
    assert "of another licence" in out
    code, _, err = export(tmp_path / "two", "--run", run.data, "--licence", "CC0,MIT")
    assert code == 1
    assert "--licence: found 'MIT', expected of those of the clips: CC BY, CC BY-NC, 3.0, CC0, not stated" in err
    bare = make(tmp_path / "bare", licences=False)
    err = export(tmp_path / "two", "--run", bare.data, "--licence", "CC0")[2]
    assert "none: the data set's table names none" in err
    assert not (tmp_path / "two").exists()


def test_links_take_no_room_and_lead_nowhere(run: Run, export, tmp_path):
    assert export(tmp_path / "out", "--run", run.data, "--link")[0] == 0
    for path in (tmp_path / "out" / "audio").rglob("*.wav"):
        assert not path.is_symlink()
        assert path.stat().st_ino == (run.sounds / path.relative_to(tmp_path / "out" / "audio")).stat().st_ino


def test_an_earlier_export_is_replaced_as_a_whole_and_nothing_else_ever_is(run: Run, export, tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    assert export(out, "--run", run.data)[0] == 0  # an empty folder is as good as none
    before = listing(out)
    code, _, err = export(out, "--run", run.data, "--only", "verified")
    assert code == 1
    assert "holds an earlier export; --force replaces it" in err
    assert listing(out) == before
    assert export(out, "--run", run.data, "--only", "verified", "--force")[0] == 0
    assert len(formats.read_table(out / "clips.csv")) == 4
    (out / "thesis.txt").write_text("mine")
    code, _, err = export(out, "--run", run.data, "--force")
    assert code == 1
    assert "holds 'thesis.txt' beside an earlier export" in err or "thesis.txt" in err
    assert (out / "thesis.txt").read_text() == "mine"


@pytest.mark.parametrize("where", ["sounds", "data", "data/raw", "data/raw/new", "file"])
def test_a_folder_of_somebodys_is_left_as_it_is(run: Run, export, tmp_path, where):
    (tmp_path / "file").write_text("mine")
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    code, _, err = export(tmp_path / where, "--run", run.data, "--force")
    assert code == 1
    assert f"{tmp_path / where}" in err
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


def test_a_sound_that_is_gone_stops_the_export(run: Run, export, tmp_path):
    (run.sounds / "a b" / "000.wav").unlink()
    (run.sounds / "deep, er" / "010.wav").write_bytes(b"changed")
    code, _, err = export(tmp_path / "out", "--run", run.data)
    assert code == 1
    assert "2 sounds are gone or have changed" in err
    assert "a b/000.wav: cannot be opened: No such file" in err
    assert "deep, er/010.wav: another sound than the run has heard" in err
    assert not (tmp_path / "out").exists()
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_before_any_run_it_says_what_to_do(export, tmp_path):
    code, _, err = export(tmp_path / "out", "--run", tmp_path)
    assert code == 1
    assert "missing; run `dvc repro` to make it" in err


def test_nothing_chosen_is_said(run: Run, export, tmp_path):
    code, _, err = export(tmp_path / "out", "--run", run.data, "--only", "left_out", "--licence", "CC0")
    assert code == 1
    assert "no clip is left to export" in err


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is shut to root")
def test_a_folder_that_may_not_be_written_is_said(run: Run, export, tmp_path):
    (tmp_path / "shut").mkdir(mode=0o500)
    assert "Permission denied" in export(tmp_path / "shut" / "out", "--run", run.data)[2]
