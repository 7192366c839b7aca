"""A params file as text: reading it as DVC does, and wording what is wrong with it."""

from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.nodes import MappingNode, Node, SequenceNode

from pipeline.errors import ParamsError

MAX_BYTES = 1_000_000
# Of a file whose aliases are written out. The largest preset has some hundreds.
MAX_VALUES = 20_000
MAX_SHOWN = 200


def parse(path: Path) -> dict[str, Any]:
    """Return the sections of a params file, read as YAML 1.2.

    Raises:
        ParamsError: the file is unreadable, too large, also when its aliases are written out, not YAML, repeats a
            key, or is no mapping.
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
        if "&" in text:  # no alias without an anchor
            _check_aliases(path, YAML(typ="safe", pure=True).compose(text))
        data = YAML(typ="safe", pure=True).load(text)
    except RecursionError:
        raise ParamsError(f"{path}: nested too deeply for a params file; expected sections, see presets/") from None
    except ParamsError:
        raise
    # Of a number or a date that cannot be, ruamel lets Python's own error through.
    except (YAMLError, ValueError) as error:
        raise ParamsError(f"{path}: not valid YAML: {' '.join(str(error).split())}") from None
    if not isinstance(data, dict):
        raise ParamsError(f"{path}: expected a mapping of sections, found {type(data).__name__}")
    return data


def _check_aliases(path: Path, root: Node | None) -> None:
    """Refuse aliases that multiply (a "billion laughs") or lead back to themselves, before anything is built."""
    sizes: dict[int, int] = {}

    def size(node: Node | None) -> int:
        """Return the number of values below `node`; one that is still being counted leads back to itself."""
        if not isinstance(node, SequenceNode | MappingNode):
            return 1
        if id(node) not in sizes:
            sizes[id(node)] = MAX_VALUES + 1
            inside = node.value if isinstance(node, SequenceNode) else [part for pair in node.value for part in pair]
            sizes[id(node)] = 1 + sum(map(size, inside))
        return sizes[id(node)]

    if size(root) > MAX_VALUES:
        raise ParamsError(
            f"{path}: its aliases (`*name`) stand for more than {MAX_VALUES} values, or for themselves; write out what "
            "they stand for"
        )


def _place(loc: tuple[int | str, ...], data: dict[str, Any]) -> str:
    """Return the key that the user wrote: what a member has from `self_train` is found there."""
    if len(loc) > 2 and loc[0] == "members":
        own, shared = data["members"].get(loc[1]), data["self_train"]
        if isinstance(own, dict) and isinstance(shared, dict) and loc[2] not in own and loc[2] in shared:
            loc = ("self_train", *loc[2:])
    return ".".join(map(str, loc))


def message(path: Path, error: ValidationError, data: dict[str, Any]) -> str:
    """Return one line a problem: file, key, what is wrong and what was found."""
    lines = []
    for item in error.errors():
        key = _place(item["loc"], data)
        shown = repr(item["input"])
        shown = shown if len(shown) <= MAX_SHOWN else f"{shown[:MAX_SHOWN]}..."
        found = f" (found {shown})" if not isinstance(item["input"], dict | BaseModel) else ""
        words = {"extra_forbidden": "unknown key; remove it or correct its spelling", "missing": "missing; add it"}
        text = words.get(item["type"], item["msg"].removeprefix("Value error, "))
        where = f"{path}: {key}: " if key else f"{path}: "
        lines.append(f"{where}{text}{'' if item['type'] == 'missing' else found}")
    return "\n".join(dict.fromkeys(lines))
