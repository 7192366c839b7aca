"""Keys of an earlier form of params.yaml: each is refused with the key that took its place."""

from pathlib import Path
from typing import Any

from pipeline.errors import ParamsError

# Dotted, longest first within a section; what a key stood for is not translated, for it may mean something else now.
KEYS = {
    "judge.linear": "judges.linear.strength",
    "judge": "judges.network",
}
# Dotted key and the value that it may no longer have, and the value that took its place.
VALUES = {("autoencoder.model.name", "autoencoder"): "conv"}


def check(path: Path, data: dict[str, Any]) -> None:
    """Refuse a file of the earlier form.

    Raises:
        ParamsError: one line for each old key or value, with the file, what was found and what is expected.
    """
    lines = [f"{path}: {old}: is called {new} now; move it there" for old, new in KEYS.items() if _at(data, old)[0]]
    for (key, old), new in VALUES.items():
        there, value = _at(data, key)
        if there and value == old:
            lines.append(f"{path}: {key}: {old} is called {new} now; write that")
    if lines:
        raise ParamsError("\n".join(lines))


def _at(data: Any, dotted: str) -> tuple[bool, Any]:
    """Return whether there is such a key, and its value."""
    for name in dotted.split("."):
        if not isinstance(data, dict) or name not in data:
            return False, None
        data = data[name]
    return True, data
