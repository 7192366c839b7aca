"""How far to trust what is believed of the labels: reliability, and beliefs by outcome."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from pipeline.reporting.figures.style import OUTCOMES, SMALL, LeftOut, Picture, new_figure, quiet, style, words


def reliability(table: pd.DataFrame) -> list[Picture | LeftOut]:
    """Draw how often the likeliest class is right, by how likely it is said to be.

    Args:
        table: from `results.beliefs.reliability`.
    """
    if table.empty:
        return [LeftOut("Reliability of the judges", "no verified clip was judged without its own label.")]
    figure = new_figure(6.4, 7.2)
    above, below = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))
    above.plot([0, 1], [0, 1], color="#777777", linewidth=1, linestyle="--", label="as sure as right")
    series = list(table.groupby("series", sort=False))
    for i, (name, bins) in enumerate(series):
        _points(above, bins, i, str(name))
        _sizes(below, bins, i)
    above.set(ylabel="share right", xlim=(0, 1), ylim=(-0.03, 1.03))
    below.set(xlabel="probability of the likeliest class", ylabel="clips")
    below.yaxis.set_major_locator(MaxNLocator(nbins=4, integer=True))
    for axes in (above, below):
        quiet(axes)
    figure.legend(loc="outside lower center", ncols=1, fontsize=SMALL, frameon=False)
    beside = (
        " The second series is what is believed of the unverified clips, given labels included, against the truth."
        if len(series) > 1
        else ""
    )
    clips = int(series[0][1]["clips"].sum())
    return [
        Picture(
            name="reliability",
            figure=figure,
            alt=f"share of right answers by probability, {clips} verified clips, and clips a bin",
            caption="Can the probabilities be taken at their word? Verified clips are judged by models that did not "
            "see their labels. A point on the dashed line means that clips said to be right with 80% are right 8 "
            "times in 10; below it the judges are too sure, above it too modest. Bars are 95% intervals, and the "
            f"lower panel counts the clips: a point of few clips says little.{beside}",
        )
    ]


def _points(axes: Axes, bins: pd.DataFrame, i: int, label: str) -> None:
    colour, marker = style(i)
    # Two series in a bin would hide each other's intervals.
    x = bins["predicted"].to_numpy() + 0.004 * i
    axes.vlines(x, bins["observed_low"], bins["observed_high"], color=colour, linewidth=1.2, alpha=0.6)
    axes.plot(x, bins["observed"], color=colour, marker=marker, markersize=6, linewidth=1.2, alpha=0.9, label=label)


def _sizes(axes: Axes, bins: pd.DataFrame, i: int) -> None:
    half = (bins["high"] - bins["low"]) / 2
    colour, _ = style(i)
    axes.bar(bins["low"] + i * half, bins["clips"], width=half * 0.9, align="edge", color=colour, alpha=0.8)


def beliefs(table: pd.DataFrame) -> list[Picture | LeftOut]:
    """Draw how likely the given labels of unverified clips are taken to be right, by what became of the clips.

    Args:
        table: from `results.beliefs.histogram`; right and wrong given labels are drawn apart where it tells them apart.
    """
    if table.empty:
        return [LeftOut("Belief in the given labels", "nothing is known of how likely a given label is to be right.")]
    panels = {str(given): part for given, part in table.groupby("given", sort=False)}
    figure = new_figure(0.8 + 2.5 * len(panels))
    grid = figure.subplots(len(panels), 1, sharex=True, squeeze=False)[:, 0]
    for axes, (given, part) in zip(grid, panels.items(), strict=True):
        _stack(axes, part)
        axes.set(ylabel="clips", xlim=(0, 1))
        if given:
            axes.set_title(f"given label {given}: {part['clips'].sum()} clips")
    grid[-1].set_xlabel("probability that the given label is right")
    marks, names = grid[0].get_legend_handles_labels()
    figure.legend(marks, names, loc="outside lower center", ncols=3, fontsize=SMALL, frameon=False)
    split = (
        " The truth is known here: above are the labels that are right, below the wrong ones. Wrong labels on the far "
        "right are the ones that nothing has noticed."
        if len(panels) > 1
        else ""
    )
    clips = int(table["clips"].sum())
    return [
        Picture(
            name="beliefs",
            figure=figure,
            alt=f"histogram of the probability of the given label, {clips} unverified clips by outcome",
            caption="How likely each unverified clip's given label is taken to be right. Promoted clips belong on the "
            "right, corrected ones on the left; a heap in the middle is of clips of which too little is known, and "
            f"where listening pays most.{split}",
        )
    ]


def _stack(axes: Axes, table: pd.DataFrame) -> None:
    bottom = np.zeros(table["low"].nunique())
    for name, bins in table.groupby("outcome", sort=False):
        axes.bar(
            bins["low"],
            bins["clips"],
            width=bins["high"] - bins["low"],
            bottom=bottom,
            align="edge",
            color=OUTCOMES[str(name)],
            edgecolor="white",
            linewidth=0.5,
            label=words(str(name)),
        )
        bottom = bottom + bins["clips"].to_numpy()
    axes.set_ylim(0, 1.06 * max(bottom.max(), 1))
    axes.yaxis.set_major_locator(MaxNLocator(integer=True))
    quiet(axes)
