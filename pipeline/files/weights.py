"""Weights of several networks in one file, by which one network can go on from another.

Conventions: a network is a number (a fold) and its arrays, in the order in which Keras gives and takes them; the file
is an uncompressed .npz of arrays named `number-place`. What is read takes no more memory than the file is long.
"""

import re
import struct
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.errors import ArtifactError
from pipeline.files import npy

FILE = "weights.npz"
_MEMBER = re.compile(r"(\d{1,6})-(\d{1,6})\.npy", re.ASCII)
# What zipfile raises of a file that is no such archive, or of one with flipped bits.
_DAMAGED = (OSError, ValueError, EOFError, RuntimeError, OverflowError, struct.error, zipfile.BadZipFile)


def write(path: Path, networks: Mapping[int, Sequence[np.ndarray]]) -> None:
    """Write the arrays of each network to `path`; the same arrays give the same bytes."""
    named: dict[str, Any] = {
        f"{number}-{place}": array for number, arrays in networks.items() for place, array in enumerate(arrays)
    }
    np.savez(path, **named)


def read(path: Path) -> dict[int, list[np.ndarray]]:
    """Return the arrays of each network, in the order in which they were written.

    Raises:
        ArtifactError: the file is missing, damaged or of another kind.
    """
    networks: dict[int, list[np.ndarray]] = {}
    try:
        with path.open("rb") as file, zipfile.ZipFile(file) as archive:
            for member, number, place in _members(archive, path.stat().st_size):
                arrays = networks.setdefault(number, [])
                if place != len(arrays):
                    raise npy.NotAnArray(f"found array {place} of network {number}, expected {len(arrays)}")
                arrays.append(_array(archive, member))
    except FileNotFoundError:
        raise ArtifactError(f"{path}: missing; run `dvc repro` to make it") from None
    except (npy.NotAnArray, *_DAMAGED) as error:
        first = str(error).strip().split("\n")[0]
        raise ArtifactError(f"{path}: damaged, expected the weights of networks ({first}); run `dvc repro`") from None
    return networks


def _members(archive: zipfile.ZipFile, size: int) -> list[tuple[zipfile.ZipInfo, int, int]]:
    """Return each member with network and place; compressed ones, and those that share bytes, could be of any size."""
    found = []
    for member in archive.infolist():
        named = _MEMBER.fullmatch(member.filename)
        if named is None or member.compress_type != zipfile.ZIP_STORED or member.file_size != member.compress_size:
            raise npy.NotAnArray(f"found {member.filename[:60]!r}, expected uncompressed arrays named by number")
        found.append((member, int(named[1]), int(named[2])))
    total = sum(member.file_size for member, *_ in found)
    if total > size:
        raise npy.NotAnArray(f"promises {total} bytes of arrays, the file has {size}")
    return found


def _array(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> np.ndarray:
    with archive.open(member) as file:
        shape, by_column, dtype = npy.header(file, member.file_size)  # type: ignore[arg-type]
        data = file.read()  # to the end of the member, where its checksum is compared
    return np.frombuffer(data, dtype).reshape(shape, order="F" if by_column else "C").copy()


def check_h5(path: Path) -> None:
    """Make sure that an HDF5 file of weights holds no more than it is long.

    Raises:
        ArtifactError: it is none, or its datasets promise more than there are bytes, as a compressed bomb does.
    """
    import h5py  # type: ignore[import-untyped]  # only where networks are loaded

    promised = 0

    def add(_: str, item: Any) -> None:
        nonlocal promised
        if isinstance(item, h5py.Dataset):
            if item.dtype.kind not in f"{npy.KINDS}SO" or item.external or item.is_virtual:
                raise ValueError(f"holds {item.dtype}, expected numbers")
            promised += int(item.size or 0) * item.dtype.itemsize

    try:
        with h5py.File(path, "r") as file:
            file.visititems(add)
    except Exception as error:  # of a damaged file HDF5 raises whatever it meets
        first = " ".join(str(error).split())[:200]
        raise ArtifactError(f"{path}: damaged, expected weights ({first}); run `dvc repro` to train it") from None
    if promised > path.stat().st_size:
        raise ArtifactError(f"{path}: promises {promised} bytes, the file has fewer; run `dvc repro` to train it")


def of(path: Path, number: int) -> list[np.ndarray]:
    """Return the arrays of one network in `path`.

    Raises:
        ArtifactError: as `read`, or there is no such network.
    """
    networks = read(path)
    if number not in networks:
        there = ", ".join(map(str, networks)) or "none"
        raise ArtifactError(f"{path}: no network of fold {number}, there are: {there}")
    return networks[number]
