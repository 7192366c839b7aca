"""Which presets there are, and the whole settings that each stands for.

A preset is a file `presets/NAME.yaml`: a comment that says what it is, its first line in short, and the keys in which
it differs from `presets/base.yaml`.
"""

import difflib
from pathlib import Path
from typing import Any

from pipeline.errors import ParamsError
from pipeline.params import yaml_file
from pipeline.params.overlay import lay
from pipeline.params.schema import Params, check

FOLDER = Path(__file__).parents[2] / "presets"
BASE = "base"


def names() -> list[str]:
    """Return the names of all presets, sorted."""
    return sorted(path.stem for path in FOLDER.glob("*.yaml") if path.stem != BASE)


def description(name: str) -> list[str]:
    """Return the lines that say what a preset is.

    Raises:
        ParamsError: there is no such preset; the message lists those there are.
    """
    lines = _path(name).read_text(encoding="utf-8").splitlines()
    end = next((number for number, line in enumerate(lines) if not line.startswith("#")), len(lines))
    return [line.removeprefix("#").strip() for line in lines[:end]]


def settings(name: str) -> dict[str, Any]:
    """Return the whole settings of a preset, as params.yaml has them.

    Raises:
        ParamsError: there is no such preset, or its file is spoilt.
    """
    path = _path(name)
    laid: dict[str, Any] = lay(yaml_file.parse(FOLDER / f"{BASE}.yaml"), yaml_file.parse(path), Params)
    check(path, laid)
    return laid


def params(name: str) -> Params:
    """Return the settings of a preset, checked. Raises as `settings` does."""
    return check(_path(name), settings(name))


def _path(name: str) -> Path:
    if name not in names():
        near = difflib.get_close_matches(name, names(), n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise ParamsError(f"presets: there is no {name!r}, there are {', '.join(names())}{hint}")
    return FOLDER / f"{name}.yaml"
