"""A small CSV that people edit and spreadsheets open: strict about its shape, and inert.

Conventions: UTF-8, commas, quotes as in RFC 4180; a byte-order mark and CRLF, as spreadsheets write them, are accepted.
A cell that a spreadsheet could run as a formula, which is one that begins with any of `= + - @ TAB CR` or with
apostrophes and then one of these, is written with one more apostrophe in front and read with one less. So every text
comes back as it was.
"""

import csv
import io
import re
from collections.abc import Iterable
from pathlib import Path

from pipeline.errors import DataError
from pipeline.files import csv_text
from pipeline.files.publishing import publish

_FORMULA = re.compile(r"'*[=+\-@\t\r]")


def guard(text: str) -> str:
    """Return `text` as it is written into a cell."""
    return f"'{text}" if _FORMULA.match(text) else text


def unguard(cell: str) -> str:
    """Return the text of a cell; the inverse of `guard`, and a formula that nobody guarded as it is."""
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell) else cell


def write(path: Path, columns: list[str], rows: Iterable[Iterable[str]]) -> None:
    """Put a table in the place of `path`; on an error, a full disk among them, the earlier file stays.

    Raises:
        DataError: a cell holds half a character, which UTF-8 cannot hold.
        OSError: the disk is full, or the folder cannot be written to.
    """
    lines = [columns, *([guard(text) for text in row] for row in rows)]
    try:
        data = "".join(",".join(map(quoted, line)) + "\n" for line in lines).encode()
    except UnicodeEncodeError as error:
        found = error.object[error.start : error.end]
        raise DataError(f"{path}: found {found!r} in a cell, expected text that UTF-8 can hold; remove it") from None
    with publish(path) as temporary:
        temporary.write_bytes(data)


def quoted(cell: str) -> str:
    """Return a cell, in quotes where it needs them."""
    return '"' + cell.replace('"', '""') + '"' if re.search(r'[",\r\n\ufeff]', cell) else cell


def read(path: Path, columns: list[str]) -> list[tuple[int, dict[str, str]]]:
    """Return each row as the line that it begins in and its text by column; rows without any text are passed over.

    Raises:
        DataError: unreadable, not UTF-8, separated by semicolons, other columns, or a row with too many or few cells.
    """
    reader = csv.reader(io.StringIO(csv_text.read(path), newline=""), strict=True)
    rows: list[tuple[int, dict[str, str]]] = []
    line = 1
    try:
        header = next(reader, [])
        _check_header(path, header, columns)
        while True:
            line = reader.line_num + 1
            cells = next(reader, None)
            if cells is None:
                return rows
            if any(cells):
                if len(cells) != len(header):
                    raise DataError(f"{path}:{line}: found {len(cells)} cells, expected {len(header)}; mend the row")
                rows.append((line, dict(zip(header, map(unguard, cells), strict=True))))
    except csv.Error as error:
        raise DataError(f"{path}:{line}: not CSV ({error}); mend the quotes of the row that begins there") from None


def _check_header(path: Path, header: list[str], columns: list[str]) -> None:
    if sorted(header) == sorted(columns):
        return
    found = f"{path}:1: found the columns {', '.join(map(repr, header)) or 'none'}"
    if len(header) == 1 and ";" in header[0]:
        raise DataError(f"{found}, separated by semicolons; expected commas: save it as CSV in UTF-8 with commas")
    missing = ", ".join(name for name in columns if name not in header)
    raise DataError(f"{found}; expected {','.join(columns)}, each once{f'; {missing} is missing' if missing else ''}")
