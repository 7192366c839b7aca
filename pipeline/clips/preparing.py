"""From what a data set lists to `clips.csv`: folds, classes, links to the audio, and what was left aside."""

import os
import shutil
import unicodedata
from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from pipeline.audio.endings import is_sound
from pipeline.clips import folds
from pipeline.errors import DataError
from pipeline.files.faults import listed
from pipeline.files.names import alike, apart, control, tidy

_COLUMNS = ["clip_id", "path", "label", "verified", "split", "fold", "group"]
_OPTIONAL = ["truth", "licence", "uploader"]


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
        _check_groups(part, n_folds)
        dealt = folds.assign(
            list(part["label"]), list(part["group"]), list(part["verified"]), n_folds=n_folds, seed=seed
        )
        clips["fold"] = -1
        clips.loc[train, "fold"] = dealt
        _check_spread(clips[train], classes)
    folds.check(clips, classes, n_folds=n_folds)
    for source, path in zip(clips["source"], clips["path"], strict=True):
        link(Path(source), raw / path)
    return clips[_COLUMNS + [name for name in _OPTIONAL if name in clips]], classes


def _check_names(clips: pd.DataFrame) -> None:
    """Refuse texts that break out of their cell, and names that another file system or reader takes for one."""
    shown = ("clip_id", "path", "label", "truth", "group", "licence", "uploader")
    columns = [column for column in shown if column in clips]
    odd = [
        f"clip {clip!r}: {column} {text!r}: found blanks alone or a control character, expected a name; correct it"
        for column in columns
        for clip, text in zip(clips["clip_id"], clips[column], strict=True)
        if control(text) or (text and column in ("label", "truth") and not tidy(text))
    ]
    for column in ("clip_id", "path"):
        odd += [
            f"clip {other!r}: listed more than once, as {one!r} too; expected each clip once"
            for one, other in _same(clips[column])
        ]
    labels = sorted(set(clips["label"]).union(clips.get("truth", ())))
    odd += [
        f"labels {one!r} and {other!r}: {apart(one, other)}; write both the same way" for one, other in alike(labels)
    ]
    groups = sorted(set(clips["group"]) - set(clips["path"]))
    odd += [
        f"groups {one!r} and {other!r}: {apart(one, other)}; write both the same way"
        for one, other in alike(groups, case=True)
    ]
    _refuse(odd, "names to correct")


def _refuse(problems: list[str], what: str) -> None:
    if problems:
        raise DataError(listed(problems, what))


def _same(names: Iterable[str]) -> list[tuple[str, str]]:
    """Return the names that another file system takes for one: each with the first such."""
    seen: dict[str, str] = {}
    pairs = []
    for name in names:
        key = unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold()).strip()
        if key in seen:
            pairs.append((seen[key], name))
        seen.setdefault(key, name)
    return pairs


def _classes(clips: pd.DataFrame) -> list[str]:
    train = clips[clips["split"] == "train"]
    classes = sorted(set(train["label"]) - {""})
    if len(classes) < 2:
        raise DataError(f"found {len(train)} training clips of {len(classes)} classes, expected at least two classes")
    nameless = train.loc[train["verified"] & (train["label"] == ""), "path"]
    _refuse(
        [f"clip {path!r}: verified without a label; give it one, or mark it unverified" for path in nameless],
        "clips without a label",
    )
    verified = set(train.loc[train["verified"], "label"])
    without = [name for name in classes if name not in verified]
    if without:
        raise DataError(
            f"found no verified training clip of {', '.join(map(repr, without))}, expected at least one a class; "
            "verify some (`earmark review --start` plays them), or leave the class out"
        )
    test = clips[clips["split"] == "test"]
    unknown = test[~test["label"].isin([*classes, ""])]
    _refuse(
        [
            f"test clip {path!r}: label {label!r}, expected one of the training split: {', '.join(classes)}"
            for path, label in zip(unknown["path"], unknown["label"], strict=True)
        ],
        f"test clips, of {unknown['label'].nunique()} labels that no training clip has",
    )
    return classes


def _check_groups(train: pd.DataFrame, n_folds: int) -> None:
    """Say why no folds can be dealt before a fold is missed: groups are whole."""
    sizes = train["group"].value_counts()
    if len(sizes) < n_folds:
        held = ", ".join(f"{name!r} with {count}" for name, count in sizes.items())
        fit = f"set folds to {len(sizes)} or fewer, or " if len(sizes) > 1 else ""
        raise DataError(
            f"folds: found {n_folds}, but the {len(train)} training clips are in {len(sizes)} "
            f"group{'s' if len(sizes) > 1 else ''} (column group: {held}), and a group is not split; {fit}give clips "
            "that have nothing in common groups of their own, or leave the column group out"
        )


def _check_spread(train: pd.DataFrame, classes: list[str]) -> None:
    """Name every class whose clips lie in one fold, so that holding it out leaves none to train on."""
    problems = []
    for name, part in train[train["label"] != ""].groupby("label"):
        if len(set(part["fold"])) == 1:
            clips, groups = len(part), part["group"].nunique()
            held = f"{clips} clip{'s' if clips > 1 else ''} in {groups} group{'s' if groups > 1 else ''}"
            problems.append(
                f"class {name!r}: all training clips lie in fold {part['fold'].iloc[0]}, so that none is left to train "
                f"on when it is held out ({held}); add clips of other groups, or leave the class out"
            )
    _refuse(problems, f"classes of {len(classes)} that are too small")


def apart_from(root: Path, made: Iterable[Path], key: str = "dataset.root") -> None:
    """Make sure that the user's folder and those that a run writes do not lie in each other.

    Raises:
        DataError: they do; a run would read what it writes, or remove what it is to read.
    """
    here = root.resolve()
    for out in made:
        there = out.resolve()
        if here == there or there in here.parents or here in there.parents:
            how = "is" if here == there else "lies in" if there in here.parents else "holds"
            raise DataError(
                f"{key}: found {str(root)!r}, which {how} {str(out)!r}, where a run writes; expected a folder of "
                "sounds alone: name the one that holds them (data/sounds is kept for them), or move them there"
            )


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


def forget_missing(folder: Path) -> int:
    """Take away links below a folder to audio that is gone, and return how many there were.

    DVC reads what a stage has written before it asks whether the stage is to run again, and ends at such a link.
    """
    links = [path for path in folder.rglob("*") if path.is_symlink() and not path.exists()] if folder.is_dir() else []
    for link in links:
        link.unlink()
    return len(links)


def ignored(table: pd.DataFrame, root: Path, raw: Path) -> pd.DataFrame:
    """List audio below `root` that is in no row of a data set's table, as `path` (relative to root) and `reason`.

    Empty where the data set does not lie below `root`, or where `raw` does too.
    """
    root, raw = root.resolve(), raw.resolve()
    known = {Path(source) for source in table["source"]}
    found: list[str] = []
    if any(source.is_relative_to(root) for source in known) and not raw.is_relative_to(root):
        for folder, _, names in os.walk(root):
            paths = [Path(folder) / name for name in names]
            rest = [path.relative_to(root) for path in paths if path not in known]
            found += [path.as_posix() for path in rest if is_sound(path)]
    return pd.DataFrame({"path": sorted(found), "reason": "in no row of the data set"}, columns=["path", "reason"])
