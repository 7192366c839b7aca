"""README.md says what the tests hold, no more and no less."""

from pathlib import Path

from tests.faults import table


def test_the_table_is_that_of_the_tests() -> None:
    written = Path(__file__).with_name("README.md").read_text(encoding="utf-8")
    assert written == table.render(), "out of date: python -m tests.faults.table"


def test_every_row_has_a_test() -> None:
    assert [number for number, found in table.tests().items() if not found] == []
