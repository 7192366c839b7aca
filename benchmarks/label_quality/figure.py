"""The figure of a bench: accuracy by noise rate, and below it what share of the possible gain each method gains."""

from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import PercentFormatter

from benchmarks.common.stats import BASELINES, ORACLE, gap_closed, summary
from pipeline.reporting.figures.style import MARKERS, PALETTE, SMALL, WIDTH, new_figure, plain, quiet, save

BAR = 0.6
ROOM = 0.05  # above and below the means
# Shares beyond are drawn at the edge: of a small gap they may be anything.
SHARES = (-1.0, 1.5)
_FIXED = {
    BASELINES[0]: {"color": "#8c8c8c", "linestyle": "--", "marker": "v"},
    BASELINES[1]: {"color": "#8c8c8c", "linestyle": ":", "marker": "^"},
    ORACLE: {"color": "#000000", "linestyle": "-", "marker": "*"},
}


def figure(rows: pd.DataFrame, path: Path) -> None:
    """Draw what was trained and write it to `path` as PNG: a column a data set and kind of noise.

    For each `row` that has an accuracy (networks, logistic regressions) there are two lines of panels: mean accuracy
    with its 95% interval by noise rate, and the share of the gap closed with its own (see `stats.gap_closed`).
    Nothing is written where nothing was trained.
    """
    trained = rows.dropna(subset=["accuracy"]) if "accuracy" in rows else rows.iloc[:0]
    if trained.empty:
        return
    columns = list(trained[["dataset", "kind"]].drop_duplicates().itertuples(index=False, name=None))
    kinds = list(dict.fromkeys(trained["row"]))
    looks = _looks(list(dict.fromkeys(trained["method"])))
    picture = new_figure(0.6 + 4.6 * len(kinds), max(WIDTH, 0.6 + 3.2 * len(columns)))
    grid = picture.subplots(2 * len(kinds), len(columns), squeeze=False, sharex="col", sharey="row")
    for i, kind in enumerate(kinds):
        for j, (dataset, noise) in enumerate(columns):
            here = trained["row"].eq(kind) & trained["dataset"].eq(dataset) & trained["kind"].eq(noise)
            part, (upper, lower) = trained[here], grid[2 * i : 2 * i + 2, j]
            upper.set_title(plain(f"{dataset}, noise {noise}".replace("_", " "), 40), fontsize=SMALL + 1)
            if len(part):
                _accuracy(upper, part, looks)
                _gap(lower, part, looks)
            else:
                for axes in (upper, lower):
                    axes.text(0.5, 0.5, "not measured", transform=axes.transAxes, ha="center", fontsize=SMALL)
        grid[2 * i, 0].set_ylabel(f"{plain(kind)}: accuracy")
        # Two seeds may leave an interval of any size; the means are to be told apart all the same.
        means = summary(trained[trained["row"].eq(kind)])["accuracy"]
        if means.notna().any():
            grid[2 * i, 0].set_ylim(means.min() - ROOM, min(means.max() + ROOM, 1))
        grid[2 * i + 1, 0].set_ylabel("share of the gap closed")
    for axes in grid[-1]:
        axes.set_xlabel("wrong labels among the unverified")
    handles = [Line2D([], [], label=plain(name, 40), markersize=5, **look) for name, look in looks.items()]  # type: ignore[arg-type]
    picture.legend(handles=handles, loc="outside lower center", ncols=4, fontsize=SMALL, frameon=False)
    path.parent.mkdir(parents=True, exist_ok=True)
    save(picture, path, dpi=110)


def _looks(methods: list[str]) -> dict[str, dict[str, str]]:
    """Give each method its colour, line and marker: baselines grey, the oracle black."""
    others = [name for name in methods if name not in _FIXED]
    colours = PALETTE[:-1]
    own = {
        name: {"color": colours[i % len(colours)], "linestyle": "-", "marker": MARKERS[(0, 2, 3, 5, 6, 9)[i % 6]]}
        for i, name in enumerate(others)
    }
    return {name: (_FIXED | own)[name] for name in methods}


def _accuracy(axes: Axes, part: pd.DataFrame, looks: dict[str, dict[str, str]]) -> None:
    table = summary(part)
    _curves(axes, table, "accuracy", looks)
    axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))


def _gap(axes: Axes, part: pd.DataFrame, looks: dict[str, dict[str, str]]) -> None:
    methods = [name for name in looks if name not in _FIXED]
    table = pd.concat([gap_closed(part, name) for name in methods]) if methods else pd.DataFrame()
    for height, line in ((0, ":"), (BAR, "--"), (1, "-")):
        axes.axhline(height, color="#8c8c8c", linewidth=0.8, linestyle=line, zorder=0)
    if len(table):
        ends = ["closed", "closed_low", "closed_high"]
        _curves(axes, table.assign(**{name: table[name].clip(*SHARES) for name in ends}), "closed", looks)
    axes.set_ylim(SHARES)
    axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))


def _curves(axes: Axes, table: pd.DataFrame, name: str, looks: dict[str, dict[str, str]]) -> None:
    """Draw a curve a method with its intervals, methods a little apart so that these can be told from each other."""
    rates = sorted(set(table["rate"]))
    apart = 0.06 * min(np.diff(rates), default=0.1)
    drawn = [method for method in looks if method in set(table["method"])]
    for i, method in enumerate(drawn):
        rows = table[(table["method"] == method) & table[name].notna()]
        values, low, high = (rows[f"{name}{end}"].to_numpy() for end in ("", "_low", "_high"))
        x = rows["rate"].to_numpy() + (i - (len(drawn) - 1) / 2) * apart
        error = np.clip(np.nan_to_num([values - low, high - values]), 0, None)
        axes.errorbar(x, values, yerr=error, markersize=5, linewidth=1.4, elinewidth=0.9, **looks[method])  # type: ignore[arg-type]
    axes.set_xticks(rates)
    axes.xaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    quiet(axes)
