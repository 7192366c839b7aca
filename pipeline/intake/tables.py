"""Tables that name the sounds of a folder: which column does, and which sound each row means."""

import json
import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from pipeline.audio.endings import ENDINGS
from pipeline.errors import DataError
from pipeline.files import names, sheets
from pipeline.intake.folder import Found

_MOST = 200
_MAX_BYTES = 200_000_000
_LOOKED_AT = 500


@dataclass(frozen=True)
class Table:
    """A table and the sounds that its rows mean.

    Attributes:
        name: of the file, relative to the folder.
        columns: their names.
        rows: cells by column.
        lines: of the rows.
        sounds: what each row means, '' where it is none of the folder.
        path: the column that names them.
        how: how it names them, in words.
    """

    name: str
    columns: list[str]
    rows: list[dict[str, str]]
    lines: list[int]
    sounds: list[str]
    path: str
    how: str

    @property
    def named(self) -> set[str]:
        """The sounds that are named."""
        return set(self.sounds) - {""}


class Sounds:
    """The sounds of a folder, found by what a table calls them."""

    def __init__(self, sounds: Sequence[str]) -> None:
        self.by_path = {names.fold(path): path for path in sounds}
        self.by_name: dict[str, list[str]] = defaultdict(list)
        self.by_stem: dict[str, list[str]] = defaultdict(list)
        for path in sounds:
            name = names.fold(path.rsplit("/", 1)[-1])
            self.by_name[name].append(path)
            self.by_stem[name.rsplit(".", 1)[0]].append(path)

    def find(self, cell: str, folder: str, row: dict[str, str]) -> tuple[str, str]:
        """Return the sound that a cell names, and how: by 'path', 'name' or 'stem'; '' for none or for several."""
        plain = names.fold(cell.strip().replace("\\", "/").removeprefix("./")).strip("/")
        if not plain:
            return "", ""
        for path in (f"{folder}/{plain}" if folder else plain, plain):
            if names.fold(path) in self.by_path:
                return self.by_path[names.fold(path)], "path"
        name = plain.rsplit("/", 1)[-1]
        stem, dot, ending = name.rpartition(".")
        for options, how in (
            (self.by_name.get(name, []), "name"),
            (self.by_stem.get(stem if dot and f".{ending}" in ENDINGS else name, []), "stem"),
        ):
            if options:
                return _only(options, plain, row), how
        return "", ""


def _only(options: list[str], plain: str, row: dict[str, str]) -> str:
    """Return the one of several sounds whose folders the cell, or another cell of the row, names; '' if none is."""
    if len(options) == 1:
        return options[0]
    whole = [path for path in options if plain.endswith(names.fold(path)) or names.fold(path).endswith(f"/{plain}")]
    cells = {names.fold(cell.strip()) for cell in row.values()}
    near = [path for path in options if names.fold(PurePosixPath(path).parent.name) in cells]
    return next((found[0] for found in (whole, near) if len(found) == 1), "")


def find(found: Found) -> tuple[list[Table], list[str]]:
    """Return the tables of a folder that name its sounds, the one that names most first; and what could not be read."""
    sounds = Sounds(found.sounds)
    beside = {path.rsplit(".", 1)[0] for path in found.sounds}
    candidates = [path for path in found.texts if not (path.endswith(".txt") and path[:-4] in beside)]
    tables, problems = [], []
    for path in candidates[:_MOST]:
        try:
            table = _table(found.root / path, path, sounds)
        except DataError as error:
            # Any text may end in .txt.
            problems += [] if path.endswith(".txt") else [str(error).split("\n")[0]]
            continue
        if table is not None:
            tables.append(table)
    if len(candidates) > _MOST:
        problems.append(f"{len(candidates) - _MOST} more texts were not looked at; --table names the one that counts")
    return sorted(tables, key=lambda table: (-len(table.named), len(table.rows), table.name)), problems


def read(file: Path, found: Found) -> Table:
    """Return the table that somebody named.

    Raises:
        DataError: it cannot be read, or names no sound of the folder.
    """
    inside = file.resolve().is_relative_to(found.root)
    name = file.resolve().relative_to(found.root).as_posix() if inside else str(file)
    table = _table(file, name, Sounds(found.sounds))
    if table is None:
        raise DataError(
            f"{file}: no column names sounds of {found.root}, such as {found.sounds[0]!r}; expected one with their "
            "paths or file names"
        )
    return table


def _table(file: Path, name: str, sounds: Sounds) -> Table | None:
    try:
        if file.stat().st_size > _MAX_BYTES:
            raise DataError(f"{file}: larger than {_MAX_BYTES:,} bytes, expected a table of clips")
    except OSError as error:
        raise DataError(f"{file}: cannot be read ({error.strerror}); expected a table of clips") from None
    columns, rows = _jsonl(file) if file.suffix.lower() == ".jsonl" else _sheet(file)
    folder = name.rpartition("/")[0] if not Path(name).is_absolute() else ""
    step = max(1, len(rows) // _LOOKED_AT)
    hits = {
        column: sum(bool(sounds.find(row.get(column, ""), folder, row)[0]) for _, row in rows[::step])
        for column in columns
    }
    path = max(hits, key=lambda column: hits[column], default="")
    if not path or not hits[path]:
        return None
    found = [sounds.find(row.get(path, ""), folder, row) for _, row in rows]
    ways = {how for sound, how in found if sound}
    how = "stem" if "stem" in ways else "name" if "name" in ways else "path"
    words = {"path": "their paths", "name": "their file names", "stem": "their names without or with another ending"}
    lines = [line for line, _ in rows]
    return Table(name, columns, [row for _, row in rows], lines, [sound for sound, _ in found], path, words[how])


def _sheet(file: Path) -> tuple[list[str], list[sheets.Row]]:
    sheet = sheets.read(file)
    return sheet.header, sheet.rows


def _jsonl(file: Path) -> tuple[list[str], list[sheets.Row]]:
    """Return the columns and rows of JSON lines: what is no text becomes text; lists are joined by commas."""
    rows: list[sheets.Row] = []
    try:
        for number, line in enumerate(file.read_text(encoding="utf-8-sig").splitlines(), start=1):
            if line.strip():
                value = json.loads(line)
                if not isinstance(value, dict):
                    raise DataError(f"{file}:{number}: found no JSON object, expected one a line")
                rows.append((number, {str(key): _text(cell) for key, cell in value.items()}))
    except (OSError, ValueError, RecursionError) as error:
        if isinstance(error, DataError):
            raise
        raise DataError(f"{file}: not JSON lines ({' '.join(str(error).split())}); expected an object a line") from None
    columns = list(dict.fromkeys(key for _, row in rows for key in row))
    return columns, [(line, {name: row.get(name, "") for name in columns}) for line, row in rows]


def _text(value: object) -> str:
    if isinstance(value, list):
        return ",".join(map(_text, value))
    return "" if value is None else value if isinstance(value, str) else json.dumps(value)


_MARK = re.compile(r"[ \t]*-?[\d.,]+\t[ \t]*-?[\d.,]+\t?(?P<label>.*)")


def audacity(found: Found) -> dict[str, list[str]]:
    """Return the different labels of each sound beside which a label file of Audacity lies (START, END, LABEL)."""
    texts = set(found.texts)
    said: dict[str, list[str]] = {}
    for path in found.sounds:
        text = f"{path.rsplit('.', 1)[0]}.txt"
        if text in texts:
            try:
                lines = (found.root / text).read_text(encoding="utf-8-sig").splitlines()
            except (OSError, UnicodeDecodeError):
                continue
            marks = [mark["label"] for line in lines if not line.startswith("\\") and (mark := _MARK.fullmatch(line))]
            if marks:
                said[path] = [label for label in dict.fromkeys(names.tidy(mark) for mark in marks) if label]
    return said
