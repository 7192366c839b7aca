"""`csv`: anyone's folder of sounds and a table `path,label[,verified,split,group,truth]`.

`path` is relative to `dataset.root`. Without a column `verified` all labels count as verified (there would be
nothing to learn from otherwise); without `split`, a share `test_fraction` becomes the test split, whole groups at
a time and evenly over the classes; without `group`, each clip is its own. An empty label means none; `NA`, `None`
and `null` are labels like any other.

Citation and licence: those of the data.
"""

import unicodedata
from pathlib import Path, PurePosixPath

import pandas as pd

from pipeline.errors import DataError
from pipeline.plugins.datasets import _splits, _tables
from pipeline.settings import Fraction

GROUPINGS: dict[str, dict[str, list[str]]] = {}
_OPTIONAL = ["verified", "split", "group", "truth"]


def load(root: Path, raw: Path, *, seed: int, table: str = "clips.csv", test_fraction: Fraction = 0.0) -> pd.DataFrame:
    """Return the clips listed in the CSV file `table`, relative to `root`.

    Args:
        root: the folder of audio.
        raw: not written to.
        seed: of the test split.
        table: the CSV file, relative to `root`.
        test_fraction: share of each class to be tested, where the table has no column `split`.

    Raises:
        DataError: no such folder or table; a column missing, unknown or impossible; a path that leaves the folder;
            a clip listed twice, or under names that differ only by case or Unicode form. With file and line.
    """
    root = _tables.folder(root)
    file = root / _tables.inside(root, table, "dataset.table")
    rows = _tables.read(file, ["path", "label"], _OPTIONAL)
    has_split = "split" in rows[0][1]
    if has_split and test_fraction:
        raise DataError(f"dataset.test_fraction: found {test_fraction}, but {file} has a column 'split'; remove one")
    clips = pd.DataFrame([_clip(root, row, f"{file}:{line}") for line, row in rows])
    _check_names(file, rows)
    if not has_split:
        test = _splits.hold_out(list(clips["label"]), list(clips["group"]), fraction=test_fraction, seed=seed)
        clips["split"] = ["test" if chosen else "train" for chosen in test]
        clips["drawn"] = True
    return clips


def _clip(root: Path, row: dict[str, str], where: str) -> dict[str, object]:
    path = _tables.inside(root, row["path"], where)
    split = row.get("split", "train")
    if split not in ("train", "test"):
        raise DataError(f"{where}: split {split!r}, expected train or test")
    verified = row["label"] != "" and ("verified" not in row or _tables.flag(row["verified"], f"{where}: verified"))
    clip = {
        "clip_id": path,
        "source": str(root / path),
        "path": path,
        "label": row["label"],
        "verified": verified,
        "split": split,
        "group": row.get("group") or path,
    }
    return clip | ({"truth": row["truth"]} if "truth" in row else {})


def _check_names(file: Path, rows: list[_tables.Row]) -> None:
    seen: dict[str, tuple[int, dict[str, str]]] = {}
    for line, row in rows:
        key = unicodedata.normalize("NFC", str(PurePosixPath(row["path"]))).casefold()
        if key in seen:
            first, other = seen[key]
            both = f"{other['path']!r} as {other['label']!r} and {row['path']!r} as {row['label']!r}"
            raise DataError(f"{file}:{line}: the same clip as in line {first}: {both}; expected each clip once")
        seen[key] = line, row
