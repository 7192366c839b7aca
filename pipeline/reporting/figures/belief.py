"""How far to trust what is believed of the labels: reliability on verified clips, and beliefs by outcome."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from pipeline.reporting.figures.style import OUTCOMES, SMALL, LeftOut, Picture, new_figure, quiet, style, words
from pipeline.results.interval import wilson
from pipeline.results.run import Run

BINS = np.linspace(0, 1, 21)


def reliability(run: Run) -> list[Picture | LeftOut]:
    """Draw how often the judges' likeliest class is right, by how likely they say it is.

    Where the truth is known, what is believed of unverified clips is drawn beside the verified clips.
    """
    table = run.calibration[run.calibration["clips"] > 0]
    if table.empty:
        return [LeftOut("Reliability of the judges", "no verified clip was judged without its own label.")]
    series = [("verified clips, judged without their labels", table)]
    if len(checked := _against_truth(run)):
        series.append(("unverified clips, by the truth", checked))
    figure = new_figure(6.4, 7.2)
    above, below = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))
    above.plot([0, 1], [0, 1], color="#777777", linewidth=1, linestyle="--", label="as sure as right")
    for i, (name, bins) in enumerate(series):
        _points(above, bins, i, name)
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
    return [
        Picture(
            name="reliability",
            figure=figure,
            alt=f"share of right answers by probability, {int(table['clips'].sum())} verified clips, and clips a bin",
            caption="Can the probabilities be taken at their word? Verified clips are judged by models that did not "
            "see their labels. A point on the dashed line means that clips said to be right with 80% are right 8 "
            "times in 10; below it the judges are too sure, above it too modest. Bars are 95% intervals, and the "
            f"lower panel counts the clips: a point of few clips says little.{beside}",
        )
    ]


def _against_truth(run: Run) -> pd.DataFrame:
    """Return bins as in calibration.csv, of unverified clips with a known truth; no row where nothing is known."""
    known = np.isfinite(run.given_right) & np.isfinite(run.posterior).all(axis=1)
    top = run.posterior[known].max(axis=1).astype(float)
    right = run.posterior[known].argmax(axis=1) == run.columns(run.truth)[known]
    edges = np.append(run.calibration["low"], run.calibration["high"].iloc[-1])
    at = np.clip(np.searchsorted(edges, top, side="left") - 1, 0, len(edges) - 2)
    table = pd.DataFrame({"bin": at, "predicted": top, "observed": right.astype(float)})
    bins = table.groupby("bin").agg(
        clips=("bin", "size"), predicted=("predicted", "mean"), observed=("observed", "mean")
    )
    rows = bins.index.to_numpy(int)
    return bins.assign(low=edges[rows], high=edges[rows + 1]).astype(float)


def _points(axes: Axes, bins: pd.DataFrame, i: int, label: str) -> None:
    colour, marker = style(i)
    low, high = wilson(bins["observed"].to_numpy(), bins["clips"].to_numpy())
    # Two series in a bin would hide each other's intervals.
    x = bins["predicted"].to_numpy() + 0.004 * i
    axes.vlines(x, low, high, color=colour, linewidth=1.2, alpha=0.6)
    axes.plot(x, bins["observed"], color=colour, marker=marker, markersize=6, linewidth=1.2, alpha=0.9, label=label)


def _sizes(axes: Axes, bins: pd.DataFrame, i: int) -> None:
    half = (bins["high"] - bins["low"]) / 2
    colour, _ = style(i)
    axes.bar(bins["low"] + i * half, bins["clips"], width=half * 0.9, align="edge", color=colour, alpha=0.8)


def beliefs(run: Run) -> list[Picture | LeftOut]:
    """Draw how likely the given labels of unverified clips are taken to be right, by what became of the clips.

    Where the truth is known, right and wrong given labels are drawn apart.
    """
    belief = run.belief
    if not np.isfinite(belief).any():
        return [LeftOut("Belief in the given labels", "nothing is known of how likely a given label is to be right.")]
    known = np.isfinite(belief)
    panels = {"": known}
    if run.truth_known:
        panels = {
            "given label right": known & (run.given_right == 1),
            "given label wrong": known & (run.given_right == 0),
        }
    figure = new_figure(0.8 + 2.5 * len(panels))
    grid = figure.subplots(len(panels), 1, sharex=True, squeeze=False)[:, 0]
    for axes, (name, rows) in zip(grid, panels.items(), strict=True):
        _stack(axes, run, belief, rows)
        axes.set(ylabel="clips", xlim=(0, 1))
        if name:
            axes.set_title(f"{name}: {rows.sum()} clips")
    grid[-1].set_xlabel("probability that the given label is right")
    marks, names = grid[0].get_legend_handles_labels()
    figure.legend(marks, names, loc="outside lower center", ncols=3, fontsize=SMALL, frameon=False)
    split = (
        " The truth is known here: above are the labels that are right, below the wrong ones. Wrong labels on the far "
        "right are the ones that nothing has noticed."
        if run.truth_known
        else ""
    )
    return [
        Picture(
            name="beliefs",
            figure=figure,
            alt=f"histogram of the probability of the given label, {int(known.sum())} unverified clips by outcome",
            caption="How likely each unverified clip's given label is taken to be right. Promoted clips belong on the "
            "right, corrected ones on the left; a heap in the middle is of clips of which too little is known, and "
            f"where listening pays most.{split}",
        )
    ]


def _stack(axes: Axes, run: Run, belief: np.ndarray, rows: np.ndarray) -> None:
    outcome, bottom = run.labels["outcome"].to_numpy(), np.zeros(len(BINS) - 1)
    for name in ("promoted", "corrected", "left_out"):
        counts, _ = np.histogram(belief[rows & (outcome == name)], BINS)
        axes.bar(
            BINS[:-1],
            counts,
            width=np.diff(BINS),
            bottom=bottom,
            align="edge",
            color=OUTCOMES[name],
            edgecolor="white",
            linewidth=0.5,
            label=words(name),
        )
        bottom += counts
    axes.set_ylim(0, 1.06 * max(bottom.max(), 1))
    axes.yaxis.set_major_locator(MaxNLocator(integer=True))
    quiet(axes)
