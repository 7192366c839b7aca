"""Maps of the clips: what was trusted before spreading and after, by class and by status.

Conventions: a table has a row a clip, from `results.tables.placed`.
"""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from pipeline.reporting.figures.style import (
    GREY,
    OUTCOMES,
    SMALL,
    LeftOut,
    Picture,
    bare,
    new_figure,
    plain,
    slug,
    style,
    words,
)

FEWEST = 3
PANELS = 4
NAMES = {"tsne": "t-SNE", "umap": "UMAP"}
# The last lie on top.
STATUSES = (
    ("test", "#cfcfcf", "."),
    ("left_out", OUTCOMES["left_out"], "o"),
    ("corrected", OUTCOMES["corrected"], "D"),
    ("promoted", OUTCOMES["promoted"], "^"),
    ("verified", OUTCOMES["verified"], "s"),
    ("reviewed", OUTCOMES["reviewed"], "P"),
)


def title(method: str) -> str:
    """Return a method's name as people write it."""
    return NAMES.get(method, method)


def before_and_after(table: pd.DataFrame, method: str, families: dict[str, list[str]]) -> list[Picture | LeftOut]:
    """Draw one figure a family: a row a panel of classes, verified on the left, verified and promoted on the right."""
    placed = int(table["x"].notna().sum())
    if placed < FEWEST:
        return [_too_few(f"{title(method)} before and after promotion", placed)]
    return [_family(table, method, name, sorted(classes)) for name, classes in families.items()]


def overview(table: pd.DataFrame, method: str, classes: list[str]) -> list[Picture | LeftOut]:
    """Draw all trusted clips by class, and all clips by status."""
    placed = int(table["x"].notna().sum())
    if placed < FEWEST:
        return [_too_few(f"{title(method)} by class and by status", placed)]
    return [_by_class(table, method, classes), _by_status(table, method)]


def deal(classes: list[str]) -> list[list[str]]:
    """Split classes, in order, into at most four panels of nearly equal size."""
    parts = min(PANELS, len(classes))
    return [[str(name) for name in part] for part in np.array_split(np.array(classes, dtype=object), parts)]


def _too_few(what: str, n: int) -> LeftOut:
    return LeftOut(what, f"{n} {'clip has' if n == 1 else 'clips have'} a place on the map; it takes {FEWEST} or more.")


def _size(n: int) -> float:
    """Return the area of a marker, in points squared, for a map of `n` clips."""
    return float(np.clip(20000 / n, 11, 30))


def _legend(n: int) -> dict[str, Any]:
    """Return how legends look: their markers are of one size, whatever the map's are."""
    return {"fontsize": SMALL, "frameon": False, "handletextpad": 0.2, "markerscale": (36 / _size(n)) ** 0.5}


def _family(table: pd.DataFrame, method: str, family: str, classes: list[str]) -> Picture:
    panels = deal(classes)
    figure = new_figure(0.3 + 3.1 * len(panels))
    grid = figure.subplots(len(panels), 2, squeeze=False)
    for axes, panel in zip(grid, panels, strict=True):
        counts = _panel(axes[0], table, panel, "verified"), _panel(axes[1], table, panel, "trusted")
        marks = axes[1].get_legend_handles_labels()[0]
        names = [f"{plain(name, 22)}  {a} → {b}" for name, a, b in zip(panel, *counts, strict=True)]
        axes[1].legend(
            marks, names, loc="upper left", bbox_to_anchor=(1.02, 1.0), borderaxespad=0, **_legend(len(table))
        )
    known = "verified or reviewed" if (table["outcome"] == "reviewed").any() else "verified"
    figure.suptitle(f"family {plain(family)}")
    grid[0, 0].set_title(f"before: {known}")
    grid[0, 1].set_title(f"after: {known}, or promoted")
    return Picture(
        name=f"{slug(method)}_family_{slug(family)}",
        figure=figure,
        alt=f"{title(method)} map of the latents, family {family}, before and after promotion",
        caption=f"{title(method)}, family “{family}”. Each row shows some of its classes: on the left only their "
        f"{known} clips are coloured, on the right also the promoted ones, all at the same places; the numbers are "
        "clips before → after. Promotion did well where a colour fills the cloud in which it already lay, and deserves "
        "a second look where it appears in a place of its own.",
    )


def _panel(axes: Axes, table: pd.DataFrame, classes: list[str], shown: str) -> list[int]:
    """Draw one panel and return the number of clips shown of each class; `shown` is the column that says which are."""
    axes.scatter(table["x"], table["y"], s=_size(len(table)) * 0.5, c=GREY, linewidths=0, label="_rest")
    counts = []
    for i, name in enumerate(classes):
        rows = table[table[shown] & (table["label"] == name)]
        _scatter(axes, rows, i, _size(len(table)), plain(name, 22))
        counts.append(len(rows))
    bare(axes)
    return counts


def _scatter(axes: Axes, rows: pd.DataFrame, i: int, size: float, label: str) -> None:
    colour, marker = style(i)
    axes.scatter(rows["x"], rows["y"], s=size, c=colour, marker=marker, linewidths=0.2, edgecolors="white", label=label)


def _by_class(table: pd.DataFrame, method: str, classes: list[str]) -> Picture:
    figure = new_figure(6.6 + 0.2 * -(-len(classes) // 4))
    axes = figure.subplots()
    _panel(axes, table, classes, "trusted")
    figure.legend(*axes.get_legend_handles_labels(), loc="outside lower center", ncols=4, **_legend(len(table)))
    return Picture(
        name=f"{slug(method)}_classes",
        figure=figure,
        alt=f"{title(method)} map of the latents, trusted clips by class",
        caption=f"{title(method)} of all clips; trusted ones carry the colour and marker of their class, "
        "the rest is grey. Classes that lie apart are easy to tell from the latents alone; classes that mix are where "
        "spreading has least to go by.",
    )


def _by_status(table: pd.DataFrame, method: str) -> Picture:
    figure = new_figure(6.6)
    axes = figure.subplots()
    for name, colour, marker in STATUSES:
        rows = table[table["outcome"] == name]
        if len(rows):
            label = f"{words(name)} ({len(rows)})"
            axes.scatter(rows["x"], rows["y"], s=_size(len(table)), c=colour, marker=marker, linewidths=0, label=label)
    bare(axes)
    figure.legend(loc="outside lower center", ncols=len(STATUSES), **_legend(len(table)))
    return Picture(
        name=f"{slug(method)}_status",
        figure=figure,
        alt=f"{title(method)} map of the latents, clips by status",
        caption=f"{title(method)} of all clips by status. Promoted clips should lie among those that people have "
        "verified or reviewed; a region of left-out clips alone is one where nothing could be decided, and where "
        "listening to a few helps most.",
    )
