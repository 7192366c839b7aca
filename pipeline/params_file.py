"""A params file as text: reading it as DVC does, and wording what is wrong with it."""

from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from pipeline.errors import ParamsError

MAX_BYTES = 1_000_000


def parse(path: Path) -> dict[str, Any]:
    """Return the sections of a params file, read as YAML 1.2.

    Raises:
        ParamsError: the file is unreadable, too large, not YAML, repeats a key, or is no mapping.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise ParamsError(f"{path}: cannot be read ({error.strerror}); expected a params file, see presets/") from None
    except UnicodeDecodeError:
        raise ParamsError(f"{path}: not UTF-8 text; save it as UTF-8") from None
    if len(text) > MAX_BYTES:
        raise ParamsError(f"{path}: {len(text)} characters, expected a params file of at most {MAX_BYTES}")
    try:
        data = YAML(typ="safe", pure=True).load(text)
    except YAMLError as error:
        raise ParamsError(f"{path}: not valid YAML: {' '.join(str(error).split())}") from None
    if not isinstance(data, dict):
        raise ParamsError(f"{path}: expected a mapping of sections, found {type(data).__name__}")
    return data


def _place(loc: tuple[int | str, ...], data: dict[str, Any]) -> str:
    """Return the key that the user wrote: what a member has from `self_train` is found there."""
    if len(loc) > 2 and loc[0] == "members":
        own = data["members"].get(loc[1])
        if isinstance(own, dict) and loc[2] not in own and loc[2] in data["self_train"]:
            loc = ("self_train", *loc[2:])
    return ".".join(map(str, loc))


def message(path: Path, error: ValidationError, data: dict[str, Any]) -> str:
    """Return one line a problem: file, key, what is wrong and what was found."""
    lines = []
    for item in error.errors():
        key = _place(item["loc"], data)
        found = f" (found {item['input']!r})" if not isinstance(item["input"], dict | BaseModel) else ""
        words = {"extra_forbidden": "unknown key; remove it or correct its spelling", "missing": "missing; add it"}
        text = words.get(item["type"], item["msg"].removeprefix("Value error, "))
        where = f"{path}: {key}: " if key else f"{path}: "
        lines.append(f"{where}{text}{'' if item['type'] == 'missing' else found}")
    return "\n".join(dict.fromkeys(lines))
