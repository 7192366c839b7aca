"""The tables of README.md and of the pages of the benchmarks are those of the results."""

from pathlib import Path

import pytest

from benchmarks import tables

ROOT = Path(__file__).resolve().parents[2]
FIRST = "benchmarks/README.md"


@pytest.fixture(scope="module")
def rows(root: Path):
    return tables.read(root)


@pytest.fixture(scope="module")
def texts(root: Path) -> dict[str, str]:
    return {path.relative_to(root).as_posix(): path.read_text(encoding="utf-8") for path in tables.pages(root)}


@pytest.mark.parametrize("page", [path.relative_to(ROOT).as_posix() for path in tables.pages(ROOT)])
def test_a_page_says_what_was_measured(texts: dict[str, str], page: str, rows) -> None:
    assert tables.filled(texts[page], rows) == texts[page], "run `python -m benchmarks.tables`"


def test_every_table_is_on_some_page(texts: dict[str, str]) -> None:
    assert tables.missing(texts.values()) == []


def test_a_table_that_is_on_no_page_is_missed(texts: dict[str, str]) -> None:
    for heading in tables.TABLES:
        without = [text.replace(heading, heading.upper()) for text in texts.values()]
        assert tables.missing(without) == [heading]


def test_a_heading_is_that_of_one_table() -> None:
    for heading in tables.TABLES:
        assert [other for other in tables.TABLES if other.startswith(heading)] == [heading]


@pytest.mark.parametrize("heading", tables.TABLES)
def test_a_table_has_rows_and_a_cell_under_each_title(texts: dict[str, str], rows, heading: str) -> None:
    made = tables.TABLES[heading](rows)
    assert made
    titles = [line for text in texts.values() for line in text.split("\n") if line.startswith(heading)]
    assert {line.count("|") for line in made} == {line.count("|") for line in titles}


def test_a_page_without_tables_stays_as_it_is(rows) -> None:
    text = "# No table\n\n| data | of another kind |\n|---|---|\n| ESC-10 | 1 |\n"
    assert tables.filled(text, rows) == text


@pytest.mark.parametrize(("figure", "lines"), [("accuracy", 8 + 16), ("precision", 12 + 18)])
def test_another_result_is_another_table(texts: dict[str, str], rows, figure: str, lines: int) -> None:
    """Of the first page's tables: of labels 12 lines, of networks 8, beside others 18, two of them not trained on."""
    other = rows.assign(**{figure: rows[figure] / 2})
    before, after = texts[FIRST].split("\n"), tables.filled(texts[FIRST], other).split("\n")
    changed = [new for old, new in zip(before, after, strict=True) if old != new]
    assert len(changed) == lines
    assert all(line.startswith(("| ESC-10 |", "| demo |", "| digits |")) for line in changed)
