"""Anyone's table: what is accepted, and what is said of what is not."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from pipeline.errors import DataError
from pipeline.plugins.datasets import csv_


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "möwe und sonst"
    folder.mkdir()
    for name in ("a.wav", "b.wav"):
        soundfile.write(folder / name, np.zeros(80), 8000)
    return folder


def load(root: Path, text: str | bytes, **settings):
    (root / "clips.csv").write_bytes(text if isinstance(text, bytes) else text.encode())
    return csv_.load(root, root, seed=0, **settings)


def test_without_optional_columns_everything_is_verified_training(root):
    table = load(root, "path,label\na.wav,x\nb.wav,y\n")
    assert list(table["verified"]) == [True, True]
    assert set(table["split"]) == {"train"}
    assert list(table["group"]) == ["a.wav", "b.wav"]
    assert "truth" not in table


def test_a_byte_order_mark_and_words_that_look_like_nothing_are_accepted(root):
    table = load(root, "\ufeffpath,label\r\na.wav,NA\r\n./b.wav,null\r\n")
    assert list(table["label"]) == ["NA", "null"]
    assert list(table["path"]) == ["a.wav", "b.wav"]


def test_an_empty_label_is_none_and_never_verified(root):
    assert list(load(root, "path,label,verified\na.wav,,1\nb.wav,y,yes\n")["verified"]) == [False, True]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("path;sound\na.wav;x\n", r"clips\.csv:1: found the columns 'path', 'sound'; expected also 'label'"),
        ("path,sound\na.wav,x\n", r"clips\.csv:1: found the columns 'path', 'sound'; expected also 'label'"),
        ("path,label,colour\na.wav,x,red\n", r"clips\.csv:1: .*'colour' is not known"),
        ("path,label,label\na.wav,x,y\n", r"clips\.csv:1: .*expected each once"),
        (
            "path,label\na.wav,x\n\xe4.wav,y\n".encode("latin-1"),
            r"clips\.csv:3: found byte 0xe4.*save the table as UTF-8",
        ),
        ("path,label\na.wav,x\nb.wav\n", r"clips\.csv:3: found 1 cells, expected 2"),
        ("path,label\n", r"clips\.csv: found no row"),
        ("", r"clips\.csv:1: found the columns none"),
        ("path,label,verified\na.wav,x,maybe\n", r"clips\.csv:2: verified: found 'maybe', expected 1 or 0"),
        ("path,label,split\na.wav,x,valid\n", r"clips\.csv:2: split 'valid', expected train or test"),
        ("path,label\na.wav,x\na.wav,y\n", r"clips\.csv:3: the same clip as in line 2.*'x'.*'y'"),
        ("path,label\na.wav,x\nA.WAV,x\n", r"clips\.csv:3: the same clip as in line 2"),
        ("path,label\n\u00e9.wav,x\ne\u0301.wav,x\n", r"clips\.csv:3: the same clip as in line 2"),
        ("path,label\n/etc/passwd,x\n", r"clips\.csv:2: path '/etc/passwd', expected one relative"),
        ("path,label\na/../../b.wav,x\n", r"clips\.csv:2: path .*expected one relative"),
        ("path,label\n..\\b.wav,x\n", r"clips\.csv:2: path .*expected one relative"),
        ("path,label\nC:b.wav,x\n", r"clips\.csv:2: path .*expected one relative"),
        ("path,label\n//server/b.wav,x\n", r"clips\.csv:2: path .*expected one relative"),
        ("path,label\na\0.wav,x\n", r"clips\.csv:2: "),
        ("path,label\n,x\n", r"clips\.csv:2: path ''"),
        ("path,label\nout/b.wav,x\n", r"clips\.csv:2: .*link that leads out"),
    ],
)
def test_mistakes_are_named_with_file_and_line(root, text, words):
    (root / "out").symlink_to(root.parent)
    with pytest.raises(DataError, match=words):
        load(root, text)


def test_a_table_elsewhere_or_missing_is_refused(root):
    with pytest.raises(DataError, match=r"dataset\.table: path '\.\./x\.csv'"):
        csv_.load(root, root, seed=0, table="../x.csv")
    with pytest.raises(DataError, match=r"none\.csv: cannot be read"):
        csv_.load(root, root, seed=0, table="none.csv")


def test_test_fraction_and_a_split_column_exclude_each_other(root):
    with pytest.raises(DataError, match=r"dataset\.test_fraction: found 0\.5"):
        load(root, "path,label,split\na.wav,x,train\nb.wav,x,test\n", test_fraction=0.5)


def test_the_test_split_is_stratified_and_keeps_groups_whole(root):
    lines = [f"{i}.wav,{'xyz'[i % 3]},g{i // 2}" for i in range(120)]
    table = load(root, "\n".join(["path,label,group", *lines]), test_fraction=0.25)
    assert (table.groupby("group")["split"].nunique() == 1).all()
    shares = table.assign(test=table["split"] == "test").groupby("label")["test"].mean()
    assert shares.between(0.2, 0.3).all()
