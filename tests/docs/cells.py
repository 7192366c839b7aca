"""The cells of the tables of docs/settings.md: what a field means and is, from the classes of params.yaml.

Conventions: what a class says of a field has a first line, which is a comment in params.yaml, and a rest in Markdown.
The first line has no marks, and ` | ` between values to choose from.
"""

import re
from collections.abc import Iterable
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from pipeline.params.sections import Choice, Nothing, PluginSections
from pipeline.presets.layout import flowing

MISSING = object()

_BRACES = re.compile(r"\{(?:[^{}]|\{[^{}]*\})*\}")
# What may be chosen: `agree`, `symmetric (any class)`, `agree: where ...`, but not `a grouping of the data set`.
_VALUE = re.compile(r"[\w-]+(?=$| \(|[:,])")
# A value and what it means: `; null: none`, `near 0: cross-entropy`, `1, or {number, ...}`.
_EXPLAINED = re.compile(r"\bnull\b|-?\b\d+(?=: )|^\d+(?=, or )|(?:(?<=; )|(?<=, or ))[\w-]+(?=: )")
_WORD = re.compile(r"(?:a|[a-z]{2,})(?=[ ,;:']|$)")


def code(text: str) -> str:
    """Return text as code."""
    return f"`{text}`"


def key(name: str, field: FieldInfo) -> str:
    """Return the name of a field, with ° where it may be left out."""
    return code(name) if field.is_required() else f"{code(name)} °"


def listed(names: Iterable[str], word: str) -> str:
    """Return names as code with commas between, and a word before the last."""
    *others, last = map(code, names)
    return f"{', '.join(others)} {word} {last}" if others else last


def parts(field: FieldInfo) -> tuple[str, str]:
    """Return the first line of what is said of a field, and the rest."""
    first, _, rest = (field.description or "").partition("\n")
    return first, rest


def meaning(field: FieldInfo, *, chosen: bool = False) -> str:
    """Return all that is said of a field; what there is to choose from, all if `chosen`, stands in its own line."""
    first, rest = parts(field)
    options = first.split(" | ")
    if len(options) == 1 and not chosen:
        return sentences(marked(first), rest)
    return "<br>".join(part for part in (" | ".join(map(_option, options)), sentences(rest)) if part)


def _option(words: str) -> str:
    found = _BRACES.match(words) or _VALUE.match(words)
    return code(found[0]) + marked(words[found.end() :]) if found else marked(words)


def marked(words: str) -> str:
    """Mark as code what is a value in a first line."""
    for pattern in (_BRACES, _EXPLAINED):
        split = re.split(r"(`[^`]*`)", words)
        words = "".join(part if part.startswith("`") else pattern.sub(r"`\g<0>`", part) for part in split)
    return words


def sentences(*words: str) -> str:
    """Return words as sentences, each with a capital and a full stop."""
    return " ".join(f"{_capital(part).removesuffix('.')}." for part in words if part)


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:] if _WORD.match(words) else words


def default(field: FieldInfo, value: Any) -> str:
    """Return the value that the file has, `MISSING` if none, and that of the class, in brackets where both differ."""
    if field.is_required():
        return "" if value is MISSING else code(flowing(value))
    own = _plain(field.default)
    if value is MISSING:
        return code(flowing(own))
    return code(flowing(value)) + ("" if value == own else f" ({code(flowing(own))})")


def _plain(value: Any) -> Any:
    """Return a value as params.yaml would have it."""
    if isinstance(value, PluginSections):
        return value.listed
    if isinstance(value, Choice):
        inside = getattr(value, value.chosen)
        return value.chosen if isinstance(inside, Nothing) else {value.chosen: _plain(inside)}
    if isinstance(value, BaseModel):
        return {name: _plain(getattr(value, name)) for name in type(value).model_fields}
    return value


def table(heading: list[str], rows: Iterable[Iterable[str]]) -> str:
    """Return a table; a `|` within a cell is escaped."""
    cells = [[cell.replace("|", "\\|") for cell in row] for row in rows]
    head, *below = [f"| {' | '.join(row)} |" for row in [heading, *cells]]
    return "\n".join([head, f"|{'---|' * len(heading)}", *below]).replace("|  |", "| |")
