"""The file itself: every text comes back, none is a formula, and what is not such a file is refused with its line."""

import csv
import io
import os
import re

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.corrections.store import COLUMNS, read, write
from pipeline.errors import DataError
from pipeline.files import guarded_csv

HEADER = ",".join(COLUMNS)
HOSTILE = [
    "=cmd|' /C calc'!A0",
    "'=1+1",
    "''=1+1",
    "'",
    "''",
    "'quoted'",
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n=1",
    "a\r\nb",
    "</script><img src=x onerror=alert(1)>",
    'say "no"',
    '"',
    ",",
    " ",
    " =1",
    "\u2028",
    "\ufeff",
    "Bjørk",
    "\0",
]
texts = st.sampled_from(HOSTILE) | st.text(st.characters(codec="utf-8"), max_size=8)
texts |= st.text(st.sampled_from("'=+-@\t\r\n\",ab"), max_size=6)


def cells_of(data: bytes) -> list[list[str]]:
    """As a spreadsheet reads it: no guard is taken off."""
    return list(csv.reader(io.StringIO(data.decode(), newline="")))


@given(texts)
def test_what_is_guarded_comes_back_and_is_no_formula(text):
    assert guarded_csv.unguard(guarded_csv.guard(text)) == text
    assert not re.match(r"[=+\-@\t\r]", guarded_csv.guard(text))


@given(texts)
def test_texts_that_are_no_formula_are_written_as_they_are(text):
    assert guarded_csv.guard(text) in (text, f"'{text}")
    assert (guarded_csv.guard(text) == text) == (not text.lstrip("'").startswith(tuple("=+-@\t\r")))


@given(rows=st.lists(st.lists(texts, min_size=8, max_size=8).filter(any), max_size=5))
def test_a_table_comes_back_as_it_was(tmp_path_factory, rows):
    path = tmp_path_factory.mktemp("file") / "corrections.csv"
    table = pd.DataFrame(rows, columns=COLUMNS, dtype=object)
    write(path, table)
    again = read(path)
    assert again[COLUMNS].to_numpy().tolist() == rows
    for row in cells_of(path.read_bytes())[1:]:
        assert len(row) == 8
        assert not any(cell.startswith(tuple("=+-@\t\r")) for cell in row)
    write(path.with_name("again.csv"), again)
    assert path.with_name("again.csv").read_bytes() == path.read_bytes()


def test_each_row_knows_the_line_it_begins_in(tmp_path):
    path = tmp_path / "corrections.csv"
    rows = [["a", "", "", "unsure", "", "Ada", "", "two\nlines"], ["b", "", "", "unsure", "", "", "", ""]]
    write(path, pd.DataFrame(rows, columns=COLUMNS))
    assert read(path)["line"].tolist() == [2, 4]


def test_the_file_of_a_spreadsheet_is_read(tmp_path):
    """A byte-order mark, CRLF, another order of columns, rows that were cleared, no end of the last line."""
    path = tmp_path / "corrections.csv"
    lines = [COLUMNS[::-1], [""] * 8, ['"a ""note"""', "run", "Ada", "Siren", "relabel", "", "Bark", "c"], []]
    lines += [["", "", "", "", "accept", "", "Bark", "a"]]
    path.write_bytes(b"\xef\xbb\xbf" + "\r\n".join(map(",".join, lines)).encode())
    found = read(path)
    assert found["clip_id"].tolist() == ["c", "a"]
    assert found["note"].tolist() == ['a "note"', ""]
    assert found["decision"].tolist() == ["relabel", "accept"]
    assert found["line"].tolist() == [3, 5]


@pytest.mark.parametrize("text", [None, f"{HEADER}\n", HEADER])
def test_no_file_and_a_header_alone_are_no_rows(tmp_path, text):
    path = tmp_path / "corrections.csv"
    if text is not None:
        path.write_text(text)
    table = read(path)
    assert list(table.columns) == [*COLUMNS, "line"]
    assert table.empty
    assert (table.dtypes["line"], table["clip_id"].tolist()) == (int, [])


def test_the_projects_own_file_can_be_read(root):
    text = (root / "data" / "corrections.csv").read_bytes()
    assert text.startswith(HEADER.encode() + b"\n")
    read(root / "data" / "corrections.csv")


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", r":1: found the columns none; expected clip_id,"),
        (b"clip_id,decision\n", r":1: found the columns 'clip_id', 'decision'; .*given_label.* is missing"),
        (f"{HEADER},more\n".encode(), r":1: .*'more'; expected clip_id,.*, each once"),
        (f"{HEADER},note\n".encode(), r":1: .*each once"),
        (HEADER.replace(",", ";").encode(), r":1: .*separated by semicolons; expected commas"),
        (f"{HEADER}\na,b\n".encode(), r":2: found 2 cells, expected 8; mend the row"),
        (f"{HEADER}\n\na,,,,,,,,\n".encode(), r":3: found 9 cells, expected 8"),
        (f'{HEADER}\na,,,"x"y,,,,\n'.encode(), r":2: not CSV .*mend the quotes"),
        (f'{HEADER}\na,,,,,,,\nb,,,,,,,"open\n\n'.encode(), r":3: not CSV .*mend the quotes"),
        (f"{HEADER}\na,,,,,,,\n".encode() + b"caf\xe9,,,,,,,\n", r":3: found byte 0xe9, which is not UTF-8"),
    ],
)
def test_what_is_no_such_table_is_refused_with_its_line(tmp_path, data, words):
    path = tmp_path / "corrections.csv"
    path.write_bytes(data)
    with pytest.raises(DataError, match=r"corrections\.csv" + words):
        read(path)


def test_a_folder_in_its_place_is_named(tmp_path):
    with pytest.raises(DataError, match="cannot be read"):
        read(tmp_path)


@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_a_full_disk_keeps_the_earlier_file(tmp_path, monkeypatch, table, call):
    path = tmp_path / "corrections.csv"
    write(path, table({"clip_id": "a", "decision": "unsure"}))
    before = path.read_bytes()

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, call, full)
    with pytest.raises(OSError, match="No space"):
        write(path, table({"clip_id": "b", "decision": "unsure"}))
    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ["corrections.csv"]


def test_half_a_character_is_refused_and_the_earlier_file_stays(tmp_path, table):
    path = tmp_path / "corrections.csv"
    write(path, table())
    broken = table().astype(object)
    broken.loc[0] = ["a", "", "", "unsure", "", "", "", "\ud83d", 2]
    with pytest.raises(DataError, match=r"corrections\.csv: found '\\ud83d'"):
        write(path, broken)
    assert read(path).empty
