"""Everything that is wrong with a table at once: the first rows at fault, with file and line, and their number."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline.errors import DataError

SHOWN = 20


class Faults:
    """Collects what is wrong with the rows of one file.

    Args:
        file: what messages call it.
    """

    def __init__(self, file: str | Path) -> None:
        self.file = file
        self.found: list[tuple[int, str]] = []

    def where(self, line: int) -> str:
        """Return file and line, as messages begin."""
        return f"{self.file}:{line}"

    def add(self, line: int, words: str) -> None:
        """Note what is wrong with the row that begins in `line`."""
        self.found.append((line, f"{self.where(line)}: {words}"))

    @contextmanager
    def row(self, line: int) -> Iterator[None]:
        """Note a `DataError` of the block, whose message says where, and go on with the next row."""
        try:
            yield
        except DataError as error:
            self.found.append((line, str(error)))

    def check(self) -> None:
        """Refuse the table if anything was noted.

        Raises:
            DataError: the first rows at fault, a line each, in the order of the file, and their number.
        """
        if self.found:
            raise DataError(listed([words for _, words in sorted(self.found, key=lambda one: one[0])], "rows at fault"))


def listed(lines: Iterable[str], what: str) -> str:
    """Return messages, a line each: the first twenty, and how many there are of `what` if there are more than one."""
    lines = list(lines)
    more = len(lines) - SHOWN
    tail = [f"{len(lines)} {what}{f', of which the first {SHOWN} are shown' if more > 0 else ''}"]
    return "\n".join([*lines[:SHOWN], *(tail if len(lines) > 1 else [])])


def numbers(lines: Iterable[int]) -> str:
    """Return the lines of rows in words: `line 3`, `lines 3, 4 and 7`, `lines 2, 3, ... (120 rows)`."""
    found = sorted(set(lines))
    if len(found) == 1:
        return f"line {found[0]}"
    if len(found) <= SHOWN:
        return f"lines {', '.join(map(str, found[:-1]))} and {found[-1]}"
    return f"lines {', '.join(map(str, found[:SHOWN]))}, ... ({len(found)} rows)"
