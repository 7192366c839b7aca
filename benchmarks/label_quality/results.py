"""Rows of a bench: kept in a CSV that a killed run goes on with, and shown as a table and a figure.

Conventions: a row is one measurement at one setting and seed, told apart by `KEY`; shares are in [0, 1], log losses in
nats, NaN where a method has no such figure. What a row measures (`row`): a network (`network`, `continued`, `longer`,
see `benchmarks.label_quality.networks`) or a `logistic` regression that was trained by a method, or a method as a
`judge` of given labels.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.common.lock import alone
from benchmarks.common.stats import BASELINES, ORACLE, SETTING, gap_closed, summary
from benchmarks.label_quality.figure import figure
from pipeline.errors import ArtifactError
from pipeline.files import formats

__all__ = ["append", "done", "figure", "gap_closed", "markdown", "read", "summary"]

KEY = [*SETTING, "seed", "row", "method"]
_TEXT = ["dataset", "kind", "row", "method"]
_NATS = {"log_loss"}
_COUNTS = {"seeds", "steps", "members", "trusted", "corrected"}
_TRAINED = {
    "accuracy": "accuracy",
    "single": "one network",
    "map3": "MAP@3",
    "log_loss": "log loss",
    "closed": "gap closed",
    "best": "beside",
    "steps": "steps",
}
_JUDGED = {
    "precision": "precision",
    "recall": "recall",
    "auroc": "AUROC",
    "average_precision": "average precision",
    "precision_estimate": "precision, estimated",
    "noise_true": "noise",
    "noise_estimate": "noise, estimated",
    "outside_true": "of no class",
    "outside_estimate": "of no class, estimated",
    "corrected": "corrected",
    "corrections_right": "corrections right",
}


def read(path: Path) -> pd.DataFrame:
    """Return the rows in `path`: the columns of `KEY` and whatever was measured; none where there is no such file.

    Raises:
        ArtifactError: it lacks a column of `KEY`, or what should be a number is none.
    """
    if not path.is_file():
        return _frame([])
    table = formats.read_table(path)
    missing = [name for name in KEY if name not in table]
    if missing:
        raise ArtifactError(f"{path}: found no column {missing[0]!r}, expected {', '.join(KEY)}; name another file")
    try:
        return _frame(table.to_dict("records"))
    except ValueError as error:
        raise ArtifactError(f"{path}: {error}, expected numbers; correct the row or remove it") from None


def _frame(rows: Sequence[Mapping[Any, Any]]) -> pd.DataFrame:
    table = pd.DataFrame(list(rows))
    table = table.reindex(columns=[*KEY, *(name for name in table if name not in KEY)])
    numbers = [str(name) for name in table if name not in _TEXT]
    table[numbers] = table[numbers].replace("", np.nan).astype(np.float64)
    return table.astype({"seed": int} | dict.fromkeys(_TEXT, "str")).round({"rate": 6})


def done(path: Path, keys: Sequence[str] = KEY) -> frozenset[tuple[Any, ...]]:
    """Return what need not be measured again: the values in the columns `keys` of each row."""
    columns = [read(path)[name].tolist() for name in keys]
    return frozenset(zip(*columns, strict=True))


def append(path: Path, row: Mapping[str, Any]) -> None:
    """Add a row whole or not at all, also while another process adds its own.

    Raises:
        ArtifactError: a row of this key is there already.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with alone(path.parent):
        before, new = read(path), _frame([row])
        key = tuple(new[KEY].iloc[0].tolist())
        if key in set(before[KEY].itertuples(index=False, name=None)):
            raise ArtifactError(f"{path}: has a row of {key} already; remove it to measure it again")
        formats.write_table(path, _frame([*before.to_dict("records"), *new.to_dict("records")]))


def markdown(rows: pd.DataFrame) -> str:
    """Return the rows, summed up over seeds, as Markdown: a table of each `row`, shares in percent.

    An interval stands behind its mean, as `mean (low to high)`.
    """
    parts = []
    for name, part in rows.groupby("row", sort=False):
        table = summary(part)
        if name == "judge":
            shown = _JUDGED
        else:
            gaps = [gap_closed(part, method) for method in dict.fromkeys(part["method"])]
            table = table.merge(pd.concat(gaps).drop(columns="seeds"), how="left", on=[*SETTING, "row", "method"])
            ends = table["method"].isin([*BASELINES, ORACLE])
            table.loc[ends, ["closed", "closed_low", "closed_high", "best"]] = np.nan
            shown = _TRAINED
        parts.append(f"### {name}\n\n{_lines(table, shown)}")
    return "\n\n".join(parts)


def _lines(table: pd.DataFrame, shown: Mapping[str, str]) -> str:
    """Lay out the setting, method and seeds of a summary, and those columns of `shown` that it has values in."""
    always = {"dataset": "data set", "kind": "noise is", "rate": "rate", "method": "method", "seeds": "seeds"}
    names = always | {n: title for n, title in shown.items() if n in table and table[n].notna().any()}
    text = {"dataset", "kind", "method", "best"}
    rows = [list(names.values()), ["---" if n in text else "---:" for n in names]]
    rows += [[_cell(row, n) for n in names] for row in table.to_dict("records")]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _cell(row: Mapping[Any, Any], name: str) -> str:
    value = row[name]
    if isinstance(value, str):
        return value.replace("_", " ").replace("|", "\\|")
    if name == "rate":
        return f"{value:.0%}"
    if name in _COUNTS or pd.isna(value):
        return _number(value, 0)
    low, high = row.get(f"{name}_low", np.nan), row.get(f"{name}_high", np.nan)
    scale, places = (1, 3) if name in _NATS else (100, 1)
    low, high = (_number(scale * float(end), places) for end in (low, high))
    return _number(scale * value, places) + (f" ({low} to {high})" if low and high else "")


def _number(value: float, places: int) -> str:
    return "" if pd.isna(value) else f"{value:.{places}f}".replace("-", "−").replace("inf", "∞")
