"""The one form of all our tables: whatever a text holds comes back as it was, and runs in no spreadsheet.

Conventions: UTF-8, commas, quotes as in RFC 4180, a line feed ends a row; read as text, so that a class named `NA`
stays a class. A carriage return is quoted too, which Python's own writer does from 3.13 on alone. Text that a
spreadsheet would take for a formula is guarded as in `pipeline.files.guarded_csv`, headings included, since classes
can be columns; plain numbers, negative ones among them, are not.
"""

import csv
import io
import re
import sys
from pathlib import Path

import pandas as pd

from pipeline.errors import DataError
from pipeline.files.guarded_csv import guard, quoted, unguard

_NUMBER = re.compile(r"-?\d+(\.\d+)?([eE][+-]?\d+)?")
# A cell may be of any length: Python's limit of 128 KiB would refuse what was written.
csv.field_size_limit(sys.maxsize)


class NotATable(Exception):
    """What is there is no table."""


def to_bytes(table: pd.DataFrame, path: str | Path) -> bytes:
    """Return a table as the bytes of a CSV, without its index; numbers as pandas writes them, a missing one as nothing.

    Raises:
        DataError: naming `path`, where a cell holds half a character, which UTF-8 cannot hold.
    """
    header = [_written(str(name)) for name in table.columns]
    columns = [_column(table.iloc[:, i]) for i in range(table.shape[1])]
    rows = [header, *map(list, zip(*columns, strict=True))]
    # A row of one empty cell would be an empty line.
    lines = (",".join(row) if row != [""] else '""' for row in rows)
    try:
        return "".join(f"{line}\n" for line in lines).encode()
    except UnicodeEncodeError as error:
        found = error.object[error.start : error.end]
        raise DataError(f"{path}: found {found!r} in a cell, expected text that UTF-8 can hold; remove it") from None


def _column(values: pd.Series) -> list[str]:
    if pd.api.types.is_numeric_dtype(values) or pd.api.types.is_bool_dtype(values):
        # One line a number, as pandas writes it; of none that is missing, an empty line in quotes.
        lines = values.to_frame().to_csv(index=False, header=False, lineterminator="\n").split("\n")[:-1]
        return ["" if line == '""' else line for line in lines]
    return [_cell(value) for value in values.tolist()]


def _cell(value: object) -> str:
    if isinstance(value, str):
        return _written(value)
    return "" if value is None or value is pd.NA or value != value else quoted(str(value))


def _written(text: str) -> str:
    return quoted(text if _NUMBER.fullmatch(text) else guard(text))


def from_bytes(data: bytes) -> pd.DataFrame:
    """Return the table that a CSV holds, every cell a `str`.

    Raises:
        NotATable: not UTF-8, no heading or one twice, a row of more or fewer cells, a quote that does not end, or a
            last line that does not.
    """
    if not data.endswith(b"\n"):
        raise NotATable("cut off in its last line" if data else "empty")
    try:
        rows = list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""), strict=True))
    except (UnicodeDecodeError, csv.Error) as error:
        raise NotATable(str(error)) from None
    header, body = [unguard(name) for name in rows[0]], [row for row in rows[1:] if row]
    if not header or len(set(header)) < len(header):
        raise NotATable(f"a heading twice, or none: {', '.join(map(repr, header))[:200]}")
    odd = next((number for number, row in enumerate(body, start=1) if len(row) != len(header)), None)
    if odd is not None:
        raise NotATable(f"row {odd} has {len(body[odd - 1])} cells, expected {len(header)}")
    cells = zip(*body, strict=True) if body else ((),) * len(header)
    columns = {name: [unguard(cell) for cell in column] for name, column in zip(header, cells, strict=True)}
    return pd.DataFrame(columns, dtype=str)
