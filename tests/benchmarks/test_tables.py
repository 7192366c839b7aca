"""The tables of the READMEs are those of the results."""

from pathlib import Path

import pytest

from benchmarks import tables


@pytest.fixture(scope="module")
def rows(root: Path):
    return tables.read(root)


@pytest.mark.parametrize("path", tables.READMES, ids=str)
def test_a_readme_says_what_was_measured(root: Path, path: Path, rows) -> None:
    text = (root / path).read_text(encoding="utf-8")
    assert tables.filled(text, rows) == text, "run `python -m benchmarks.tables`"


def test_every_table_is_somewhere(root: Path) -> None:
    text = "".join((root / path).read_text(encoding="utf-8") for path in tables.READMES)
    assert all(heading in text for heading in tables.TABLES)


def test_another_result_is_another_table(root: Path, rows) -> None:
    text = (root / tables.READMES[0]).read_text(encoding="utf-8")
    other = rows.assign(precision=rows["precision"] / 2)
    changed = [line for line in tables.filled(text, other).split("\n") if line not in text.split("\n")]
    assert len(changed) == 12
    assert all(line.startswith(("| ESC-10 |", "| demo |", "| digits |")) for line in changed)
