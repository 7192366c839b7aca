"""Memory of a stage against the rounds that it trains: samples, the line through them, and the figure."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import stats

from pipeline.reporting.figures.style import PALETTE, new_figure, quiet, save

WARMING_UP = 5  # rounds: what TensorFlow allocates in the first ones, it keeps


@dataclass(frozen=True)
class Line:
    """A line through points: its slope with a 95% interval, and its value at 0."""

    slope: float
    low: float
    high: float
    start: float


def fit_line(x: np.ndarray, y: np.ndarray) -> Line:
    """Fit a line to float64 (n,) and (n,) by least squares, n > 2; the interval is Student's t with n - 2 degrees.

    Raises:
        ValueError: there are fewer than three points, or all at the same x.
    """
    if len(x) < 3 or np.ptp(x) == 0:
        raise ValueError(f"found {len(x)} points, expected three or more at different places")
    away = x - x.mean()
    slope = float(away @ y / (away @ away))
    left = y - y.mean() - slope * away
    half = float(stats.t.ppf(0.975, len(x) - 2) * np.sqrt(left @ left / (len(x) - 2) / (away @ away)))
    return Line(slope, slope - half, slope + half, float(y.mean() - slope * x.mean()))


def by_round(samples: pd.DataFrame) -> pd.DataFrame:
    """Return, a row a round that was sampled, `round`, `seconds` it was at work, median `mb` and largest `peak_mb`.

    Args:
        samples: one row a sample of the stage: seconds, round (the one under way), mb.
    """
    groups = samples.groupby("round")
    spans = groups["seconds"].agg(lambda times: times.max() - times.min()).round(1)
    table = pd.DataFrame({"seconds": spans, "mb": groups["mb"].median(), "peak_mb": groups["mb"].max()})
    return table.round(1).reset_index()


def slope(rounds: pd.DataFrame) -> Line | None:
    """Return the line through `mb` of `by_round`, the first rounds left out; None where too few are left."""
    steady = rounds[rounds["round"] > WARMING_UP]
    if len(steady) < 3:
        return None
    return fit_line(steady["round"].to_numpy(np.float64), steady["mb"].to_numpy(np.float64))


def figure(samples: pd.DataFrame, path: Path) -> None:
    """Draw each sample, each round's median and the line through these, and write it to `path` as PNG."""
    rounds = by_round(samples)
    picture = new_figure(3.6)
    axes = picture.subplots()
    axes.plot(_place(samples), samples["mb"], color=PALETTE[5], linewidth=0.9, label="every second")
    middle = rounds["round"].to_numpy(np.float64) - 0.5
    axes.plot(middle, rounds["mb"], "o", color=PALETTE[0], markersize=4, label="median of a round")
    if line := slope(rounds):
        ends = np.array([WARMING_UP + 1, rounds["round"].max()], np.float64)
        label = f"{line.slope:+.2f} MB a round (95%: {line.low:+.2f} to {line.high:+.2f})"
        axes.plot(ends - 0.5, line.start + line.slope * ends, color=PALETTE[1], linewidth=1.6, label=label)
    axes.set_ylim(bottom=0)
    axes.set_xlabel("rounds trained")
    axes.set_ylabel("memory of the stage, MB")
    axes.legend(loc="lower right", frameon=False)
    quiet(axes)
    path.parent.mkdir(parents=True, exist_ok=True)
    save(picture, path, dpi=110)


def _place(samples: pd.DataFrame) -> np.ndarray:
    """Return where in the rounds each sample was taken: round 3 goes from 2 to 3."""
    times = samples.groupby("round")["seconds"]
    first, last = times.transform("min"), times.transform("max")
    share = (samples["seconds"] - first) / (last - first).clip(lower=1.0)
    return (samples["round"] - 1 + share).to_numpy(np.float64)
