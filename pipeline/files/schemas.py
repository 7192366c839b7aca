"""Schemas of the tables that flow between stages, checked at both ends by `pipeline.files.artifacts`."""

from pathlib import Path

import pandas as pd
import pandera.pandas as pa
from pandera.errors import SchemaErrors

from pipeline.errors import ArtifactError
from pipeline.files.problems import PROBLEMS

# What becomes of the label of a training clip, and of any clip.
DECIDED = ["verified", "reviewed", "promoted", "corrected", "left_out"]
OUTCOMES = [*DECIDED, "test"]

_TEXT = {"True": True, "False": False}


def _bool(series: pd.Series) -> pd.Series:
    return series if series.dtype == bool else series.map(_TEXT).astype(bool) if series.isin(_TEXT).all() else series


def _number(series: pd.Series) -> pd.Series:
    """An empty cell is an unknown number."""
    if series.dtype == float:
        return series
    values = pd.to_numeric(series.where(series != "", "nan"), errors="coerce")
    return series if (values.isna() & ~series.str.lower().isin(["", "nan"])).any() else values


def _table(columns: dict[str, pa.Column], **settings: object) -> pa.DataFrameSchema:
    return pa.DataFrameSchema(columns, strict=True, ordered=False, **settings)  # type: ignore[arg-type]


def _flag() -> pa.Column:
    return pa.Column(bool, parsers=pa.Parser(_bool))


_ID = pa.Column(
    str,
    [pa.Check.str_length(min_value=1), pa.Check(lambda s: s.is_monotonic_increasing, error="not sorted")],
    unique=True,
)

CLIPS = _table(
    {
        "clip_id": _ID,
        "path": pa.Column(str, pa.Check.str_length(min_value=1)),
        "label": pa.Column(str),
        "verified": _flag(),
        "split": pa.Column(str, pa.Check.isin(["train", "test"])),
        "fold": pa.Column(int, pa.Check.ge(-1), coerce=True),
        "group": pa.Column(str, pa.Check.str_length(min_value=1)),
        "truth": pa.Column(str, required=False),
        "licence": pa.Column(str, required=False),
        "uploader": pa.Column(str, required=False),
    }
)

FILES = _table({name: CLIPS.columns[name] for name in ("clip_id", "path", "split", "group")})

INDEX = _table(
    {
        "clip_id": _ID,
        "start": pa.Column(int, pa.Check.ge(0), coerce=True),
        "n_frames": pa.Column(int, pa.Check.ge(0), coerce=True),
        "seconds": pa.Column(float, pa.Check.ge(0), coerce=True),
        "offset": pa.Column(float, pa.Check.ge(0), coerce=True),
        "status": pa.Column(str, pa.Check.isin(["ok", "quarantined"])),
        "reason": pa.Column(str),
        "sha256": pa.Column(str),
        "flags": pa.Column(str),
        "sound": pa.Column(str),
    }
)

AUDIT = _table(
    {
        "problem": pa.Column(str, pa.Check.isin(list(PROBLEMS))),
        "clip_id": pa.Column(str),
        "other": pa.Column(str),
        "detail": pa.Column(str),
    }
)

LABELS = _table(
    {
        "clip_id": _ID,
        # Where the clip lies below one's own folder; runs of before did not say it.
        "path": pa.Column(str, pa.Check.str_length(min_value=1), required=False),
        "given": pa.Column(str),
        "label": pa.Column(str),
        "verified": _flag(),
        "review": pa.Column(str, pa.Check.isin(["", "accept", "reject", "relabel", "unsure"])),
        "spread_label": pa.Column(str),
        "confidence": pa.Column(float, pa.Check.in_range(0, 1), coerce=True),
        "abstained": _flag(),
        "promoted": _flag(),
        "family": pa.Column(str),
        "outcome": pa.Column(str, pa.Check.isin(OUTCOMES)),
        "target": pa.Column(str),
        "probability": pa.Column(float, pa.Check.in_range(0, 1), parsers=pa.Parser(_number), nullable=True),
        "outside": pa.Column(float, pa.Check.in_range(0, 1), parsers=pa.Parser(_number), nullable=True),
        "reason": pa.Column(str),
    }
)

_TRAINED_BY = ("clip_id", "label", "verified", "spread_label", "abstained", "promoted", "outcome", "target")
TARGETS = _table({name: LABELS.columns[name] for name in _TRAINED_BY})


def check(schema: pa.DataFrameSchema, table: pd.DataFrame, path: str | Path) -> pd.DataFrame:
    """Return `table` with the schema's dtypes.

    Raises:
        ArtifactError: naming the file, the column and the first offending value.
    """
    try:
        return schema.validate(table, lazy=True)
    except SchemaErrors as errors:
        first = errors.failure_cases.iloc[0]
        where = "columns" if first["schema_context"] == "DataFrameSchema" else f"column {first['column']!r}"
        where += f", row {first['index']}" if first["index"] is not None else ""
        raise ArtifactError(f"{path}: {where}: {first['check']} fails for {first['failure_case']!r}") from None
