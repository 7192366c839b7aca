"""From what a data set lists to `clips.csv`: folds, classes, links to the audio, and what was left aside."""

import os
import shutil
from pathlib import Path

import pandas as pd

from pipeline import folds
from pipeline.errors import DataError

_AUDIO = {".wav", ".ogg", ".flac", ".mp3", ".aif", ".aiff", ".opus"}
_COLUMNS = ["clip_id", "path", "label", "verified", "split", "fold", "group"]


def prepare(table: pd.DataFrame, raw: Path, *, n_folds: int, seed: int) -> tuple[pd.DataFrame, list[str]]:
    """Check the table of a data set (the columns of every `datasets` plugin), deal folds, and link audio into `raw`.

    Folds that come with the data set are kept. A row whose audio is missing stays: the extraction of features
    quarantines it with the others that cannot be read.

    Returns:
        The clips, columns as in `schemas.CLIPS`, sorted by clip_id; and the classes: the labels of the training
        split, sorted.

    Raises:
        DataError: no training clip, a class without a verified clip, a test label that is no class, or folds that
            cannot be trained on.
    """
    clips = table.sort_values("clip_id", ignore_index=True)
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
    return clips[_COLUMNS + (["truth"] if "truth" in clips else [])], classes


def _classes(clips: pd.DataFrame) -> list[str]:
    twice = clips.loc[clips["clip_id"].duplicated() | clips["path"].duplicated(), "path"]
    if len(twice):
        raise DataError(f"clip {twice.iloc[0]!r}: listed more than once, expected each clip once")
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
            paths = [Path(folder) / name for name in names if Path(name).suffix.lower() in _AUDIO]
            found += [path.relative_to(root).as_posix() for path in paths if path not in listed]
    return pd.DataFrame({"path": sorted(found), "reason": "in no row of the data set"}, columns=["path", "reason"])
