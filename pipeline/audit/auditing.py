"""The audit of a data set: which clips belong together, what follows for the split, and the table of problems."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from pipeline.audit import conflicts, labels, pairs
from pipeline.clips import dealing
from pipeline.clips.dealing import Given
from pipeline.errors import DataError
from pipeline.files import problems, schemas
from pipeline.files.frames import Frames
from pipeline.params.data import Audit

_NAMED = 20


@dataclass(frozen=True)
class Audited:
    """What the audit makes of the clips.

    Attributes:
        clips: as listed, but that clips with the same sound share a group, which neither split nor folds part, and
            that verified clips whose sound stands under two labels are not verified.
        problems: columns as in `schemas.AUDIT`.
    """

    clips: pd.DataFrame
    problems: pd.DataFrame


def audit(
    listed: pd.DataFrame,
    classes: list[str],
    features: Frames,
    spectra: np.ndarray,
    raw: Path,
    given: Given,
    settings: Audit,
    *,
    n_folds: int,
    seed: int,
    jobs: int,
) -> Audited:
    """Look for what is the matter with the sounds, and keep together what belongs together.

    Args:
        listed: one row a clip, columns as in `schemas.CLIPS`; labels of test clips and `truth` are not looked at.
        classes: the classes of the training split.
        features: of the same clips, in the same order.
        spectra: float32 (n_clips, bands), see `pipeline.audio.spectrum`.
        raw: the folder that the paths of `listed` are below.
        given: what of the split the data set says itself.
        settings: how alike is nearly the same, and what is done about pairs that the given split parts.
        n_folds: number of folds.
        seed: of folds that are dealt anew.
        jobs: processes, -1 for one a core.

    Raises:
        DataError: the same sound on both sides of a given split, unless the settings say to count it; a class whose
            verified clips all contradict others; folds that cannot be trained on.
    """
    paths = [raw / path for path in listed["path"]]
    found = pairs.find(features.index, spectra, paths, least=settings.nearly_same, jobs=jobs)
    parted = dealing.parted(listed, found, given)
    if settings.across_split == "refuse":
        dealing.refuse_parted(listed, found[parted])
    group = dealing.together(listed, found[~parted])
    clips = dealing.deal(listed, group, classes, given, n_folds=n_folds, seed=seed)
    unsettled = conflicts.unsettled(clips, found)
    clips = clips.assign(verified=clips["verified"] & ~unsettled)
    _still_verified(clips, classes, found)
    known = (listed["group"].to_numpy()[found["a"]] == listed["group"].to_numpy()[found["b"]]) & ~found["same"]
    rows = [*_of_clips(features.index), *_of_pairs(clips, found, parted, known), *_of_labels(clips, features)]
    table = pd.DataFrame(rows, columns=list(schemas.AUDIT.columns)).astype(str)
    rank = table["problem"].map({name: i for i, name in enumerate(problems.PROBLEMS)})
    table = table.assign(rank=rank).sort_values(["rank", "clip_id", "other"], kind="stable", ignore_index=True)
    return Audited(clips=clips, problems=table.drop(columns="rank"))


def _still_verified(clips: pd.DataFrame, classes: list[str], found: pd.DataFrame) -> None:
    train = clips[clips["split"] == "train"]
    lost = sorted(set(classes) - set(train.loc[train["verified"], "label"]))
    if not lost:
        return
    both = conflicts.of(clips, found) & clips["label"].isin(lost).to_numpy()[found["a"]]
    both |= conflicts.of(clips, found) & clips["label"].isin(lost).to_numpy()[found["b"]]
    path, label = clips["path"].to_numpy(), clips["label"].to_numpy()
    named = [
        f"  {path[a]} ({label[a]}) and {path[b]} ({label[b]})"
        for a, b in found.loc[both, ["a", "b"]].head(_NAMED).itertuples(index=False)
    ]
    raise DataError(
        f"found no verified training clip of {', '.join(map(repr, lost))} whose sound does not stand under another "
        "label too, expected at least one a class\n" + "\n".join(named) + "\nCorrect one label of each pair"
    )


def _of_clips(index: pd.DataFrame) -> Iterator[labels.Row]:
    for clip_id, status, reason, cell in index[["clip_id", "status", "reason", "flags"]].itertuples(index=False):
        if status == "quarantined":
            yield "quarantined", clip_id, "", reason
        for name, said in problems.from_text(cell).items():
            yield name, clip_id, "", said


def _of_pairs(clips: pd.DataFrame, found: pd.DataFrame, parted: np.ndarray, known: pd.Series) -> Iterator[labels.Row]:
    """Yield what is the matter with pairs; that takes of one `group` are alike was `known`."""
    ids, label = clips["clip_id"].to_numpy(), clips["label"].to_numpy()
    split, fold = clips["split"].to_numpy(), clips["fold"].to_numpy()
    differ = conflicts.of(clips, found)
    columns = (found[name].tolist() for name in ("a", "b", "likeness", "same"))
    for a, b, alike, same, apart, two, said in zip(*columns, parted, differ, known, strict=True):
        if not said:
            yield "same_sound" if same else "nearly_same", ids[a], ids[b], "" if same else f"likeness {alike:.2f}"
        if two:
            yield "conflict", ids[a], ids[b], f"{label[a]} and {label[b]}"
        if apart:
            where = [split[i] if split[i] == "test" else f"fold {fold[i]}" for i in (a, b)]
            yield "across_split", ids[a], ids[b], " and ".join(where)


def _of_labels(clips: pd.DataFrame, features: Frames) -> Iterator[labels.Row]:
    train = (clips["split"] == "train").to_numpy()
    yield from labels.of_classes(clips[train])
    rows = np.flatnonzero(train & clips["verified"].to_numpy(dtype=bool) & features.ok)
    if rows.size:
        summary = np.array([labels.summaries(features.clip(int(row))) for row in rows])
        yield from labels.unlike_class(clips.iloc[rows], labels.scaled(summary))
