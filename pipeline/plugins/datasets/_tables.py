"""Reading the tables that come with data sets; every complaint names the file and the line, all rows at fault at once.

Conventions: `csv_.py` alone takes tables that people write themselves, so it asks for more: `tidied` and `check_alike`.
"""

import os
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from pipeline.errors import DataError
from pipeline.files import names, sheets
from pipeline.files.faults import SHOWN, Faults, numbers

Row = sheets.Row
# As spreadsheets write them, in the languages in which they write them otherwise.
_TRUE = {"1", "true", "yes", "t", "y", "ja", "wahr", "vrai", "oui", "verdadero", "vero", "waar", "verdadeiro"}
_FALSE = {"0", "false", "no", "f", "n", "nein", "falsch", "faux", "non", "falso", "onwaar"}
_WHOLE = {"1.0": "1", "1,0": "1", "1.": "1", "0.0": "0", "0,0": "0", "0.": "0"}
_SPLITS = {"train": "train", "training": "train", "test": "test", "testing": "test"}


def folder(root: Path, key: str = "dataset.root") -> Path:
    """Return `root`, absolute, links resolved.

    Raises:
        DataError: there is no such folder; `key` is what the message calls the setting.
    """
    if not root.is_dir():
        raise DataError(f"{key}: found no folder {str(root)!r}; set it to the folder that holds the data set")
    return root.resolve()


def inside(root: Path, path: str, where: str) -> str:
    """Return `path` in normal form, having made sure that it stays below `root` (absolute, links resolved).

    Raises:
        DataError: it is empty, absolute, holds `..`, a backslash, a drive or a control character, or a link leads out.
    """
    problem = names.path_problem(path)
    if problem:
        raise DataError(f"{where}: path {path!r}, {problem}")
    plain = PurePosixPath(path)
    # `Path.resolve` raises an error of links in a circle; such a clip is quarantined like any that cannot be read.
    if not Path(os.path.realpath(root / plain)).is_relative_to(root):
        raise DataError(
            f"{where}: path {path!r} is a link that leads out of {str(root)!r}; copy the file there instead"
        )
    return str(plain)


def read(path: Path, required: list[str], optional: list[str] | None = None) -> list[Row]:
    """Return the rows of a table as `(line, {column: text})`; what is read at all, see `pipeline.files.sheets`.

    `optional` lists the other columns allowed; None allows any.

    Raises:
        DataError: unreadable, in another encoding than UTF-8 and UTF-16, a column missing, unknown or repeated, no
            row, or rows with too many or too few cells.
    """
    sheet = sheets.read(path, [*required, *(optional or [])])
    found = f"{path}:{sheet.line}: found the columns {', '.join(map(repr, sheet.header)) or 'none'}"
    missing = [name for name in required if name not in sheet.header]
    if missing:
        raise DataError(f"{found}; expected also {', '.join(map(repr, missing))}")
    unknown = [] if optional is None else [name for name in sheet.header if name not in required + optional]
    if unknown:
        known = ", ".join(required + (optional or []))
        raise DataError(
            f"{found}; {', '.join(map(repr, unknown))} is not known, expected of {known}; rename it, or remove it"
        )
    if not sheet.rows:
        raise DataError(f"{path}: found no row under the header, expected one a clip")
    return sheet.rows


def tidied(rows: list[Row], columns: Iterable[str], faults: Faults) -> list[Row]:
    """Return rows whose cells in `columns` are as they look; blanks alone and control characters are faults.

    What is taken off so that two texts become one, and characters that cannot be seen, is told on the console, with
    the lines.
    """
    changed: dict[tuple[str, str], list[int]] = defaultdict(list)
    made = [(line, dict(row)) for line, row in rows]
    for column in columns:
        as_written = {row[column] for _, row in rows if column in row}
        for line, row in made:
            cell = row.get(column, "")
            if names.control(cell) or (cell and column in ("label", "truth") and not names.tidy(cell)):
                words = "found blanks alone or a control character, expected a name; correct it"
                faults.add(line, f"{column} {cell!r}: {words}")
            if column in row:
                row[column] = names.tidy(cell)
            # Blanks after every comma are a habit of writing; they need no word.
            if row.get(column, "") != cell and (row[column] != cell.strip(" ") or row[column] in as_written):
                changed[column, row[column]].append(line)
    for (column, text), lines in list(changed.items())[:SHOWN]:
        print(f"{faults.file}: {column} {text!r} in {numbers(lines)}: read without blanks and signs that show nothing")
    if len(changed) > SHOWN:
        print(f"{faults.file}: so were {len(changed) - SHOWN} more names")
    return made


def check_alike(rows: list[Row], columns: Iterable[str], faults: Faults, *, case: bool = False) -> None:
    """Note texts of `columns`, taken together, that a reader takes for one; `case` tells `a` from `A`."""
    where: dict[str, list[int]] = defaultdict(list)
    for line, row in rows:
        for column in columns:
            if row.get(column):
                where[row[column]].append(line)
    what = " and ".join(columns)
    for one, other in names.alike(where, case=case):
        rarer, usual = sorted((one, other), key=lambda text: (len(where[text]), text.isascii()))
        told = f"{usual!r} ({numbers(where[usual])}) and {rarer!r} ({numbers(where[rarer])})"
        faults.add(where[rarer][0], f"{what} {told}: {names.apart(usual, rarer)}; write both the same way")


def flag(text: str, where: str) -> bool:
    """Read a truth value: 1, true, yes or 0, false, no, in any case, and as spreadsheets of other languages have it.

    Raises:
        DataError: it is none of these.
    """
    plain = names.tidy(text).casefold()
    plain = _WHOLE.get(plain, plain)
    if plain not in _TRUE | _FALSE:
        empty = "; write 0 where nobody has checked the label" if not plain else ""
        raise DataError(f"{where}: found {text!r}, expected 1 or 0, true or false, yes or no{empty}")
    return plain in _TRUE


def split(text: str, where: str) -> str:
    """Read `train` or `test`, in any case.

    Raises:
        DataError: it is neither.
    """
    plain = names.tidy(text).casefold()
    if plain not in _SPLITS:
        held = plain in ("val", "valid", "validation", "dev", "development")
        why = "; what is held out for validation are folds of train, which Earmark deals itself: write train"
        raise DataError(f"{where}: split {text!r}, expected train or test{why if held else ''}")
    return _SPLITS[plain]
