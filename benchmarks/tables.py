"""Fill the tables of both READMEs with the rows of `benchmarks.label_quality`.

    python -m benchmarks.tables

A table is known by its heading; what stands below it is replaced, what stands around it is left alone. Rows are of
within-group noise but for the table of the other kinds. Figures are percent, mean and half of the 95% interval over
the seeds (`benchmarks._stats`).
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks import _stats, _table

RESULTS = tuple(Path("benchmarks/results") / f"label_quality{end}.csv" for end in ("", "_kinds", "_digits"))
READMES = (Path("README.md"), Path("benchmarks/README.md"))
Row = Mapping[Any, Any]
_WITHIN = "within_group"
_NAMES = {"esc10": "ESC-10", "demo": "demo", "digits": "digits"}
_JUDGES = (
    "the report",
    "self-training classifier",
    "clean learning",
    "cleanlab",
    "earmark, same features",
    "latents",
    "out_of_fold",
    "both",
)
_SHORT = "| data | labels wrong | promoted and right (precision) | of the right ones (recall) | AUROC |"
_LONG = "| data | noise | method | precision | recall | AUROC |"
_KINDS = "| data | noise is | rate | method | precision | recall | AUROC |"
_LONGER = "| data | noise | seeds | verified only, longer | all as given, longer | earmark | oracle, longer |"
_CONTINUED = "| data | noise | seeds | verified only, from the judges | all as given, from the judges | cleanlab |"
_NETWORKS = "| data | noise | seeds | verified only | all as given | the report | earmark, from scratch |"
_LOGISTIC = "| data | noise | seeds | verified only | all as given | self-training classifier | clean learning |"


def promoted(rows: pd.DataFrame) -> list[str]:
    """What Earmark says of the labels, a line a data set and rate."""
    return [
        _line(_NAMES[one["dataset"]], _mean(one, "noise_true"), *_scores(one), *_estimates(one))
        for one in _judged(rows, ("both",))
    ]


def judged(methods: tuple[str, ...], *, others: bool = False) -> Callable[[pd.DataFrame], list[str]]:
    """Return what lists what `methods` say of the labels; `others`: of other noise than within groups."""

    def lines(rows: pd.DataFrame) -> list[str]:
        return [
            _line(
                _NAMES[one["dataset"]],
                *([one["kind"].replace("_", " ")] if others else []),
                f"{one['rate']:.0%}",
                one["method"],
                *_scores(one),
                _mean(one, "precision_estimate"),
                _mean(one, "noise_true"),
                *_estimates(one)[1:],
                *([_spread(one, "outside_estimate")] if others else []),
            )
            for one in _judged(rows, methods, others=others)
        ]

    return lines


def trained(kind: str, methods: tuple[str, ...]) -> Callable[[pd.DataFrame], list[str]]:
    """Return what lists the test accuracy by `methods`, a line a data set and rate; `kind`: a `row` of the results."""

    def lines(rows: pd.DataFrame) -> list[str]:
        part = rows[(rows["row"] == kind) & (rows["kind"] == _WITHIN)]
        means = {(one["dataset"], one["rate"], one["method"]): one for one in _records(_stats.summary(part))}
        gaps = _records(_stats.gap_closed(part, "earmark"))
        return [
            _line(
                _NAMES[name],
                f"{gap['rate']:.0%}",
                gap["seeds"],
                *(_spread(means[name, gap["rate"], method], "accuracy") for method in methods),
                _closed(gap),
            )
            for name in _NAMES
            for gap in gaps
            if gap["dataset"] == name
        ]

    return lines


TABLES: dict[str, Callable[[pd.DataFrame], list[str]]] = {
    _SHORT: promoted,
    _LONG: judged(_JUDGES),
    _KINDS: judged(("cleanlab", "both"), others=True),
    _LONGER: trained("longer", ("verified only", "all as given", "earmark", "oracle")),
    _CONTINUED: trained("continued", ("verified only", "all as given", "cleanlab", "earmark", "oracle")),
    _NETWORKS: trained("network", ("verified only", "all as given", "the report", "earmark", "oracle")),
    _LOGISTIC: trained(
        "logistic",
        ("verified only", "all as given", "self-training classifier", "clean learning", "earmark", "oracle"),
    ),
}


def filled(text: str, rows: pd.DataFrame) -> str:
    """Return `text` with every table of `TABLES` in it as the rows have it."""
    lines = text.split("\n")
    for heading, made in TABLES.items():
        for at in [i for i, line in enumerate(lines) if line.startswith(heading)]:
            end = at
            while end < len(lines) and lines[end].startswith("|"):
                end += 1
            lines[at + 2 : end] = made(rows)
    return "\n".join(lines)


def read(root: Path = Path()) -> pd.DataFrame:
    """Return the rows of all `RESULTS`, below `root`."""
    return pd.concat([_table.read(root / path) for path in RESULTS], ignore_index=True)


def _judged(rows: pd.DataFrame, methods: tuple[str, ...], *, others: bool = False) -> list[Row]:
    """Sum up what these methods say of the labels, of within-group noise or of the others."""
    part = rows[rows["row"].eq("judge") & rows["method"].isin(methods) & (rows["kind"].eq(_WITHIN) ^ others)]
    table = _stats.summary(part)
    order = {name: place for place, name in enumerate([*_NAMES, *methods])}
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


def main() -> None:
    """Rewrite the tables of both READMEs."""
    rows = read()
    for path in READMES:
        path.write_text(filled(path.read_text(encoding="utf-8"), rows), encoding="utf-8")


if __name__ == "__main__":
    main()
