"""What is published appears whole or not at all."""

import os

import numpy as np
import pytest

from pipeline.files import formats
from pipeline.files.publishing import publish


def listing(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))


def folder_of(path, **files):
    path.mkdir(parents=True)
    for name, text in files.items():
        (path / name).write_text(text)
    return path


def test_a_file_appears_when_it_is_complete(tmp_path):
    path = tmp_path / "deep" / "a.txt"
    with publish(path) as temporary:
        temporary.write_text("new")
        assert not path.exists()
    assert path.read_text() == "new"
    assert listing(tmp_path) == ["deep", "deep/a.txt"]


def test_a_folder_is_replaced_as_a_whole(tmp_path):
    out = folder_of(tmp_path / "out", stale="of an earlier run", kept="old")
    with publish(out) as temporary:
        folder_of(temporary, kept="new")
        assert (out / "kept").read_text() == "old"
    assert listing(tmp_path) == ["out", "out/kept"]
    assert (out / "kept").read_text() == "new"


def fail_halfway(out, kind, error):
    with publish(out) as temporary:
        temporary.write_text("half") if kind == "file" else folder_of(temporary, a="half")
        raise error


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
@pytest.mark.parametrize("kind", ["file", "folder"])
def test_an_error_keeps_what_was_there_and_leaves_nothing_else(tmp_path, kind, error):
    out = tmp_path / "out"
    out.write_text("old") if kind == "file" else folder_of(out, a="old")
    with pytest.raises(error):
        fail_halfway(out, kind, error)
    assert listing(tmp_path) == (["out"] if kind == "file" else ["out", "out/a"])
    assert (out if kind == "file" else out / "a").read_text() == "old"


def test_what_a_killed_run_left_is_not_mixed_in(tmp_path):
    folder_of(tmp_path / ".out.tmp", half="written by a run that was killed")
    out = folder_of(tmp_path / "out", a="old")
    with publish(out) as temporary:
        folder_of(temporary, a="new")
    assert listing(tmp_path) == ["out", "out/a"]


def test_a_run_killed_between_the_two_renames_leaves_nothing_for_good(tmp_path):
    folder_of(tmp_path / ".out.old", a="old")
    folder_of(tmp_path / ".out.tmp", a="complete, but never put into its place")
    with publish(tmp_path / "out") as temporary:
        folder_of(temporary, a="new")
    assert listing(tmp_path) == ["out", "out/a"]
    assert (tmp_path / "out" / "a").read_text() == "new"


def test_a_folder_replaces_a_file_and_what_a_link_points_to_is_left_alone(tmp_path):
    elsewhere = folder_of(tmp_path / "elsewhere", a="not ours")
    out = tmp_path / "run" / "out"
    out.parent.mkdir()
    out.write_text("a file")
    for name in (".out.tmp", ".out.old"):
        os.symlink(elsewhere, out.with_name(name))
    with publish(out) as temporary:
        folder_of(temporary, a="new")
    assert listing(tmp_path) == ["elsewhere", "elsewhere/a", "run", "run/out", "run/out/a"]
    assert (elsewhere / "a").read_text() == "not ours"


def test_a_reader_of_the_old_array_goes_on_reading_it(tmp_path):
    path = tmp_path / "a.npy"
    formats.write_array(path, np.zeros(1000, np.float32))
    mapped = formats.read_array(path, shape=(1000,))
    formats.write_array(path, np.ones(1000, np.float32))
    assert not mapped.any()
    assert formats.read_array(path, shape=(1000,)).all()


def test_json_refuses_what_is_no_json_and_keeps_the_old(tmp_path):
    formats.write_json(tmp_path / "a.json", {"é": 1})
    for value in (float("nan"), float("inf")):
        with pytest.raises(ValueError, match="Out of range"):
            formats.write_json(tmp_path / "a.json", {"b": value})
    assert formats.read_json(tmp_path / "a.json") == {"é": 1}
    assert listing(tmp_path) == ["a.json"]
