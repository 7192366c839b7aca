"""What people heard, marked in the table of one's own data set: `verified`, and the label where it was another.

Every other cell stays as it is, and so do separators, ends of lines and a byte-order mark. Each save begins with the
table as it was when the listening began, so that a decision that is taken back leaves no trace.
"""

import csv
import io
import shutil
import unicodedata
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from pipeline.errors import DataError
from pipeline.files.publishing import publish
from pipeline.review.desk import Conflict

WORDS = ({"true": "false"}, {"yes": "no"}, {"1": "0"})
BOM = "\ufeff"


class Marks:
    """A table of clips with the columns `path`, `label` and `verified`."""

    def __init__(self, path: Path) -> None:
        """Read the table.

        Raises:
            DataError: it is not UTF-8, or lacks a column.
        """
        self.path, self._target = path, path.resolve()
        self._bytes = self._read()
        try:
            text = self._bytes.decode("utf-8")
        except UnicodeDecodeError:
            raise DataError(f"{path}: is not UTF-8, so that nothing can be marked in it; save it as UTF-8") from None
        self._bom, text = (BOM, text[1:]) if text.startswith(BOM) else ("", text)
        self._end = "\r\n" if "\r\n" in text else "\n"
        head = text.partition("\n")[0]
        self._separator = max(",;\t|", key=head.count)
        self._rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=self._separator))
        self._columns = self._find()

    def _read(self) -> bytes:
        try:
            return self._target.read_bytes()
        except OSError as error:
            raise DataError(f"{self.path}: cannot be read ({error.strerror}); expected a table of clips") from None

    def _find(self) -> dict[str, int]:
        header = [name.strip().lower() for name in self._rows[0]] if self._rows else []
        missing = [name for name in ("path", "label", "verified") if header.count(name) != 1]
        if missing == ["verified"]:
            raise DataError(
                f"{self.path}: has no column 'verified', so that every label counts as verified; add it, with 0 in "
                "each row, to verify some by ear"
            )
        if missing:
            raise DataError(
                f"{self.path}:1: found the columns {', '.join(header)}, expected path, label and verified once each; "
                "`earmark new FOLDER --write` makes such a table"
            )
        return {name: header.index(name) for name in ("path", "label", "verified")}

    def write(self, heard: Mapping[str, str]) -> None:
        """Mark the clips in `heard`, by their paths, as verified with these labels; all others are as they were.

        Raises:
            Conflict: the table is not as it was left, or lacks such a clip; it stays as it is.
            OSError: it could not be written and is as it was.
        """
        if self._read() != self._bytes:
            raise Conflict(
                f"{self.path}: somebody else has changed it; stop with Ctrl-C and start again to go on with the "
                "table as it is now"
            )
        wanted, word = {_key(path): label for path, label in heard.items()}, self._word()
        rows = []
        for number, row in enumerate(self._rows):
            marked = list(row)
            if number and len(row) > max(self._columns.values()):
                label = wanted.pop(_key(row[self._columns["path"]]), None)
                if label is not None:
                    marked[self._columns["label"]] = row[self._columns["label"]] if self._same(row, label) else label
                    marked[self._columns["verified"]] = word
            rows.append(marked)
        if wanted:
            raise Conflict(f"{self.path}: found no row of {next(iter(wanted))!r}; nothing was written")
        self._publish(rows)

    def _same(self, row: list[str], label: str) -> bool:
        return " ".join(row[self._columns["label"]].split()) == label

    def _publish(self, rows: list[list[str]]) -> None:
        written = io.StringIO(newline="")
        csv.writer(written, delimiter=self._separator, lineterminator=self._end).writerows(rows)
        data = (self._bom + written.getvalue()).encode("utf-8")
        with publish(self._target) as temporary:
            temporary.write_bytes(data)
            shutil.copymode(self._target, temporary)
        self._bytes = data

    def _word(self) -> str:
        """Return the word for yes that the table uses."""
        at = self._columns["verified"]
        found = {row[at].strip().lower() for row in self._rows[1:] if len(row) > at}
        return next((yes for words in WORDS for yes, no in words.items() if found & {yes, no}), "1")


def _key(path: str) -> str:
    return unicodedata.normalize("NFC", str(PurePosixPath(path.strip()))).casefold()
