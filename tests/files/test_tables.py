"""The one writer of tables: whatever the text, it comes back, and no spreadsheet runs it."""

import csv
import io
import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import ArtifactError, DataError
from pipeline.files import formats, tables

ANY = st.text(st.characters(codec="utf-8"))
# What breaks out of cells is rare among all characters.
NASTY = st.text(st.sampled_from("=+-@\t\r\n\0'\",; \ufeff\u2028\x1ea1"))
TEXT = ANY | NASTY
FORMULA = re.compile(r"[=+\-@\t\r]")


@given(st.lists(TEXT, min_size=1), st.lists(TEXT, min_size=1))
def test_any_text_comes_back(tmp_path_factory, cells, others):
    path = tmp_path_factory.mktemp("table") / "a.csv"
    rows = min(len(cells), len(others))
    table = pd.DataFrame({"text": cells[:rows], "number": np.arange(rows) - 1.5, "other": others[:rows]}, dtype=object)
    formats.write_table(path, table.assign(number=table["number"].astype(float)))
    found = formats.read_table(path)
    assert found["text"].tolist() == cells[:rows]
    assert found["other"].tolist() == others[:rows]
    assert found["number"].astype(float).tolist() == [i - 1.5 for i in range(rows)]
    # What was read and is written again is the same file.
    before = path.read_bytes()
    formats.write_table(path, found)
    assert path.read_bytes() == before


@given(st.lists(TEXT, min_size=1, max_size=4, unique=True), st.lists(TEXT, max_size=3))
def test_any_heading_comes_back_and_one_column_alone_too(names, cells):
    table = pd.DataFrame(dict.fromkeys(names, cells), dtype=object)
    found = tables.from_bytes(tables.to_bytes(table, "a.csv"))
    assert list(found.columns) == names
    assert all(found[name].tolist() == cells for name in names)


def test_a_cell_may_be_of_any_length_and_half_a_character_is_refused(tmp_path):
    long = "a" * 300_000
    formats.write_table(tmp_path / "a.csv", pd.DataFrame({"text": [long]}))
    assert formats.read_table(tmp_path / "a.csv")["text"].tolist() == [long]
    with pytest.raises(DataError, match=r"a\.csv: found '\\ud800' in a cell, expected text that UTF-8 can hold"):
        formats.write_table(tmp_path / "a.csv", pd.DataFrame({"text": ["half \ud800"]}))
    assert formats.read_table(tmp_path / "a.csv")["text"].tolist() == [long]


@given(st.lists(TEXT, min_size=1))
def test_no_cell_is_a_formula_and_numbers_stay_numbers(cells):
    table = pd.DataFrame({"text": cells, "=heading": -1.5, "n": -2}, dtype=object).astype({"=heading": float, "n": int})
    rows = list(csv.reader(io.StringIO(tables.to_bytes(table, "a.csv").decode(), newline="")))
    assert rows[0][1] == "'=heading"
    for row, text in zip(rows[1:], cells, strict=True):
        assert row[1:] == ["-1.5", "-2"]
        assert not FORMULA.match(row[0]) or re.fullmatch(r"-\d+(\.\d+)?([eE][+-]?\d+)?", text)


@given(st.lists(st.floats() | st.none(), min_size=1), st.lists(st.integers(-(2**60), 2**60), min_size=1))
def test_numbers_are_written_as_pandas_writes_them(floats, integers):
    rows = min(len(floats), len(integers))
    whole = integers[:rows]
    table = pd.DataFrame({"f": np.array(floats[:rows], float), "i": whole, "b": [n > 0 for n in whole]})
    assert tables.to_bytes(table, "a.csv").decode() == table.to_csv(index=False, lineterminator="\n")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"a,a\n1,2\n", "a heading twice"),
        (b"\n1\n", "a heading twice, or none"),
        (b"a,b\n1\n", "row 1 has 1 cells, expected 2"),
        (b"a,b\n1,2\n1,2,3\n", "row 2 has 3 cells, expected 2"),
        (b"a,b\n1,2", "cut off in its last line"),
    ],
)
def test_a_table_that_was_cut_or_spoilt_is_refused(tmp_path, content, words):
    (tmp_path / "a.csv").write_bytes(content)
    with pytest.raises(ArtifactError, match=rf"a\.csv: not a readable CSV \({words}"):
        formats.read_table(tmp_path / "a.csv")
