"""Settings as the text of params.yaml: in the order of the schema, with its descriptions as comments.

Conventions: `path` is the keys that lead to a value. A comment is the first line of a field's description
(`pipeline.params.sections`), and left out where its line would be too long.
"""

import json
import re
from decimal import Decimal
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from pipeline.params import registry
from pipeline.params.schema import Params
from pipeline.params.sections import Plugin, Section, section_of

WIDTH, COLUMN = 120, 34
# A line a key; all else is written on one line where it fits.
OPEN = {
    ("dataset",),
    ("training",),
    ("training", "augment"),
    ("autoencoder",),
    ("judges",),
    ("spread",),
    ("labels",),
    ("self_train",),
    ("self_train", "rounds"),
    ("members",),
    ("report",),
    ("compute",),
}
HEAD = [
    "Every setting of a run. Edit, then `dvc repro`: only what depends on the change runs again.",
    "docs/settings.md explains each key, and has those that may be left out; `earmark preset` lists other files.",
]
HEADINGS = {
    "patches": "Of every network, unless a section below has its own.",
    "autoencoder": "What becomes of the given labels: who is asked, and how sure one has to be.",
    "self_train": "What is trained on them.",
    "project": "What is shown, and where it is computed.",
}
_PLAIN = re.compile(r"[A-Za-z_./][\w./-]*")
_WORDS = {"true", "false", "null", "yes", "no", "on", "off", "y", "n"}


def text(settings: dict[str, Any], head: list[str]) -> str:
    """Return the text of a params file: `HEAD`, what the preset is, then `settings`, which are checked before."""
    lines = [f"# {line}" for line in [*HEAD, *head]] + [""]
    for key in sorted(settings, key=list(Params.model_fields).index):
        if key in HEADINGS:
            lines += ["", f"# {HEADINGS[key]}"]
        lines += _lines(settings[key], (key,), Params.model_fields[key])
    return "\n".join(lines) + "\n"


def section(key: str, settings: dict[str, Any]) -> str:
    """Return one section of params.yaml as `text` has it, without the end of its last line."""
    return "\n".join(_lines(settings, (key,), Params.model_fields[key]))


def _lines(value: Any, path: tuple[str, ...], field: FieldInfo | None, words: str = "") -> list[str]:
    """Return the lines of one key and what is below it."""
    indent = "  " * (len(path) - 1)
    section = None if field is None else section_of(field.annotation)
    said = comment(field) or words or _first(section.__doc__ if section and path in OPEN else "")
    flow = f"{indent}{path[-1]}: {flowing(value)}"
    if not isinstance(value, dict) or not value or (path not in OPEN and len(flow) <= WIDTH):
        return [_said(flow, said)]
    lines = [_said(f"{indent}{path[-1]}:", said)]
    for key, inside in _ordered(value, section):
        own = section.model_fields.get(key) if section else None
        lines += _lines(inside, (*path, key), own, _of_plugin(section, value, key))
    return lines


def _ordered(value: dict[str, Any], section: type[BaseModel] | None) -> list[tuple[str, Any]]:
    """Return the keys of a section in the order of its fields; names, and settings of a plugin, as they are listed."""
    if section is None or not issubclass(section, Section):
        return list(value.items())
    return sorted(value.items(), key=lambda item: list(section.model_fields).index(item[0]))


def _said(line: str, words: str) -> str:
    padded = f"{line:<{COLUMN - 2}}  # {words}"
    return padded if words and len(padded) <= WIDTH else line


def comment(field: FieldInfo | None) -> str:
    """Return what is said of a field in params.yaml."""
    return _first(field.description if field is not None else "")


def _first(words: str | None) -> str:
    line = (words or "").split("\n")[0].removesuffix(".")
    return line[:1].lower() + line[1:]


def _of_plugin(section: type[BaseModel] | None, value: dict[str, Any], key: str) -> str:
    """Return what a plugin says of one of its settings."""
    if section is None or not issubclass(section, Plugin) or key in section.model_fields:
        return ""
    return _first(registry.described(section.kind(), str(value["name"])).get(key, "")).split(". ")[0]


def flowing(value: Any) -> str:
    """Return a value as YAML on one line."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{flowing(key)}: {flowing(inside)}" for key, inside in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(flowing, value)) + "]"
    if isinstance(value, str) and _PLAIN.fullmatch(value) and value.lower() not in _WORDS:
        return value
    if isinstance(value, float):
        return format(Decimal(repr(value)), "f") if abs(value) < 1e16 else repr(value)
    return json.dumps(value, ensure_ascii=False)
