"""Weights of several networks in one file, by which one network can go on from another.

Conventions: a network is a number (a fold) and its arrays, in the order in which Keras gives and takes them; the file
is an uncompressed .npz of arrays named `number-place`.
"""

import zipfile
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.errors import ArtifactError

FILE = "weights.npz"
# What numpy and zipfile raise of a file that is no such archive, or one with flipped bits.
_DAMAGED = (OSError, ValueError, EOFError, TypeError, RuntimeError, zipfile.BadZipFile, zlib.error)


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
        # numpy leaves open a path of which it can make nothing.
        with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            for name in arrays.files:
                networks.setdefault(int(name.split("-")[0]), []).append(arrays[name])
    except FileNotFoundError:
        raise ArtifactError(f"{path}: missing; run `dvc repro` to make it") from None
    except _DAMAGED as error:
        first = str(error).strip().split("\n")[0]
        raise ArtifactError(f"{path}: damaged, expected the weights of networks ({first}); run `dvc repro`") from None
    return networks


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
