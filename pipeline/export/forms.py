"""The forms in which the cleaned set leaves as files: a table for `csv`, folders for `audiofolder`."""

import json
from pathlib import Path

import pandas as pd

from pipeline.export.sounds import place
from pipeline.files import formats

SOUNDS = "audio"
# What the data set `csv` takes; more would be refused by it.
TAKEN = ("path", "label", "verified", "split", "group", "licence", "uploader")
WHY = ("given", "outcome", "probability", "outside", "reason")


def csv(out: Path, clips: pd.DataFrame, raw: Path, *, link: bool) -> int:
    """Write `clips.csv`, which the data set `csv` takes as it is, `labels.csv` with the reasons, and the sounds."""
    names = [f"{SOUNDS}/{path}" for path in clips["path"]]
    copied = place(clips, raw, [out / name for name in names], link=link)
    table = clips.assign(path=names)
    formats.write_table(out / "clips.csv", table[[name for name in TAKEN if name in table]])
    _reasons(out, table)
    return copied


def audiofolder(out: Path, clips: pd.DataFrame, raw: Path, *, link: bool) -> int:
    """Write a folder a split with the sounds and `metadata.jsonl`, as Hugging Face's `audiofolder` takes them.

    JSON, as the types of a CSV are guessed there, a file at a time: a class `NA` would be none, `007` a number, and a
    column that is empty in one split another kind of thing than in the other. For the same reason a number that is not
    known is `NaN`, which is no JSON by the letter, but read as a number.
    """
    names = [f"{split}/{SOUNDS}/{path}" for split, path in zip(clips["split"], clips["path"], strict=True)]
    copied = place(clips, raw, [out / name for name in names], link=link)
    columns = [name for name in (*TAKEN, *WHY) if name in clips and name not in ("path", "split")]
    for split, part in clips.groupby("split"):
        rows = part.assign(file_name=[f"{SOUNDS}/{path}" for path in part["path"]])[["file_name", *columns]]
        lines = [json.dumps(row, ensure_ascii=False) + "\n" for row in rows.to_dict("records")]
        (out / str(split) / "metadata.jsonl").write_text("".join(lines), encoding="utf-8")
    return copied


def _reasons(out: Path, table: pd.DataFrame) -> None:
    columns = ["path", "label", "verified", "split", *WHY, *(name for name in ("licence", "uploader") if name in table)]
    formats.write_table(out / "labels.csv", table[columns])
