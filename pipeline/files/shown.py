"""Text of strangers as it is shown on a terminal, on one line and without an effect of its own.

A name may hold colours, a new title of the window, a line break and a forged line behind it, marks that turn text
round, or bytes that are no characters.
"""

import json
from typing import Any


def plain(text: object) -> str:
    r"""Return text with whatever is not printable written as an escape: `\x1b`, `\n`, `\u202e`, `\udcff`."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape", "surrogatepass").decode() for c in str(text))


def lines(text: object) -> str:
    """Return text of several lines, each as `plain` has it."""
    return "\n".join(map(plain, str(text).split("\n")))


def as_json(value: Any, indent: int = 2) -> str:
    """Return JSON that reads back as exactly `value`, with whatever is not printable as JSON's own escapes."""
    text = json.dumps(value, indent=indent, ensure_ascii=False)
    # Line breaks are the layout's: those of a text are escaped already.
    return "".join(c if c.isprintable() or c == "\n" else json.dumps(c)[1:-1] for c in text)
