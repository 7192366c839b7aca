"""Rows of a bench, summed up over seeds: means with intervals, and how much of what is to be gained a method gains.

Conventions: a setting is (data set, kind of noise, rate); rows as `benchmarks.label_quality.results` reads them.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from pipeline.seeding import rng

SETTING = ["dataset", "kind", "rate"]
BASELINES = ("verified only", "all as given")
ORACLE = "oracle"
DRAWS = 10_000


def summary(rows: pd.DataFrame) -> pd.DataFrame:
    """Return one row a setting, `row` and method.

    Columns: `SETTING`, `row`, `method`, `seeds`, and of each figure its mean and the ends of its 95% interval
    (`<figure>_low`, `<figure>_high`): Student's t, NaN where there is but one seed. A seed in which a figure is NaN
    does not count for it. Methods keep the order in which they first occur.
    """
    keys = [*SETTING, "row", "method"]
    figures = [name for name in rows if name not in (*keys, "seed")]
    order = {name: i for i, name in enumerate(dict.fromkeys(rows["method"]))}
    found = []
    for values, part in rows.groupby(keys, sort=False):
        line: dict[str, Any] = dict(zip(keys, values, strict=True)) | {"seeds": len(part)}
        for name in figures:
            low, mean, high = interval(part[name].to_numpy(np.float64))
            line |= {str(name): mean, f"{name}_low": low, f"{name}_high": high}
        found.append(line)
    columns = [*keys, "seeds", *(f"{name}{end}" for name in figures for end in ("", "_low", "_high"))]
    table = pd.DataFrame(found, columns=columns)
    place = table["method"].map(order)
    sorting = table.assign(place=place).sort_values([*SETTING, "row", "place"], ignore_index=True)
    return sorting.drop(columns="place")


def interval(values: np.ndarray) -> tuple[float, float, float]:
    """Return low, mean, high of float64 (n,) by Student's t with n - 1 degrees of freedom; NaN values do not count."""
    known = values[~np.isnan(values)]
    if not known.size:
        return np.nan, np.nan, np.nan
    mean = float(known.mean())
    if known.size == 1:
        return np.nan, mean, np.nan
    half = float(stats.t.ppf(0.975, known.size - 1) * known.std(ddof=1) / np.sqrt(known.size))
    return mean - half, mean, mean + half


def gap_closed(rows: pd.DataFrame, method: str, by: str = "accuracy") -> pd.DataFrame:
    """Return, a row a setting and `row`, how much of the gap between the better baseline and the oracle is closed.

    `by`: the figure that tells, `accuracy`, or `log_loss` with its sign turned, so that less is better; what is said
    of the accuracy here holds for it.

    Over the seeds that have the method, both baselines and the oracle, the share is

        sum(accuracy of the method - accuracy of the best) / sum(accuracy of the oracle - accuracy of the best)

    where the best is the baseline (verified only, all as given) with the greater mean over these seeds: 0 is no
    better than it, 1 as good as the oracle, and a method may lie below or above both. It is a ratio of sums and not
    a mean of ratios, because the gap of a single seed may be nought.

    The interval holds the middle 95% of the shares of 10,000 bootstrap samples. Each draws as many seeds as there
    are, with replacement, a seed's accuracies together, and computes the share anew, the choice of the best included.
    In a sample in which the oracle is not ahead there is no gap and the share could be anything: it counts at both
    ends, so that the interval is infinite where more than 2.5% of the samples are such. Few seeds give few different
    samples, and then the interval is rather too narrow.

    Columns: `SETTING`, `row`, `method`, `seeds`, `best` (the baseline's name), `gap` (of accuracy, mean over seeds),
    `closed`, `closed_low`, `closed_high`. `closed` is NaN where there is no gap, its ends for a single seed.
    """
    keys, needed = [*SETTING, "row"], [*dict.fromkeys([*BASELINES, ORACLE, method])]
    found = []
    for values, part in rows[rows["method"].isin(needed)].groupby(keys, sort=True):
        if by not in part:
            continue
        wide = part.pivot_table(index="seed", columns="method", values=by)
        wide = wide.reindex(columns=needed).dropna() * (-1 if by == "log_loss" else 1)
        if len(wide):
            found.append(dict(zip(keys, values, strict=True)) | _closed(wide, method))
    columns = [*keys, "method", "seeds", "best", "gap", "closed", "closed_low", "closed_high"]
    return pd.DataFrame(found, columns=columns)


def _closed(wide: pd.DataFrame, method: str) -> dict[str, Any]:
    """Compute a row of `gap_closed` from accuracies, a row a seed and a column a method."""
    n = len(wide)
    every = np.arange(n)[np.newaxis]
    draws = rng(0, "gap closed").integers(n, size=(DRAWS, n))
    drawn = _shares(wide, method, draws)
    # Between two samples of which one is infinite there is nothing to interpolate.
    low = np.quantile(np.where(np.isnan(drawn), -np.inf, drawn), 0.025, method="lower")
    high = np.quantile(np.where(np.isnan(drawn), np.inf, drawn), 0.975, method="higher")
    means = wide[list(BASELINES)].mean()
    return {
        "method": method,
        "seeds": n,
        "best": str(means.idxmax()),
        "gap": float(wide[ORACLE].mean() - means.max()),
        "closed": float(_shares(wide, method, every)[0]),
        "closed_low": float(low) if n > 1 else np.nan,
        "closed_high": float(high) if n > 1 else np.nan,
    }


def _shares(wide: pd.DataFrame, method: str, draws: np.ndarray) -> np.ndarray:
    """Return float64 (n_draws,): the share closed over each draw, int (n_draws, n_seeds); NaN where there is no gap."""

    def total(names: Sequence[str]) -> np.ndarray:
        return wide[list(names)].to_numpy()[draws].sum(axis=1)

    best = total(BASELINES).max(axis=1)
    reached, gap = total([method])[:, 0] - best, total([ORACLE])[:, 0] - best
    # Sums of equal accuracies differ by rounding.
    return np.divide(reached, gap, out=np.full(len(draws), np.nan), where=gap > 1e-9)
