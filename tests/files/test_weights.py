"""Weights of several networks in one file: what is written is read, and what cannot be read is told."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from pipeline.errors import ArtifactError
from pipeline.files import weights

ARRAYS = st.lists(hnp.arrays(np.float32, hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=3)), min_size=1)


@given(st.dictionaries(st.integers(0, 30), ARRAYS, max_size=4))
def test_what_is_written_is_read_and_twice_the_same_bytes(tmp_path_factory, networks) -> None:
    folder = tmp_path_factory.mktemp("weights")
    for name in ("a.npz", "b.npz"):
        weights.write(folder / name, networks)
    assert (folder / "a.npz").read_bytes() == (folder / "b.npz").read_bytes()
    found = weights.read(folder / "a.npz")
    assert list(found) == list(networks)
    for number, arrays in networks.items():
        for got, wanted in zip(found[number], arrays, strict=True):
            np.testing.assert_array_equal(got, wanted)
            assert got.dtype == wanted.dtype


def test_one_network_is_found_by_its_number_or_those_that_are_there_are_named(tmp_path: Path) -> None:
    weights.write(tmp_path / "w.npz", {0: [np.zeros(2)], 3: [np.ones(1), np.full(2, 7.0)]})
    assert [array.tolist() for array in weights.of(tmp_path / "w.npz", 3)] == [[1.0], [7.0, 7.0]]
    with pytest.raises(ArtifactError, match=r"w\.npz: no network of fold 1, there are: 0, 3$"):
        weights.of(tmp_path / "w.npz", 1)
    weights.write(tmp_path / "w.npz", {})
    with pytest.raises(ArtifactError, match=r"no network of fold 1, there are: none$"):
        weights.of(tmp_path / "w.npz", 1)


@pytest.mark.parametrize("bad", ["missing", "cut", "empty", "an array", "text", "pickled", "other names"])
def test_what_is_no_such_file_is_told(tmp_path: Path, bad: str) -> None:
    path = tmp_path / "w.npz"
    weights.write(path, {0: [np.arange(100.0)]})
    if bad == "missing":
        path.unlink()
    elif bad == "cut":
        path.write_bytes(path.read_bytes()[:-30])
    elif bad == "an array":
        np.save(tmp_path / "w.npy", np.zeros(3))
        (tmp_path / "w.npy").rename(path)
    elif bad == "pickled":
        np.savez(path, **{"0-0": np.array([{"a": 1}], dtype=object)})
    elif bad == "other names":
        np.savez(path, a=np.zeros(3))
    else:
        path.write_bytes({"empty": b"", "text": b"hello\n"}[bad])
    with pytest.raises(ArtifactError, match=r"w\.npz: (missing; run|damaged, expected the weights)"):
        weights.read(path)


def test_a_flipped_bit_is_told_or_makes_no_difference(tmp_path: Path) -> None:
    """Anywhere in the file: an entry that is lost or renamed is told as a network that is not there, or too short."""
    path, networks = tmp_path / "w.npz", {0: [np.arange(9.0)], 1: [np.ones(2)]}
    weights.write(path, networks)
    good = path.read_bytes()
    told = 0
    for at in range(len(good)):
        spoilt = bytearray(good)
        spoilt[at] ^= 1 << (at % 8)
        path.write_bytes(bytes(spoilt))
        try:
            found = weights.of(path, 0)
        except ArtifactError:
            told += 1
            continue
        assert len(found) != 1 or np.array_equal(found[0], networks[0][0])
    assert told > len(good) / 2
