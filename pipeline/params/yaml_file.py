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
        raise ParamsError(
            f"{path}: cannot be read ({error.strerror}); expected a params file; `earmark preset demo` writes one"
        ) from None
    except UnicodeDecodeError:
        raise ParamsError(f"{path}: not UTF-8 text; save it as UTF-8") from None
    if len(text) > MAX_BYTES:
        raise ParamsError(f"{path}: {len(text)} characters, expected a params file of at most {MAX_BYTES}")
    try:
        if "&" in text:  # no alias without an anchor
            _check_aliases(path, YAML(typ="safe", pure=True).compose(text))
        data = YAML(typ="safe", pure=True).load(text)
    except RecursionError:
        raise ParamsError(
            f"{path}: nested too deeply for a params file; expected sections; `earmark preset demo` writes one"
        ) from None
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
    """Return the key that the user wrote: what a section has from those beneath it is found there."""
    beneath = _beneath(loc)
    written = max(beneath, key=lambda one: (_depth(one, data) - len(one), -beneath.index(one)))
    return ".".join(map(str, written))


def _beneath(loc: tuple[int | str, ...]) -> list[tuple[int | str, ...]]:
    """Return where a value at `loc` may have been written, the nearest first."""
    match loc:
        case ("members", _, "network" | "patches" as key, *rest):
            return [loc, *((*section, key, *rest) for section in (("judges", "network"), ("self_train",), ()))]
        case ("members", _, *rest):
            return [loc, ("self_train", *rest), tuple(rest)] if rest else [loc]
        case ("judges", "network", *rest) | ("self_train" | "autoencoder", *rest):
            return [loc, tuple(rest)] if rest else [loc]
    return [loc]


def _depth(loc: tuple[int | str, ...], data: Any) -> int:
    """Return how many keys of `loc` there are, one below the other."""
    for depth, key in enumerate(loc):
        there = (isinstance(data, dict) and key in data) or (isinstance(data, list) and isinstance(key, int))
        if not there:
            return depth
        data = data[key]
    return len(loc)


def _shown(found: object) -> str:
    try:
        return repr(found)
    except ValueError:  # Python does not write out a number of more than 4,300 digits, in hexadecimal one may read it
        return "a number of thousands of digits"


def message(path: Path, error: ValidationError, data: dict[str, Any]) -> str:
    """Return one line a problem: file, key, what is wrong and what was found."""
    lines = []
    for item in error.errors():
        key = _place(item["loc"], data)
        shown = _shown(item["input"])
        shown = shown if len(shown) <= MAX_SHOWN else f"{shown[:MAX_SHOWN]}..."
        found = f" (found {shown})" if not isinstance(item["input"], dict | BaseModel) else ""
        words = {"extra_forbidden": "unknown key; remove it or correct its spelling", "missing": "missing; add it"}
        text = words.get(item["type"], item["msg"].removeprefix("Value error, "))
        where = f"{path}: {key}: " if key else f"{path}: "
        lines.append(f"{where}{text}{'' if item['type'] == 'missing' else found}")
    return "\n".join(dict.fromkeys(lines))
