"""Two folders that ought to be the same, file by file, and by how much their numbers differ where they are not."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import h5py  # type: ignore[import-untyped]
import numpy as np
import pandas as pd

from pipeline.files.fingerprint import sha256

FOLDERS = ("data", "reports")


def compare(wanted: Path, found: Path) -> pd.DataFrame:
    """Return one row a file that is not in both projects byte for byte: file, what, largest.

    `largest` is the largest absolute difference of its numbers, NaN where it has none or other ones. Compared are all
    files below `FOLDERS`, checkpoints and temporary files that were left included; only the files of locks, which
    stay, are not.
    """
    ours, theirs = checksums(wanted), checksums(found)
    rows = []
    for name in sorted(ours.keys() | theirs.keys()):
        if name not in theirs:
            rows.append((name, "missing", np.nan))
        elif name not in ours:
            rows.append((name, "left over", np.nan))
        elif ours[name] != theirs[name]:
            rows.append((name, "differs", difference(wanted / name, found / name)))
    return pd.DataFrame(rows, columns=["file", "what", "largest"])


def checksums(project: Path) -> dict[str, str]:
    """Return the SHA-256 of each file below `FOLDERS`, by its path in the project."""
    return {
        path.relative_to(project).as_posix(): sha256(path)
        for folder in FOLDERS
        for path in sorted((project / folder).rglob("*"))
        if path.is_file() and not (path.name.startswith(".") and path.name.endswith(".lock"))
    }


def difference(wanted: Path, found: Path) -> float:
    """Return the largest absolute difference of the numbers in two arrays, tables, JSON or HDF5 files.

    NaN in both is no difference. Where one has other numbers than the other, or none are to be had, it is NaN.
    """
    try:
        ours, theirs = numbers(wanted), numbers(found)
    except (ValueError, OSError):
        return float("nan")
    if ours.shape != theirs.shape or not ours.size or (np.isnan(ours) != np.isnan(theirs)).any():
        return float("nan")
    return float(np.nanmax(np.abs(ours - theirs), initial=0.0))


def numbers(path: Path) -> np.ndarray:
    """Return the numbers of a file as float64 (n,), in the order in which they stand there."""
    if path.suffix == ".npy":
        return np.load(path, allow_pickle=False).astype(np.float64).ravel()
    if path.suffix == ".csv":
        return pd.read_csv(path).select_dtypes("number").to_numpy(np.float64).ravel()
    if path.suffix == ".json":
        return np.array(list(_leaves(json.loads(path.read_text(encoding="utf-8")))), np.float64)
    if path.suffix == ".h5":
        parts: list[np.ndarray] = []
        with h5py.File(path) as file:
            file.visititems(lambda name, item: parts.append(item[()].ravel()) if hasattr(item, "dtype") else None)
        return np.concatenate([part.astype(np.float64) for part in parts]) if parts else np.empty(0)
    return np.empty(0)


def _leaves(value: Any) -> Iterator[float]:
    if isinstance(value, dict | list):
        for part in value.values() if isinstance(value, dict) else value:
            yield from _leaves(part)
    elif isinstance(value, int | float):
        yield float(value)
