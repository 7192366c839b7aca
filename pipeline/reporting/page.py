"""The page: what goes into the template, as text that is ready to be shown.

Conventions: the template escapes whatever it is given; nothing here is marked as safe.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jinja2
import pandas as pd

TEMPLATES = Path(__file__).parent / "templates"
MOST_ROWS = 200
UNKNOWN = "–"


def text(value: Any) -> str:
    """Show a value as it is."""
    return UNKNOWN if pd.isna(value) or value == "" else str(value)


def count(value: Any) -> str:
    """Show a whole number, thousands apart."""
    return UNKNOWN if pd.isna(value) else f"{value:,.0f}"


def percent(value: Any) -> str:
    """Show a share in [0, 1] as a percentage."""
    return UNKNOWN if pd.isna(value) else f"{100 * value:.1f}%"


def score(value: Any) -> str:
    """Show a score with three decimals."""
    return UNKNOWN if pd.isna(value) else f"{value:.3f}"


@dataclass(frozen=True)
class Column:
    """A column of a shown table: its heading and how its cells are put; `low` and `high` name its interval's ends."""

    heading: str
    show: Callable[[Any], str] = count
    low: str = ""
    high: str = ""


@dataclass(frozen=True)
class Shown:
    """A table as text: headings, whether each column is of numbers, rows, how many were left out, and of which file."""

    headings: list[str]
    numeric: list[bool]
    rows: list[list[str]]
    left_out: int
    file: str


def shown(table: pd.DataFrame, columns: Mapping[str, Column], file: str, most: int = MOST_ROWS) -> Shown:
    """Return the columns of `table` that are described and there, in the order of `columns`, at most `most` rows."""
    kept = {name: column for name, column in columns.items() if name in table}
    rows = [[_cell(row, name, column) for name, column in kept.items()] for row in table[:most].to_dict("records")]
    return Shown(
        headings=[column.heading for column in kept.values()],
        numeric=[column.show is not text for column in kept.values()],
        rows=rows,
        left_out=max(0, len(table) - most),
        file=file,
    )


def _cell(row: Mapping[Any, Any], name: str, column: Column) -> str:
    value = column.show(row[name])
    if not column.low or pd.isna(row[column.low]):
        return value
    return f"{value} ({column.show(row[column.low])} to {column.show(row[column.high])})"


def render(content: Mapping[str, Any]) -> str:
    """Return the page for the template's variables; one that is missing is an error (jinja2.UndefinedError)."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("index.html.j2").render(content)
