"""The page: what goes into the template, as text that is ready to be shown, and the files beside it.

Conventions: the template escapes whatever it is given; nothing here is marked as safe.
"""

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import jinja2
import pandas as pd

TEMPLATES = Path(__file__).parent / "templates"
BESIDE = ("report.css", "report.js")
EXPLORER = "explorer/index.html"
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


def tenth(value: Any) -> str:
    """Show a number with one decimal, thousands apart."""
    return UNKNOWN if pd.isna(value) else f"{value:,.1f}"


def clip_link(value: Any) -> str:
    """Return the address of a clip in the explorer."""
    return f"{EXPLORER}#clip={quote(str(value), safe='')}"


def class_link(value: Any) -> str:
    """Return the address of a class in the explorer."""
    return f"{EXPLORER}#class={quote(str(value), safe='')}"


@dataclass(frozen=True)
class Column:
    """A column of a shown table: its heading and how its cells are put.

    `low` and `high` name the columns of its interval's ends; `link` makes addresses of its values.
    """

    heading: str
    show: Callable[[Any], str] = count
    low: str = ""
    high: str = ""
    link: Callable[[Any], str] | None = None


@dataclass(frozen=True)
class Cell:
    """Text, and where it leads (`''`: nowhere)."""

    text: str
    link: str = ""


@dataclass(frozen=True)
class Shown:
    """A table as text.

    Attributes:
        headings: of the columns.
        numeric: whether each column is of numbers.
        rows: those that are shown; a row `all` that adds up the others is apart, in `totals`.
        totals: at most one row.
        left_out: how many rows are not shown.
        file: the table as a whole, below tables/.
    """

    headings: list[str]
    numeric: list[bool]
    rows: list[list[Cell]]
    totals: list[list[Cell]]
    left_out: int
    file: str


def shown(table: pd.DataFrame, columns: Mapping[str, Column], file: str, most: int = MOST_ROWS) -> Shown:
    """Return the columns of `table` that are described and there, in the order of `columns`, at most `most` rows.

    A last row whose first cell is `all` sums up the others, unless it is the only one.
    """
    kept = {name: column for name, column in columns.items() if name in table}
    sums = len(table) > 1 and table.iloc[-1][next(iter(kept))] == "all"
    totals, rest = (table[-1:], table[:-1]) if sums else (table[:0], table)
    cells = [
        [[_cell(row, name, column) for name, column in kept.items()] for row in part.to_dict("records")]
        for part in (rest[:most], totals)
    ]
    return Shown(
        headings=[column.heading for column in kept.values()],
        numeric=[column.show is not text for column in kept.values()],
        rows=cells[0],
        totals=cells[1],
        left_out=max(0, len(rest) - most),
        file=file,
    )


def _cell(row: Mapping[Any, Any], name: str, column: Column) -> Cell:
    value = column.show(row[name])
    link = column.link(row[name]) if column.link and value != UNKNOWN else ""
    if not column.low or pd.isna(row[column.low]):
        return Cell(value, link)
    return Cell(f"{value} ({column.show(row[column.low])} to {column.show(row[column.high])})", link)


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


def write_page(folder: Path, content: Mapping[str, Any]) -> None:
    """Write index.html, and beside it the style and the script that it loads."""
    (folder / "index.html").write_text(render(content), encoding="utf-8")
    for name in BESIDE:
        shutil.copyfile(TEMPLATES / name, folder / name)
