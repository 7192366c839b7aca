"""Marks in somebody's own table: two cells change, and nothing else."""

import os
import stat

import pytest

from pipeline.errors import DataError
from pipeline.review.desk import Conflict
from pipeline.start.marks import Marks


def write(tmp_path, text, name="clips.csv"):
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("path,label,verified\na.wav,Dog,0\nb.wav,Cat,0\n", "path,label,verified\na.wav,Dog,1\nb.wav,Cow,1\n"),
        (
            "label;path;verified\r\nDog;a.wav;0\r\nCat;b.wav;0\r\n",
            "label;path;verified\r\nDog;a.wav;1\r\nCow;b.wav;1\r\n",
        ),
        (
            "path\tlabel\tverified\na.wav\tDog\tno\nb.wav\tCat\tno\n",
            "path\tlabel\tverified\na.wav\tDog\tyes\nb.wav\tCow\tyes\n",
        ),
        (
            '\ufeffpath,label,verified,note\na.wav,Dog,False,"x, ""y"""\nb.wav,Cat,False,=1+1\nc.wav,Cat,True,\n',
            '\ufeffpath,label,verified,note\na.wav,Dog,true,"x, ""y"""\nb.wav,Cow,true,=1+1\nc.wav,Cat,True,\n',
        ),
    ],
)
def test_two_cells_change_and_nothing_else(tmp_path, before, after):
    path = write(tmp_path, before)
    Marks(path).write({"a.wav": "Dog", "b.wav": "Cow"})
    assert path.read_bytes().decode() == after


def test_what_is_taken_back_leaves_no_trace(tmp_path):
    text = "path,label,verified\n a.wav ,Dog,0\nb.wav,Cat,0\n"
    path = write(tmp_path, text)
    marks = Marks(path)
    marks.write({"a.wav": "Cow"})
    marks.write({"b.wav": "Cat"})
    assert path.read_text() == "path,label,verified\n a.wav ,Dog,0\nb.wav,Cat,1\n"
    marks.write({})
    assert path.read_text() == text


@pytest.mark.fault(63)
def test_a_table_that_somebody_edits_meanwhile_is_theirs(tmp_path):
    path = write(tmp_path, "path,label,verified\na.wav,Dog,0\n")
    marks = Marks(path)
    marks.write({"a.wav": "Dog"})
    path.write_text("path,label,verified\na.wav,Dog,0\nmine.wav,Dog,1\n")
    with pytest.raises(Conflict, match=r"clips\.csv: somebody else has changed it; stop with Ctrl-C and start again"):
        marks.write({})
    assert "mine.wav" in path.read_text()


def test_a_clip_that_it_has_not_changes_nothing(tmp_path):
    path = write(tmp_path, text := "path,label,verified\na.wav,Dog,0\n")
    with pytest.raises(Conflict, match=r"found no row of 'b\.wav'"):
        Marks(path).write({"a.wav": "Dog", "b.wav": "Dog"})
    assert path.read_text() == text


@pytest.mark.fault(64)
def test_mode_and_link_stay(tmp_path):
    path = write(tmp_path, "path,label,verified\na.wav,Dog,0\n")
    path.chmod(0o640)
    link = tmp_path / "link.csv"
    link.symlink_to(path)
    Marks(link).write({"a.wav": "Dog"})
    assert link.is_symlink()
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o640
    assert path.read_text().endswith("a.wav,Dog,1\n")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "path,label\na.wav,Dog\n",
            r"has no column 'verified', so that every label counts as verified; add it, with 0",
        ),
        ("file,class\na.wav,Dog\n", r"clips\.csv:1: found the columns file, class, expected path, label and verified"),
        ("", "expected path, label and verified"),
        ("path,label,verified\na.wav,Dög,0\n".encode("latin-1"), "not UTF-8"),
        ("path,label,verified\na.wav,Dog,0\n".encode("utf-16"), "not UTF-8"),
    ],
)
def test_a_table_in_which_nothing_can_be_marked_is_refused(tmp_path, text, message):
    with pytest.raises(DataError, match=message):
        Marks(write(tmp_path, text))


def test_a_table_that_is_not_there_is_named(tmp_path):
    with pytest.raises(DataError, match=r"none\.csv: cannot be read \(No such file"):
        Marks(tmp_path / "none.csv")


def test_names_in_other_unicode_forms_are_the_same_clip(tmp_path):
    path = write(tmp_path, "path,label,verified\n./u\u0308.wav,Dog,0\n")
    Marks(path).write({"\u00fc.wav": "Dog"})
    assert path.read_text().endswith(",1\n")
