"""How every figure looks: colours, markers, text that cannot break a figure, and PNGs that repeat byte for byte."""

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, findfont, get_font
from PIL import Image

# Okabe and Ito, "Color universal design" (2008), without yellow, which is lost on white.
PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
# Eleven and seven have no common factor: 77 classes get 77 different pairs of colour and marker.
MARKERS = ("o", "^", "s", "D", "v", "P", "X", "<", ">", "*", "h")
GREY = "#d9d9d9"
# Of what became of a clip's label, in every figure.
OUTCOMES = {
    "verified": "#0072B2",
    "reviewed": "#CC79A7",
    "promoted": "#D55E00",
    "corrected": "#009E73",
    "left_out": "#8c8c8c",
}
WIDTH = 9.0
SMALL = 9


@dataclass(frozen=True)
class Picture:
    """A figure with what stands in for it (`alt`) and how to read it (`caption`)."""

    name: str
    figure: Figure
    alt: str
    caption: str


@dataclass(frozen=True)
class LeftOut:
    """A figure that could not be drawn."""

    what: str
    why: str


def new_figure(height: float, width: float = WIDTH) -> Figure:
    """Return an empty figure, in inches, that keeps its parts from overlapping."""
    return Figure(figsize=(width, height), layout="constrained")


def save(figure: Figure, path: Path, dpi: int) -> tuple[int, int]:
    """Write a PNG without the metadata that differs between versions; return its width and height in pixels."""
    figure.savefig(path, dpi=dpi, metadata={"Software": None})
    with Image.open(path) as written:
        return written.size


def style(i: int) -> tuple[str, str]:
    """Return colour and marker of the i-th class."""
    return PALETTE[i % len(PALETTE)], MARKERS[i % len(MARKERS)]


@cache
def _drawable() -> frozenset[int]:
    return frozenset(get_font(findfont(FontProperties())).get_charmap())


def plain(text: str, limit: int = 28) -> str:
    """Return `text` so that matplotlib draws it as it is: no mathematics, no line breaks, no missing glyphs."""
    line = "".join(c if ord(c) in _drawable() else "\N{REPLACEMENT CHARACTER}" for c in re.sub(r"\s+", " ", text))
    line = line if len(line) <= limit else line[: limit - 1] + "…"
    # A legend leaves out labels that begin with an underscore.
    return re.sub(r"^_", " _", line).replace("$", r"\$")


def words(outcome: str) -> str:
    """Return an outcome as people write it."""
    return outcome.replace("_", " ")


def slug(text: str) -> str:
    """Return `text` as part of a file's name."""
    return re.sub(r"[^A-Za-z0-9-]+", "_", text)[:40] or "_"


def bare(axes: Axes) -> None:
    """Take away the ticks of axes whose units mean nothing."""
    axes.set_xticks([])
    axes.set_yticks([])


def quiet(axes: Axes) -> None:
    """Light grid, no box."""
    axes.grid(alpha=0.3, linewidth=0.6)
    axes.spines[["top", "right"]].set_visible(False)
