"""Reading the tables that come with data sets; every complaint names the file and the line."""

import csv
import io
import os
from pathlib import Path, PurePosixPath

from pipeline.errors import DataError
from pipeline.files import csv_text

Row = tuple[int, dict[str, str]]


def folder(root: Path) -> Path:
    """Return `root`, absolute, links resolved.

    Raises:
        DataError: there is no such folder.
    """
    if not root.is_dir():
        raise DataError(f"dataset.root: found no folder {str(root)!r}; set it to the folder that holds the data set")
    return root.resolve()


def inside(root: Path, path: str, where: str) -> str:
    """Return `path` in normal form, having made sure that it stays below `root` (absolute, links resolved).

    Raises:
        DataError: it is empty, absolute, holds `..`, a backslash, a drive or a control character, or a link leads out.
    """
    plain = PurePosixPath(path)
    bad = not plain.parts or plain.is_absolute() or ".." in plain.parts or "\\" in path or path[1:2] == ":"
    if bad or any(ord(c) < 32 for c in path):
        raise DataError(f"{where}: path {path!r}, expected one relative to and below the data set's folder, with '/'")
    # `Path.resolve` raises an error of links in a circle; such a clip is quarantined like any that cannot be read.
    if not Path(os.path.realpath(root / plain)).is_relative_to(root):
        raise DataError(
            f"{where}: path {path!r} is a link that leads out of {str(root)!r}; copy the file there instead"
        )
    return str(plain)


def read(path: Path, required: list[str], optional: list[str] | None = None) -> list[Row]:
    """Return the rows of a UTF-8 CSV as `(line, {column: text})`; a byte-order mark is accepted.

    `optional` lists the other columns allowed; None allows any.

    Raises:
        DataError: unreadable, not UTF-8, separated by semicolons, a column missing, unknown or repeated, or a row
            with too many or too few cells.
    """
    text = csv_text.read(path)
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    rows: list[Row] = []
    try:
        header = next(reader, [])
        _check_header(path, header, required, optional)
        for cells in reader:
            if cells and len(cells) != len(header):
                raise DataError(f"{path}:{reader.line_num}: found {len(cells)} cells, expected {len(header)}")
            if cells:
                rows.append((reader.line_num, dict(zip(header, cells, strict=True))))
    except csv.Error as error:
        raise DataError(f"{path}:{reader.line_num}: not CSV ({error})") from None
    if not rows:
        raise DataError(f"{path}: found no row under the header, expected one a clip")
    return rows


def _check_header(path: Path, header: list[str], required: list[str], optional: list[str] | None) -> None:
    found = f"{path}:1: found the columns {', '.join(map(repr, header)) or 'none'}"
    if len(header) == 1 and ";" in header[0]:
        raise DataError(f"{found}, separated by semicolons; expected commas")
    missing = [name for name in required if name not in header]
    if missing:
        raise DataError(f"{found}; expected also {', '.join(map(repr, missing))}")
    if len(set(header)) < len(header):
        raise DataError(f"{found}; expected each once")
    unknown = [] if optional is None else [name for name in header if name not in required + optional]
    if unknown:
        known = ", ".join(required + (optional or []))
        raise DataError(f"{found}; {', '.join(map(repr, unknown))} is not known, expected of {known}")


def flag(text: str, where: str) -> bool:
    """Read a truth value: 1, true, yes or 0, false, no, in any case.

    Raises:
        DataError: it is none of these.
    """
    known = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}
    if text.strip().lower() not in known:
        raise DataError(f"{where}: found {text!r}, expected 1 or 0, true or false, yes or no")
    return known[text.strip().lower()]
