"""Plugins, found from their folder: adding one is adding one file.

A plugin is a module `pipeline/plugins/<kind>/<name>.py` with one public function, whose name depends on the kind
(`FUNCTIONS`). A trailing underscore in a file's name is dropped (`umap_.py` is `umap`, which would otherwise
hide the library); a leading one marks code that plugins of that folder share, not a plugin.

A plugin's settings are the keyword-only arguments of its function, except those in `SUPPLIED`, which the
pipeline itself passes.
"""

import ast
import difflib
import importlib
import re
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

from pydantic import BaseModel, ConfigDict, create_model

from pipeline import settings as setting_types
from pipeline.errors import ParamsError

FUNCTIONS = {
    "datasets": "load",
    "features": "extract",
    "models": "build",
    "autoencoders": "build",
    "augment": "augment",
    "projection": "project",
}
SUPPLIED = {"seed", "jobs"}
PLUGINS = Path(__file__).parents[1] / "plugins"
_NAMESPACE = {name: getattr(setting_types, name) for name in setting_types.__all__}


def _files(kind: str) -> dict[str, Path]:
    found = sorted((PLUGINS / kind).glob("*.py"))
    return {path.stem.rstrip("_"): path for path in found if not path.stem.startswith("_")}


def names(kind: str) -> list[str]:
    """Return the sorted names of all plugins of a kind."""
    return sorted(_files(kind))


def _path(kind: str, name: str) -> Path:
    files = _files(kind)
    if name not in files:
        near = difflib.get_close_matches(name, files, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise ParamsError(f"{kind}: there is no {name!r}, there are {', '.join(sorted(files))}{hint}")
    return files[name]


def load(kind: str, name: str) -> ModuleType:
    """Import and return the module of a plugin.

    Raises:
        ParamsError: there is no plugin of that name; the message lists those there are.
    """
    return importlib.import_module(f"pipeline.plugins.{kind}.{_path(kind, name).stem}")


def function(kind: str, name: str) -> Any:
    """Return the function of a plugin."""
    return getattr(load(kind, name), FUNCTIONS[kind])


def constant(kind: str, name: str, constant_name: str) -> Any:
    """Return a literal constant of a plugin's module, read from its source without importing it."""
    return ast.literal_eval(_declared(kind, name, constant_name))


def keys(kind: str, name: str, constant_name: str) -> list[str]:
    """Return the keys of a mapping that a plugin's module declares, whose values need not be literal."""
    value = _declared(kind, name, constant_name)
    if not isinstance(value, ast.Dict):
        raise ParamsError(f"{kind}: {constant_name} of {name!r} is no mapping that is written out")
    return [str(ast.literal_eval(key)) for key in value.keys if key is not None]


def _declared(kind: str, name: str, constant_name: str) -> ast.expr:
    tree = ast.parse(_path(kind, name).read_text(encoding="utf-8"))
    for node in tree.body:
        if not isinstance(node, ast.Assign | ast.AnnAssign) or node.value is None:
            continue
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        if any(isinstance(target, ast.Name) and target.id == constant_name for target in targets):
            return node.value
    raise ParamsError(f"{kind}: {name!r} declares no {constant_name}, so it cannot be used here")


@cache
def settings_model(kind: str, name: str) -> type[BaseModel]:
    """Return the pydantic model of a plugin's settings, read from its source without importing it."""
    tree = ast.parse(_path(kind, name).read_text(encoding="utf-8"))
    wanted = FUNCTIONS[kind]
    node = next(n for n in tree.body if isinstance(n, ast.FunctionDef) and n.name == wanted)
    fields: dict[str, Any] = {}
    for argument, default in zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True):
        if argument.arg in SUPPLIED or argument.annotation is None:
            continue
        annotation = eval(ast.unparse(argument.annotation), {"__builtins__": {}}, _BUILTIN_TYPES | _NAMESPACE)
        fields[argument.arg] = (annotation, ... if default is None else ast.literal_eval(default))
    config = ConfigDict(extra="forbid", frozen=True, strict=False)
    return create_model(f"{kind}.{name}", __config__=config, **fields)


def described(kind: str, name: str) -> dict[str, str]:
    """Return what the docstring of a plugin's function says of each argument, from its section `Args:`."""
    tree = ast.parse(_path(kind, name).read_text(encoding="utf-8"))
    node = next(n for n in tree.body if isinstance(n, ast.FunctionDef) and n.name == FUNCTIONS[kind])
    _, _, after = (ast.get_docstring(node) or "").partition("Args:\n")
    found: dict[str, str] = {}
    for line in after.split("\n\n")[0].splitlines():
        argument = re.fullmatch(r" {4}(\w+): (.*)", line)
        if argument:
            last, words = argument.groups()
            found[last] = words
        elif line.startswith(" " * 8) and found:
            found[last] += " " + line.strip()
    return found


_BUILTIN_TYPES: dict[str, Any] = {"int": int, "float": float, "str": str, "bool": bool, "tuple": tuple, "list": list}


def settings(kind: str, name: str, given: dict[str, Any]) -> dict[str, Any]:
    """Check `given` against a plugin's settings and return them all, defaults filled in.

    Raises:
        pydantic.ValidationError: an unknown or impossible setting (`pipeline.params.schema` words it).
        ParamsError: there is no such plugin.
    """
    return settings_model(kind, name).model_validate(given).model_dump()
