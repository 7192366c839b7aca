"""From what a data set lists to `clips.csv`: folds, classes, links to the audio, and what was left aside."""

import os
import shutil
import unicodedata
from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from pipeline.audio.endings import ENDINGS
from pipeline.clips import folds
from pipeline.errors import DataError

_COLUMNS = ["clip_id", "path", "label", "verified", "split", "fold", "group"]
_IF_THERE = ["truth", "licence", "uploader"]


def prepare(table: pd.DataFrame, raw: Path, *, n_folds: int, seed: int) -> tuple[pd.DataFrame, list[str]]:
    """Check the table of a data set (the columns of every `datasets` plugin), deal folds, and link audio into `raw`.

    Folds that come with the data set are kept. A row whose audio is missing stays: the extraction of features
    quarantines it with the others that cannot be read.

    Returns:
        The clips, columns as in `schemas.CLIPS`, sorted by clip_id; and the classes: the labels of the training
        split, sorted.

    Raises:
        DataError: clips or classes whose names cannot be told apart everywhere, no training clip, a class without a
            verified clip, a test label that is no class, or folds that cannot be trained on.
    """
    clips = table.sort_values("clip_id", ignore_index=True)
    _check_names(clips)
    classes = _classes(clips)
    train = clips["split"] == "train"
    if "fold" not in clips:
        part = clips[train]
        dealt = folds.assign(
            list(part["label"]), list(part["group"]), list(part["verified"]), n_folds=n_folds, seed=seed
        )
        clips["fold"] = -1
        clips.loc[train, "fold"] = dealt
    folds.check(clips, classes, n_folds=n_folds)
    for source, path in zip(clips["source"], clips["path"], strict=True):
        link(Path(source), raw / path)
    return clips[_COLUMNS + [name for name in _IF_THERE if name in clips]], classes


def _check_names(clips: pd.DataFrame) -> None:
    """Refuse names that another file system, or another reader, takes for one: by case or Unicode form."""
    for column in ("clip_id", "path"):
        same = _alike(clips[column])
        if same:
            raise DataError(f"clip {same[1]!r}: listed more than once, as {same[0]!r} too; expected each clip once")
    labels = sorted(set(clips["label"]).union(clips.get("truth", ())))
    same = _alike(labels)
    if same:
        raise DataError(
            f"labels {same[0]!r} and {same[1]!r}: differ by case, Unicode form or spaces only; write both the same way"
        )
    odd = [label for label in labels if label.isspace() or any(unicodedata.category(c) == "Cc" for c in label)]
    if odd:
        raise DataError(f"label {odd[0]!r}: found blanks alone or a control character, expected a name; correct it")


def _alike(names: Iterable[str]) -> tuple[str, str] | None:
    """Return the first two names that are alike, or None."""
    seen: dict[str, str] = {}
    for name in names:
        key = unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold()).strip()
        if key in seen:
            return seen[key], name
        seen[key] = name
    return None


def _classes(clips: pd.DataFrame) -> list[str]:
    train = clips[clips["split"] == "train"]
    classes = sorted(set(train["label"]) - {""})
    if len(classes) < 2:
        raise DataError(f"found {len(train)} training clips of {len(classes)} classes, expected at least two classes")
    nameless = train.loc[train["verified"] & (train["label"] == ""), "path"]
    if len(nameless):
        raise DataError(f"clip {nameless.iloc[0]!r}: verified without a label; give it one, or mark it unverified")
    without = [name for name in classes if name not in set(train.loc[train["verified"], "label"])]
    if without:
        raise DataError(
            f"found no verified training clip of {', '.join(map(repr, without))}, expected at least one a class; "
            f"verify some, or leave the class out"
        )
    test = clips[clips["split"] == "test"]
    unknown = test[~test["label"].isin([*classes, ""])]
    if len(unknown):
        label, path = unknown["label"].iloc[0], unknown["path"].iloc[0]
        raise DataError(
            f"test clip {path!r}: label {label!r}, expected one of the training split: {', '.join(classes)}"
        )
    return classes


def link(source: Path, target: Path) -> None:
    """Make `target` a link to `source`, or a copy where the file system has no links; nothing if it is missing."""
    if target.absolute() == source.absolute() or not os.path.lexists(source):
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        target.symlink_to(source)
    except OSError:
        if source.is_file():
            shutil.copyfile(source, target)


def ignored(table: pd.DataFrame, root: Path, raw: Path) -> pd.DataFrame:
    """List audio below `root` that is in no row of a data set's table, as `path` (relative to root) and `reason`.

    Empty where the data set does not lie below `root`, or where `raw` does too.
    """
    root, raw = root.resolve(), raw.resolve()
    listed = {Path(source) for source in table["source"]}
    found: list[str] = []
    if any(source.is_relative_to(root) for source in listed) and not raw.is_relative_to(root):
        for folder, _, names in os.walk(root):
            paths = [Path(folder) / name for name in names if Path(name).suffix.lower() in ENDINGS]
            found += [path.relative_to(root).as_posix() for path in paths if path not in listed]
    return pd.DataFrame({"path": sorted(found), "reason": "in no row of the data set"}, columns=["path", "reason"])
