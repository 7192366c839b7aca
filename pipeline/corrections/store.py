"""What people said of clips they listened to: the file, and whether every row can be followed.

Conventions: a row of the table is one decision on one clip. `accept` says that `given_label` is right, `relabel` that
the clip is of class `new_label`, `reject` that `new_label`, or where that is empty `given_label`, is wrong; `unsure`
says nothing. What rows say is of the clip, so the order of rows does not matter, and rows of an older run count.
"""

from pathlib import Path
from typing import Any

import pandas as pd

from pipeline.errors import DataError
from pipeline.files import fingerprint, guarded_csv

COLUMNS = ["clip_id", "given_label", "predicted_label", "decision", "new_label", "reviewer", "run_id", "note"]
DECISIONS = ("accept", "reject", "relabel", "unsure")


def read(path: Path) -> pd.DataFrame:
    """Return the rows of a corrections file: text in `COLUMNS`, and int `line`, in which each begins.

    A file that is not there has no rows.

    Raises:
        DataError: not a CSV with these columns, with file and line.
    """
    return _table(guarded_csv.read(path, COLUMNS) if path.exists() else [])


def none() -> pd.DataFrame:
    """Return what `read` does where nobody has listened."""
    return _table([])


def _table(rows: list[tuple[int, dict[str, str]]]) -> pd.DataFrame:
    table = pd.DataFrame([cells | {"line": line} for line, cells in rows], columns=[*COLUMNS, "line"])
    return table.astype(dict.fromkeys(COLUMNS, str) | {"line": int})


def write(path: Path, table: pd.DataFrame) -> None:
    """Put `COLUMNS` of a table in the place of `path`.

    Raises:
        DataError: a cell cannot be written as UTF-8.
        OSError: the disk is full, or the folder cannot be written to; the earlier file stays.
    """
    guarded_csv.write(path, COLUMNS, table[COLUMNS].itertuples(index=False))


def run_id(clips: pd.DataFrame, classes: list[str]) -> str:
    """Return 12 hex digits that change with the training clips, their labels and verified flags, and the classes."""
    train = clips[clips["split"] == "train"]
    return fingerprint.digest(*(train[name].tolist() for name in ("clip_id", "label", "verified")), classes)[:12]


def check(table: pd.DataFrame, clips: pd.DataFrame, classes: list[str], path: str | Path) -> None:
    """Make sure that every row can be followed.

    Args:
        table: from `read`.
        clips: as `artifacts.read_clips` gives it.
        classes: names in order.
        path: what messages call the file.

    Raises:
        DataError: an unknown clip, label or decision, a label missing or too many, a test clip, or rows of one clip
            that contradict each other; with the line, or both lines.
    """
    split, known = dict(zip(clips["clip_id"], clips["split"], strict=True)), {"", *classes}
    for row in table.itertuples(index=False):
        problem = _problem(row, split, known)
        if problem:
            raise DataError(f"{path}:{row.line}: {problem}")
    for rows in by_clip(table).values():
        for number, row in enumerate(rows):
            for earlier in rows[:number]:
                if _contradict(said(row), said(earlier)):
                    raise DataError(
                        f"{path}:{row.line}: clip {row.clip_id!r} {_words(row)}, but line {earlier.line} says that it "
                        f"{_words(earlier)}; expected rows of one clip to agree: remove one of them"
                    )


def _problem(row: Any, split: dict[str, str], known: set[str]) -> str:
    """Return why a row cannot be followed, `''` if it can."""
    if row.clip_id not in split:
        return f"found no clip {row.clip_id!r} in the data, expected a clip_id of clips.csv; mend it or remove the row"
    if split[row.clip_id] != "train":
        return f"clip {row.clip_id!r} is a test clip, expected a training clip: tests are not reviewed; remove the row"
    if row.decision not in DECISIONS:
        return f"decision {row.decision!r}, expected one of {', '.join(DECISIONS)}"
    for column in ("given_label", "predicted_label", "new_label"):
        if getattr(row, column) not in known:
            names = ", ".join(sorted(known - {""}))
            return f"{column} {getattr(row, column)!r} is no class, expected one of {names}; mend it or remove the row"
    if row.new_label and row.decision in ("accept", "unsure"):
        return f"new_label {row.new_label!r} beside {row.decision}, expected none; to give it that label, use relabel"
    if row.decision == "relabel" and not row.new_label:
        return "relabel without a new_label, expected a class; say which, or use reject"
    if row.decision in ("accept", "reject") and not said(row)[1]:
        return f"{row.decision} without a label that could be meant, expected a given_label"
    return ""


def said(row: Any) -> tuple[bool, str]:
    """Return whether the clip is or is not of a class, and of which; `''` where the row says neither."""
    if row.decision == "unsure":
        return False, ""
    if row.decision == "reject":
        return False, row.new_label or row.given_label
    return True, row.new_label if row.decision == "relabel" else row.given_label


def _contradict(one: tuple[bool, str], two: tuple[bool, str]) -> bool:
    if one[0] and two[0]:
        return one[1] != two[1]
    return one[0] != two[0] and one[1] == two[1]


def _words(row: Any) -> str:
    right, label = said(row)
    return f"is {label!r}" if right else f"is not {label!r}"


def by_clip(table: pd.DataFrame) -> dict[str, list[Any]]:
    """Return the rows of each clip, in the order in which clips first occur."""
    rows: dict[str, list[Any]] = {}
    for row in table.itertuples(index=False):
        rows.setdefault(str(row.clip_id), []).append(row)
    return rows
