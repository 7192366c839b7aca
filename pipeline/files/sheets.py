"""A table that somebody else wrote: by hand, by a spreadsheet, by pandas or by R.

What can mean one thing only is read: commas, tabs, semicolons or bars between the cells, also as said by a first line
`sep=;`; blanks around the names of columns and their case; a column of row numbers; rows and columns without any text.
"""

import csv
import io
import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import DataError
from pipeline.files import csv_text, names
from pipeline.files.faults import Faults

Row = tuple[int, dict[str, str]]
_SEPARATORS = ",\t;|"
_SAID = re.compile(r'"?sep=(.)"?[,;\t ]*(\r\n|\r|\n)', re.IGNORECASE)
_UNNAMED = re.compile(r"(Unnamed: \d+(_level_\d+)?)?")


@dataclass(frozen=True)
class Sheet:
    """A table as text.

    Attributes:
        header: the names of the columns, in order.
        rows: each row as the line that it begins in and its cells by column, blanks and all.
        separator: what stands between the cells.
        line: of the header.
    """

    path: Path
    header: list[str]
    rows: list[Row]
    separator: str
    line: int


def read(path: Path, wanted: Sequence[str] = ()) -> Sheet:
    """Return a table, columns in `wanted` by the name that they have there, whatever their case.

    Raises:
        DataError: unreadable, not UTF-8 nor UTF-16, no CSV, a column twice or without a name, or rows with too many
            or too few cells; all such rows, with file and line.
    """
    text = csv_text.read(path)
    said = _SAID.match(text)
    text = text[said.end() :] if said else text
    separator = said[1] if said else _separator(text, wanted)
    (line, header), *body = _lines(path, text, separator, 1 if said else 0) or [(1, [])]
    header = [names.tidy(cell) for cell in header]
    if body and all(len(cells) == len(header) + 1 for _, cells in body) and _count_up([cells[0] for _, cells in body]):
        header = ["", *header]  # R numbers the rows and gives the numbers no name
    body = _whole(path, body, len(header), separator)
    kept = [i for i, name in enumerate(header) if not _is_spare(name, [cells[i] for _, cells in body])]
    known = {name.casefold(): name for name in wanted}
    columns = [known.get(header[i].casefold(), header[i]) for i in kept]
    _check_header(path, line, header, columns)
    rows = [(number, dict(zip(columns, (cells[i] for i in kept), strict=True))) for number, cells in body]
    return Sheet(path, columns, rows, separator, line)


def _separator(text: str, wanted: Sequence[str]) -> str:
    """Return what stands between the cells: what leaves the columns that are wanted, or the most columns."""
    first = next((line for line in io.StringIO(text, newline=None) if line.strip(_SEPARATORS + ' "\n')), "")
    found = {}
    for separator in _SEPARATORS:
        try:
            cells = next(csv.reader([first], delimiter=separator), [])
        except csv.Error:
            cells = []
        found[separator] = [names.tidy(cell).casefold() for cell in cells]
    return max(found, key=lambda one: (len({name.casefold() for name in wanted} & set(found[one])), len(found[one])))


def _lines(path: Path, text: str, separator: str, before: int) -> list[tuple[int, list[str]]]:
    """Return the cells of each row that has any text, with the line that it begins in."""
    first = text.split("\n", 1)[0]
    blanks = f"{separator} " in first and separator != " "
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, skipinitialspace=blanks, strict=True)
    rows: list[tuple[int, list[str]]] = []
    line = 1
    try:
        while True:
            line = reader.line_num + 1 + before
            cells = next(reader, None)
            if cells is None:
                return rows
            if any(cell.strip() for cell in cells):
                rows.append((line, cells))
    except csv.Error as error:
        raise DataError(f"{path}:{line}: not CSV ({error}); mend the quotes of the row that begins there") from None


def _whole(path: Path, body: list[tuple[int, list[str]]], width: int, separator: str) -> list[tuple[int, list[str]]]:
    """Return the rows, each of `width` cells: empty ones at its end are cut off."""
    faults = Faults(path)
    for line, cells in body:
        if len(cells) < width or any(cell.strip() for cell in cells[width:]):
            mend = f"mend the row, and quote a cell that holds {separator!r}"
            faults.add(line, f"found {len(cells)} cells, expected {width}; {mend}")
    faults.check()
    return [(line, cells[:width]) for line, cells in body]


def _is_spare(name: str, cells: list[str]) -> bool:
    """Whether a column is one of row numbers, or one that is empty and has no name."""
    if name.casefold() == "index":
        return _count_up(cells)
    return bool(_UNNAMED.fullmatch(name)) and (_count_up(cells) or not any(cell.strip() for cell in cells))


def _count_up(cells: list[str]) -> bool:
    """Whether cells are whole numbers that grow from row to row, as numbers of rows do when some were taken out."""
    if not all(re.fullmatch(r"\d{1,12}", cell.strip()) for cell in cells):
        return False
    values = [int(cell) for cell in cells]
    return all(one < other for one, other in itertools.pairwise(values))


def _check_header(path: Path, line: int, header: list[str], columns: list[str]) -> None:
    found = f"{path}:{line}: found the columns {', '.join(map(repr, header)) or 'none'}"
    if "" in columns:
        raise DataError(f"{found}; column {header.index('') + 1} has no name: give it one, or remove it")
    if len({name.casefold() for name in columns}) < len(columns):
        raise DataError(f"{found}; expected each once")
    odd = next((name for name in columns if names.control(name)), None)
    if odd is not None:
        raise DataError(f"{found}; {odd!r} holds a control character, {names.control(odd)}: rename the column")
