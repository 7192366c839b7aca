"""Artefacts on disk: the only reader and writer of what flows between stages.

Conventions: tables are UTF-8 CSV read as text, so that a class named `NA` stays a class; arrays are `.npy` without
pickle. What is written is published whole (`pipeline.files.publishing`). Two readers exist for clips: `read_clips` for
all that trains, promotes or selects, which cannot see `truth` nor the labels of the test split, and `read_answers` for
reports and benchmarks.
"""

import json
import os
import tokenize
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from pipeline.errors import ArtifactError
from pipeline.files import schemas
from pipeline.files.publishing import publish


def _line(error: Exception) -> str:
    return " ".join(str(error).split())


def write_table(path: str | Path, table: pd.DataFrame) -> None:
    """Write a table as CSV, without its index."""
    with publish(path) as temporary:
        table.to_csv(temporary, index=False, encoding="utf-8", lineterminator="\n")


def read_table(path: str | Path) -> pd.DataFrame:
    """Read a CSV as text: every cell is a `str`, an empty one is `''`.

    Raises:
        ArtifactError: the file is missing, is no table, or does not end with the end of a line: a cell cut short
            would read as another value.
    """
    try:
        with open(path, "rb") as file:
            file.seek(-1, os.SEEK_END)
            if file.read() != b"\n":
                raise OSError("cut off in its last line")
        return pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8")
    except FileNotFoundError:
        raise ArtifactError(f"{path}: missing; run `dvc repro` to make it") from None
    except (pd.errors.ParserError, pd.errors.EmptyDataError, UnicodeDecodeError, OSError) as error:
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
        array = np.lib.format.open_memmap(path, mode="r")
    except FileNotFoundError:
        raise ArtifactError(f"{path}: missing; run `dvc repro` to make it") from None
    # numpy reads the header as Python; what is none, and a size beyond all numbers, come through as they are.
    except (ValueError, EOFError, OSError, SyntaxError, OverflowError, tokenize.TokenError) as error:
        raise ArtifactError(f"{path}: not a readable array ({_line(error)}); remove it and run `dvc repro`") from None
    fits = array.ndim == len(shape) and all(w in (None, n) for w, n in zip(shape, array.shape, strict=True))
    if array.dtype != np.dtype(dtype) or not fits:
        raise ArtifactError(f"{path}: found {array.dtype}{array.shape}, expected {dtype}{shape}; run `dvc repro`")
    return array


def write_clips(
    folder: str | Path,
    clips: pd.DataFrame,
    classes: list[str],
    groupings: Mapping[str, Mapping[str, list[str]]] | None = None,
) -> None:
    """Write `clips.csv`, `files.csv`, `classes.json` and `groupings.json` into `folder`, checked against the schema."""
    folder = Path(folder)
    clips = schemas.check(schemas.CLIPS, clips.sort_values("clip_id", ignore_index=True), folder / "clips.csv")
    write_json(folder / "classes.json", classes)
    write_json(folder / "groupings.json", groupings or {})
    write_table(folder / "files.csv", clips[list(schemas.FILES.columns)])
    write_table(folder / "clips.csv", clips)


def read_files(folder: str | Path) -> pd.DataFrame:
    """Return `files.csv`: what stages that read no label need, so that a corrected label does not rerun them.

    One row a clip, in the order of clips.csv; columns as in `schemas.FILES`.
    """
    path = Path(folder) / "files.csv"
    return schemas.check(schemas.FILES, read_table(path), path)


def read_answers(folder: str | Path) -> pd.DataFrame:
    """Return the whole of `clips.csv`, with test labels and, where there is one, `truth`: reports and benchmarks only.

    One row a clip, sorted by `clip_id`; columns as in `schemas.CLIPS`.
    """
    path = Path(folder) / "clips.csv"
    return schemas.check(schemas.CLIPS, read_table(path), path)


def read_clips(folder: str | Path) -> pd.DataFrame:
    """Return `clips.csv` as everything that learns may see it: no `truth`, test labels blank."""
    clips = read_answers(folder).drop(columns="truth", errors="ignore")
    return clips.assign(label=clips["label"].where(clips["split"] == "train", ""))


def read_classes(folder: str | Path) -> list[str]:
    """Return the class names; a name's index is its column in every `probs.npy`."""
    path = Path(folder) / "classes.json"
    names = read_json(path)
    if not isinstance(names, list) or not names or len({str(name) for name in names}) < len(names):
        raise ArtifactError(f"{path}: expected a list of class names, each once; remove it and run `dvc repro`")
    return [str(name) for name in names]


def same_clips(table: pd.DataFrame, clips: pd.DataFrame, path: str | Path) -> None:
    """Make sure that `table`, read from `path`, has the clips of clips.csv in their order.

    Raises:
        ArtifactError: it has not.
    """
    if list(table["clip_id"]) != list(clips["clip_id"]):
        raise ArtifactError(
            f"{path}: its {len(table)} clips are not the {len(clips)} of clips.csv in that order; run `dvc repro`"
        )


@dataclass(frozen=True)
class Features:
    """Frames of all clips and where each clip's lie.

    Attributes:
        frames: float16 (total_frames, n_bins), memory-mapped, clips packed end to end.
        index: one row a clip, in the order of clips.csv; columns as in `schemas.INDEX`.
        settings: what the frames were made with (`kind`, `sr`, ... and `n_bins`).
    """

    frames: np.ndarray
    index: pd.DataFrame
    settings: dict[str, Any]

    @property
    def n_bins(self) -> int:
        return int(self.frames.shape[1])

    @property
    def ok(self) -> np.ndarray:
        """Bool (n_clips,): False where quarantined."""
        return (self.index["status"] == "ok").to_numpy()

    def clip(self, row: int) -> np.ndarray:
        """float16 (n_frames, n_bins): the frames of the clip in `row`, a view."""
        return self.frames[self._spans[row]]

    @cached_property
    def _spans(self) -> list[slice]:
        # Training asks for every clip in every epoch, and a cell of a table takes longer than the frames.
        starts, lengths = self.index["start"].tolist(), self.index["n_frames"].tolist()
        return [slice(start, start + length) for start, length in zip(starts, lengths, strict=True)]


def read_features(folder: str | Path) -> Features:
    """Read `frames.npy`, `index.csv` and `features.json` of the spectrograms stage.

    Raises:
        ArtifactError: a file is missing or damaged, the index does not lay the clips end to end, or the frames are not
            of as many bins as were made.
    """
    folder = Path(folder)
    index = schemas.check(schemas.INDEX, read_table(folder / "index.csv"), folder / "index.csv")
    length = index["n_frames"]
    good = (index["start"] == length.cumsum() - length) & ((index["status"] == "ok") == (length > 0))
    if not good.all():
        raise ArtifactError(
            f"{folder / 'index.csv'}: clip {index['clip_id'][int(np.argmin(good))]!r}: start or n_frames is wrong, "
            "expected clips end to end, none without frames but the quarantined; run `dvc repro`"
        )
    frames = read_array(folder / "frames.npy", shape=(int(length.sum()), None), dtype="float16")
    settings = read_record(folder / "features.json", "kind", "n_bins")
    if settings["n_bins"] != frames.shape[1]:
        found = f"n_bins {settings['n_bins']!r}, but frames.npy has {frames.shape[1]}"
        raise ArtifactError(f"{folder / 'features.json'}: found {found}; run `dvc repro`")
    return Features(frames=frames, index=index, settings=settings)


def read_probs(path: str | Path, n_clips: int, n_classes: int, *, open_set: bool = False) -> np.ndarray:
    """Read float32 (n_clips, n_classes); a row sums to one, or is all NaN where the clip is quarantined.

    With `open_set`, what a row lacks of one is the probability of no class at all.

    Raises:
        ArtifactError: missing, of another shape, or a row is neither.
    """
    probs = np.asarray(read_array(path, shape=(n_clips, n_classes)))
    sums = probs.sum(axis=1, dtype=np.float64)
    empty = np.isnan(probs).all(axis=1)
    whole = (np.abs(sums - 1) < 1e-3) | (open_set & (sums < 1))
    good = empty | (whole & (probs >= 0).all(axis=1))
    if not good.all():
        raise ArtifactError(f"{path}: row {int(np.argmin(good))} is not a distribution; run `dvc repro`")
    return probs


def read_neighbours(path: str | Path, n_clips: int) -> np.ndarray:
    """Read int32 (n_clips, k): rows of the clips that sound most like each, -1 where there are not as many.

    Raises:
        ArtifactError: missing, of another shape, or what is in it are no rows.
    """
    near = np.asarray(read_array(path, shape=(n_clips, None), dtype="int32"))
    if ((near < -1) | (near >= n_clips)).any():
        raise ArtifactError(f"{path}: expected whole numbers from -1 to {n_clips - 1}; run `dvc repro`")
    return near


def write_labels(folder: str | Path, labels: pd.DataFrame) -> None:
    """Write `labels.csv` and `targets.csv` into `folder`, checked against `schemas.LABELS`."""
    folder = Path(folder)
    labels = schemas.check(schemas.LABELS, labels, folder / "labels.csv")
    write_table(folder / "labels.csv", labels)
    write_table(folder / "targets.csv", labels[list(schemas.TARGETS.columns)])


def read_labels(folder: str | Path) -> pd.DataFrame:
    """Return `labels.csv`: one row a clip, in the order of clips.csv; columns as in `schemas.LABELS`."""
    path = Path(folder) / "labels.csv"
    return schemas.check(schemas.LABELS, read_table(path), path)


def read_targets(folder: str | Path) -> pd.DataFrame:
    """Return `targets.csv`: what members are trained by, so that another reason or probability retrains none.

    One row a clip, in the order of clips.csv; columns as in `schemas.TARGETS`.
    """
    path = Path(folder) / "targets.csv"
    return schemas.check(schemas.TARGETS, read_table(path), path)


def read_ruled_out(path: str | Path, n_clips: int, n_classes: int) -> np.ndarray:
    """Read bool (n_clips, n_classes): the classes that a person said a clip is not of.

    Raises:
        ArtifactError: missing, or of another shape.
    """
    return np.asarray(read_array(path, shape=(n_clips, n_classes), dtype="bool"))


def read_groupings(folder: str | Path) -> dict[str, dict[str, list[str]]]:
    """Return `groupings.json`: the groupings that came with the data set, by name.

    Raises:
        ArtifactError: missing, or not names of classes by group.
    """
    path = Path(folder) / "groupings.json"
    found = read_record(path)
    lists = [names for groups in found.values() if isinstance(groups, dict) for names in groups.values()]
    if not all(isinstance(groups, dict) for groups in found.values()) or not all(isinstance(n, list) for n in lists):
        raise ArtifactError(f"{path}: expected lists of classes by group; remove it and run `dvc repro`")
    return found
