"""Tables, JSON and arrays on disk.

Conventions: tables are in the form of `pipeline.files.tables`; arrays are `.npy` without pickle. What is written is
published whole (`pipeline.files.publishing`), and what is read takes no more memory than its file is long.
"""

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from pipeline.errors import ArtifactError
from pipeline.files import npy, tables
from pipeline.files.publishing import publish


def _line(error: Exception) -> str:
    return " ".join(str(error).split())


def write_table(path: str | Path, table: pd.DataFrame) -> None:
    """Write a table as CSV, without its index.

    Raises:
        DataError: a cell holds half a character, which UTF-8 cannot hold.
    """
    data = tables.to_bytes(table, path)
    with publish(path) as temporary:
        temporary.write_bytes(data)


def read_table(path: str | Path) -> pd.DataFrame:
    """Read a CSV as text: every cell is a `str`, an empty one is `''`, and each as it was before it was written.

    Raises:
        ArtifactError: the file is missing, is no table, or does not end with the end of a line: a cell cut short
            would read as another value.
    """
    try:
        return tables.from_bytes(Path(path).read_bytes())
    except FileNotFoundError:
        raise ArtifactError(f"{path}: missing; run `dvc repro` to make it") from None
    except (tables.NotATable, OSError) as error:
        raise ArtifactError(f"{path}: not a readable CSV ({_line(error)}); remove it and run `dvc repro`") from None


def write_json(path: str | Path, value: Any) -> None:
    """Write JSON, indented, keys in the order given; NaN and infinities are refused (ValueError)."""
    with publish(path) as temporary:
        temporary.write_text(json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n", encoding="utf-8")


def read_json(path: str | Path) -> Any:
    """Read JSON.

    Raises:
        ArtifactError: the file is missing or is not JSON.
    """
    try:
        return json.loads(Path(path).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ArtifactError(f"{path}: missing; run `dvc repro` to make it") from None
    except (ValueError, OSError, RecursionError) as error:
        raise ArtifactError(f"{path}: not JSON ({_line(error)}); remove it and run `dvc repro`") from None


def read_record(path: str | Path, *keys: str) -> dict[str, Any]:
    """Read a JSON mapping that has `keys`.

    Raises:
        ArtifactError: the file is missing, is not JSON, is no mapping or lacks a key.
    """
    found = read_json(path)
    missing = [key for key in keys if key not in found] if isinstance(found, dict) else list(keys)
    if missing or not isinstance(found, dict):
        raise ArtifactError(f"{path}: lacks {', '.join(missing) or 'its keys'}; remove it and run `dvc repro`")
    return found


def write_array(path: str | Path, array: np.ndarray) -> None:
    """Write one array as `.npy`."""
    with publish(path) as temporary, open(temporary, "wb") as file:
        np.save(file, array, allow_pickle=False)


def read_array(path: str | Path, *, shape: tuple[int | None, ...], dtype: str = "float32") -> np.ndarray:
    """Read an array of a known dtype and shape (`None`: any length).

    Raises:
        ArtifactError: missing, damaged, or of another dtype or shape.
    """
    try:
        with open(path, "rb") as file:
            found, by_column, kind = npy.header(file, os.fstat(file.fileno()).st_size)
            begin = file.tell()
    except FileNotFoundError:
        raise ArtifactError(f"{path}: missing; run `dvc repro` to make it") from None
    except (npy.NotAnArray, OSError) as error:
        raise ArtifactError(f"{path}: not a readable array ({_line(error)}); remove it and run `dvc repro`") from None
    fits = len(found) == len(shape) and all(w in (None, n) for w, n in zip(shape, found, strict=True))
    if kind != np.dtype(dtype) or not fits:
        raise ArtifactError(f"{path}: found {kind}{found}, expected {dtype}{shape}; run `dvc repro`")
    if 0 in found:
        array: np.ndarray = np.empty(found, kind)
        array.flags.writeable = False
        return array
    order = "F" if by_column else "C"
    return np.memmap(path, dtype=kind, mode="r", offset=begin, shape=found, order=order)  # type: ignore[call-overload]
