"""What two runs have in common, and by how much they differ."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from benchmarks.soak import compare


@pytest.fixture
def other(project: Path) -> Path:
    return Path(shutil.copytree(project, project.with_name("two")))


def test_a_copy_does_not_differ_whatever_lock_it_has(project: Path, other: Path) -> None:
    (other / "data" / ".clips.lock").write_text("process 12\n")
    assert compare.compare(project, other).empty
    assert len(compare.checksums(other)) == 4


def test_what_differs_is_named_with_the_size_of_the_difference(project: Path, other: Path) -> None:
    np.save(other / "data/members/soak/probs.npy", np.array([[0.5, 0.5], [np.nan, np.nan]], np.float32))
    (other / "data/clips/clips.csv").unlink()
    (other / "data/clips/.clips.csv.tmp").write_text("")
    (other / "reports/metrics.json").write_text(json.dumps({"accuracy": 0.5, "by": [{"class": "x", "n": 1}]}))
    (other / "reports/tables/t.csv").write_text("name\ny\n")
    found = compare.compare(project, other).set_index("file")
    assert found["what"].to_dict() == {
        "data/clips/.clips.csv.tmp": "left over",
        "data/clips/clips.csv": "missing",
        "data/members/soak/probs.npy": "differs",
        "reports/metrics.json": "differs",
        "reports/tables/t.csv": "differs",
    }
    assert found.loc["data/members/soak/probs.npy", "largest"] == 0.25
    assert found.loc["reports/metrics.json", "largest"] == 2
    assert np.isnan(found.loc["reports/tables/t.csv", "largest"])


def test_numbers_that_cannot_be_paired_have_no_difference(project: Path, other: Path) -> None:
    path = "data/members/soak/probs.npy"
    for array in (np.zeros(3, np.float32), np.zeros((2, 2), np.float32)):
        np.save(other / path, array)
        assert np.isnan(compare.difference(project / path, other / path))
    (other / path).write_bytes(b"cut")
    assert np.isnan(compare.difference(project / path, other / path))


def test_weights_are_compared_by_their_numbers(tmp_path: Path) -> None:
    h5py = pytest.importorskip("h5py")
    for name, value in (("a.h5", 1.0), ("b.h5", 1.5)):
        with h5py.File(tmp_path / name, "w") as file:
            file.create_group("layer").create_dataset("kernel", data=np.array([value, 2.0], np.float32))
    assert compare.difference(tmp_path / "a.h5", tmp_path / "b.h5") == 0.5
