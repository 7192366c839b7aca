"""The lines of the tables that `benchmarks.tables` fills, from the rows of `benchmarks.label_quality`.

Conventions: figures are percent, mean and half of the 95% interval over the seeds (`benchmarks.common.stats`); noise is
within families unless a function says otherwise. A cell is blank where nothing was measured.
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.common import stats

Row = Mapping[Any, Any]
Lines = Callable[[pd.DataFrame], list[str]]
NAMES = {"esc10": "ESC-10", "demo": "demo", "digits": "digits"}
WITHIN = "within_family"
# What `beside` calls a method, and what the results call it: as a judge, and by the `row` of what was trained on it.
_BESIDE: dict[str, dict[str, str]] = {
    "the report's method": {"judge": "the report", "network": "the report"},
    "self-training classifier": {"judge": "self-training classifier", "logistic": "self-training classifier"},
    "CleanLearning": {"judge": "clean learning", "logistic": "clean learning"},
    "Earmark, same features": {"judge": "earmark, same features", "logistic": "earmark"},
    "cleanlab, Earmark's evidence": {"judge": "cleanlab", "continued": "cleanlab"},
    "Earmark": {"judge": "both", "network": "earmark", "continued": "earmark"},
}


def promoted(rows: pd.DataFrame) -> list[str]:
    """What Earmark says of the labels, a line a data set and rate."""
    return [
        _line(NAMES[one["dataset"]], _mean(one, "noise_true"), *_scores(one), *_estimates(one))
        for one in _judged(rows, ("both",))
    ]


def judged(dataset: str, methods: tuple[str, ...]) -> Lines:
    """Return what lists what `methods` say of the labels of a data set, a line a rate and method."""

    def lines(rows: pd.DataFrame) -> list[str]:
        return [
            _line(
                f"{one['rate']:.0%}",
                one["method"],
                *_scores(one),
                _mean(one, "precision_estimate"),
                _mean(one, "noise_true"),
                *_estimates(one)[1:],
            )
            for one in _judged(rows[rows["dataset"] == dataset], methods)
        ]

    return lines


def kinds(methods: tuple[str, ...]) -> Lines:
    """Return what lists what `methods` say of labels that are wrong in other ways than within families."""

    def lines(rows: pd.DataFrame) -> list[str]:
        return [
            _line(
                NAMES[one["dataset"]],
                one["kind"].replace("_", " "),
                f"{one['rate']:.0%}",
                one["method"],
                *_scores(one),
                _mean(one, "precision_estimate"),
                _mean(one, "noise_true"),
                *_estimates(one)[1:],
                _spread(one, "outside_estimate"),
            )
            for one in _judged(rows, methods, others=True)
        ]

    return lines


def trained(kind: str, methods: tuple[str, ...]) -> Lines:
    """Return what lists the test accuracy by `methods`, a line a data set and rate; `kind`: a `row` of the results."""

    def lines(rows: pd.DataFrame) -> list[str]:
        part = rows[(rows["row"] == kind) & (rows["kind"] == WITHIN)]
        means = {(one["dataset"], one["rate"], one["method"]): one for one in _records(stats.summary(part))}
        gaps = _records(stats.gap_closed(part, "earmark"))
        return [
            _line(
                NAMES[name],
                f"{gap['rate']:.0%}",
                gap["seeds"],
                *(_spread(means[name, gap["rate"], method], "accuracy") for method in methods),
                _closed(gap),
            )
            for name in NAMES
            for gap in gaps
            if gap["dataset"] == name
        ]

    return lines


def beside(rate: float) -> Lines:
    """Return what lists Earmark and the others at one rate: as judges, and by the accuracy of what trained on them."""

    def lines(rows: pd.DataFrame) -> list[str]:
        part = stats.summary(rows[(rows["kind"] == WITHIN) & np.isclose(rows["rate"], rate)])
        found = {(one["dataset"], one["row"], one["method"]): one for one in _records(part)}

        def accuracy(dataset: str, kind: str, method: str | None) -> str:
            one = found.get((dataset, kind, method))
            return _spread(one, "accuracy") if one else ""

        return [
            _line(
                name,
                method,
                *_scores(found[dataset, "judge", called["judge"]]),
                *(accuracy(dataset, kind, called.get(kind)) for kind in ("logistic", "network", "continued")),
            )
            for dataset, name in NAMES.items()
            for method, called in _BESIDE.items()
        ]

    return lines


def _judged(rows: pd.DataFrame, methods: tuple[str, ...], *, others: bool = False) -> list[Row]:
    """Sum up what these methods say of the labels, of within-family noise or of the others."""
    part = rows[rows["row"].eq("judge") & rows["method"].isin(methods) & (rows["kind"].eq(WITHIN) ^ others)]
    table = stats.summary(part)
    order = {name: place for place, name in enumerate([*NAMES, *methods])}
    place = table.assign(first=table["dataset"].map(order), last=table["method"].map(order))
    return _records(place.sort_values(["first", "kind", "rate", "last"]))


def _records(table: pd.DataFrame) -> list[Row]:
    return list(table.to_dict("records"))


def _scores(one: Row) -> list[str]:
    return [_spread(one, name) for name in ("precision", "recall", "auroc")]


def _estimates(one: Row) -> list[str]:
    return [_mean(one, "precision_estimate"), _spread(one, "noise_estimate"), _mean(one, "corrections_right")]


def _closed(one: Row) -> str:
    if np.isnan(one["closed"]):
        return "no gap"
    closed, low, high = (
        f"{100 * float(one[name]):.0f}".replace("inf", "∞").replace("-", "−")
        for name in ("closed", "closed_low", "closed_high")
    )
    return f"{closed} ({low} to {high})"


def _mean(one: Row, name: str) -> str:
    value = float(one[name])
    return "" if np.isnan(value) else f"{100 * value:.1f}"


def _spread(one: Row, name: str) -> str:
    half = 50 * (one[f"{name}_high"] - one[f"{name}_low"])
    return _mean(one, name) and f"{_mean(one, name)} ± {half:.1f}"


def _line(*cells: object) -> str:
    return "| " + " | ".join(str(cell) for cell in cells) + " |"
