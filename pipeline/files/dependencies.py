"""Which modules of the project a script can load."""

import ast
from pathlib import Path

from pipeline.files.fingerprint import digest

PACKAGES = ("pipeline", "stages", "benchmarks")


# Of the project: the folder that holds the packages.
ROOT = Path(__file__).resolve().parents[2]


def code(entry: Path, root: Path) -> str:
    """Return the digest of a script and of every module of the project that it can load."""
    return digest(*[path.read_bytes() for path in closure(entry, root)])


def closure(entry: Path, root: Path) -> list[Path]:
    """Return, sorted, `entry` and every module of the project under `root` that it imports, directly or not.

    A call such as `registry.function("models", ...)` loads a plugin by name: all plugins of that kind count.
    """
    entry, root = entry.resolve(), root.resolve()
    seen: set[Path] = set()
    todo = [entry, *_packages(entry, root)]
    while todo:
        path = todo.pop()
        if path not in seen:
            seen.add(path)
            todo.extend(_direct(path, root))
    return sorted(seen)


def _direct(path: Path, root: Path) -> list[Path]:
    found: list[Path] = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found += [file for alias in node.names for file in _resolve(alias.name, root)]
        elif isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                found += _resolve(f"{node.module}.{alias.name}", root) or _resolve(node.module, root)
        elif kind := _plugin_kind(node):
            found += [
                path for path in (root / "pipeline" / "plugins" / kind).glob("*.py") if path.name != "__init__.py"
            ]
    return found


def _resolve(name: str, root: Path) -> list[Path]:
    if name.split(".")[0] not in PACKAGES:
        return []
    base = root.joinpath(*name.split("."))
    file = base.with_suffix(".py") if base.with_suffix(".py").is_file() else base / "__init__.py"
    if not file.is_file():
        return []
    own = [] if file.name == "__init__.py" and not _does_something(file) else [file]
    return [*own, *_packages(file, root)]


def _packages(file: Path, root: Path) -> list[Path]:
    """Return the `__init__.py` of each package that a module lies in and that holds more than a docstring."""
    inits = [parent / "__init__.py" for parent in file.parents if root in parent.parents]
    return [init for init in inits if init.is_file() and _does_something(init)]


def _does_something(init: Path) -> bool:
    return any(not isinstance(node, ast.Expr) for node in ast.parse(init.read_text(encoding="utf-8")).body)


def _plugin_kind(node: ast.AST) -> str | None:
    if (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in ("load", "function")
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id == "registry"
        and isinstance(node.args[0], ast.Constant)
    ):
        return str(node.args[0].value)
    return None
