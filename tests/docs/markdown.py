"""What a page written in Markdown holds, as far as the tests of the pages ask, by lines and patterns.

Conventions: `prose` is a page without its fenced blocks, whose lines are blank, so that line numbers stay.
"""

import re
import textwrap
from collections import Counter
from dataclasses import dataclass
from itertools import groupby

_FENCE = re.compile(r"^\s*(```+|~~~+)\s*(\w*)")
_CODE = re.compile(r"(`+)(.+?)\1(?!`)", re.DOTALL)
_LINK = re.compile(
    r"\]\(\s*<?([^)\s>]+)>?(?:\s+\"[^\"]*\")?\s*\)|^ {0,3}\[[^\]]+\]:\s*(\S+)|\b(?:href|src)=\"([^\"]+)\"", re.M
)
_HEADING = re.compile(r"^#{1,6}\s+(.+?)(?:\s+#+)?\s*$", re.M)
_NAMED = re.compile(r"<a\s+(?:id|name)=\"([^\"]+)\"")


@dataclass(frozen=True)
class Fence:
    """A fenced block: its language (`''`: none), its text without the indentation, the line that it begins in."""

    language: str
    text: str
    line: int


def split(text: str) -> tuple[str, list[Fence]]:
    """Return the prose of a page, and its fenced blocks.

    Raises:
        ValueError: a fence is not closed.
    """
    prose: list[str] = []
    fences: list[Fence] = []
    inside: list[str] = []
    opened: tuple[str, str, int] | None = None
    for number, line in enumerate(text.split("\n"), start=1):
        found = _FENCE.match(line)
        if opened is None and found is None:
            prose.append(line)
            continue
        prose.append("")
        if opened is None and found is not None:
            opened, inside = (found[1], found[2], number), []
        elif opened is not None and found is not None and found[1].startswith(opened[0]) and not found[2]:
            fences.append(Fence(opened[1], textwrap.dedent("\n".join(inside)), opened[2]))
            opened = None
        else:
            inside.append(line)
    if opened is not None:
        raise ValueError(f"line {opened[2]}: a fence is not closed")
    return "\n".join(prose), fences


def anchors(text: str) -> set[str]:
    """Return the anchors of a page: of each heading as GitHub makes it, and those that are named."""
    seen: Counter[str] = Counter()
    found = set(_NAMED.findall(text))
    for heading in _HEADING.findall(split(text)[0]):
        plain = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", heading)
        anchor = re.sub(r"[^\w\- ]", "", plain.lower()).replace(" ", "-")
        found.add(f"{anchor}-{seen[anchor]}" if seen[anchor] else anchor)
        seen[anchor] += 1
    return found


def links(text: str) -> list[str]:
    """Return where the links and pictures of a page lead, in order."""
    prose = _CODE.sub("", split(text)[0])
    return [next(target for target in found if target) for found in _LINK.findall(prose)]


def code(text: str) -> list[str]:
    """Return what a page has in backticks, paragraph by paragraph, and the text of its shell blocks."""
    prose, fences = split(text)
    spans = [found[1] for part in re.split(r"\n\s*\n", prose) for found in _CODE.findall(part)]
    return spans + [fence.text for fence in fences if fence.language in ("sh", "console")]


def table_rows(text: str) -> list[int]:
    """Return how many rows each table of a page has, below its heading."""
    lines = split(text)[0].split("\n")
    runs = [list(run) for table, run in groupby(lines, key=lambda line: line.lstrip().startswith("|")) if table]
    return [len(run) - 2 for run in runs]
