"""The cleaned set as parquet, the sounds in it: a file a split, as the Hugging Face Hub has it.

Conventions: the column `audio` is `{bytes, path}`, the bytes being those of the file. pyarrow writes it, which is no
part of what Earmark installs.
"""

import importlib
import json
from pathlib import Path
from typing import Any

import pandas as pd

from pipeline.errors import DataError
from pipeline.export.forms import TAKEN, WHY
from pipeline.export.sounds import place

SPLITS = ("train", "test")
ROWS = 64  # of a group of rows: their sounds are held in memory together
NUMBERS = ("probability", "outside")


def parquet(out: Path, clips: pd.DataFrame, raw: Path, *, link: bool) -> int:
    """Write `data/train-00000-of-00001.parquet`, and one of the test clips if there are any.

    Raises:
        DataError: pyarrow is not installed, or links are asked for.
    """
    try:
        arrow, files = importlib.import_module("pyarrow"), importlib.import_module("pyarrow.parquet")
    except ImportError:
        raise DataError(
            "--to parquet: needs the package pyarrow, which is not installed; run `pip install pyarrow` in the "
            "environment of earmark, or take csv or audiofolder"
        ) from None
    if link:
        raise DataError("--link: a parquet file holds the sounds themselves; leave --link away")
    columns = [name for name in (*TAKEN, *WHY) if name in clips and name not in ("path", "split")]
    schema = _schema(arrow, columns)
    (out / "data").mkdir()
    for split in (name for name in SPLITS if (clips["split"] == name).any()):
        part = clips[clips["split"] == split]
        with files.ParquetWriter(out / "data" / f"{split}-00000-of-00001.parquet", schema) as writer:
            for start in range(0, len(part), ROWS):
                rows = part.iloc[start : start + ROWS]
                cells = {"audio": _sounds(rows, raw, out / ".sounds")} | {name: _cells(rows[name]) for name in columns}
                writer.write_table(arrow.table(cells, schema=schema))
    return 0


def _schema(arrow: Any, columns: list[str]) -> Any:
    """Return the types of the columns, with what a reader of `datasets` has to know: that `audio` is sound."""
    types = {"verified": "bool"} | dict.fromkeys(NUMBERS, "double")
    names = {"bool": "bool", "double": "float64"}
    known: dict[str, Any] = {"audio": {"_type": "Audio"}}
    known |= {name: {"dtype": names.get(types.get(name, ""), "string"), "_type": "Value"} for name in columns}
    sound = arrow.struct([("bytes", arrow.binary()), ("path", arrow.string())])
    fields = [("audio", sound)]
    fields += [(name, arrow.type_for_alias(types.get(name, "string"))) for name in columns]
    return arrow.schema(fields).with_metadata({"huggingface": json.dumps({"info": {"features": known}})})


def _sounds(rows: pd.DataFrame, raw: Path, folder: Path) -> list[dict[str, Any]]:
    """Return the bytes of each sound, which are compared with what the run has heard on their way."""
    names = [folder / str(number) for number in range(len(rows))]
    place(rows, raw, names, link=False)
    found = [{"bytes": name.read_bytes(), "path": path} for name, path in zip(names, rows["path"], strict=True)]
    for name in names:
        name.unlink()
    folder.rmdir()
    return found


def _cells(values: pd.Series) -> list[Any]:
    return [None if missing else value for value, missing in zip(values.tolist(), values.isna(), strict=True)]
