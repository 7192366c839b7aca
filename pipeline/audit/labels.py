"""What is the matter with the labels and groups, by counting, and with verified clips, by what sounds like them.

Conventions: rows are `problem, clip_id, other, detail` as in `schemas.AUDIT`; `clips` is the training split, columns as
in `schemas.CLIPS`.
"""

from collections.abc import Iterator

import numpy as np
import pandas as pd
from sklearn.neighbors import NearestNeighbors

Row = tuple[str, str, str, str]
# What tables say where there is no label.
PLACEHOLDERS = frozenset(
    "nan na n/a none null nil unknown unlabeled unlabelled undefined tbd todo - -- ? .".split()  # noqa: SIM905
)
FEW = 10  # clips of a class, below which judges learn little
TIMES = 10  # as many clips of one class as of another
NEAR = 10  # clips that sound most like one
AGREED = 6  # of these, that have to be of one other class
ENOUGH = 6  # verified clips of a class, from which it can be said what is unlike it


def of_classes(clips: pd.DataFrame) -> Iterator[Row]:
    """Yield placeholders, small classes, imbalance and groups that have most clips of a class."""
    labelled = clips[clips["label"] != ""]
    count = labelled["label"].value_counts()
    for name in sorted(count.index):
        if name.strip().casefold() in PLACEHOLDERS:
            yield "placeholder", "", name, _clips(int(count[name]))
    for name in sorted(count.index):
        part = labelled[labelled["label"] == name]
        verified, groups = int(part["verified"].sum()), part["group"].nunique()
        if len(part) < FEW:
            yield (
                "small_class",
                "",
                str(name),
                f"{_clips(len(part))}, {verified} verified, {groups} in groups of their own",
            )
        largest = part["group"].value_counts()
        if len(part) >= FEW and largest.iloc[0] > len(part) / 2:
            yield "large_group", "", str(largest.index[0]), f"{int(largest.iloc[0]):,} of {len(part):,} clips of {name}"
    if len(count) and count.iloc[0] >= TIMES * count.iloc[-1]:
        most, least = count.index[0], count.index[-1]
        detail = f"{_clips(int(count.iloc[0]))} of {most}, {count.iloc[-1]:,} of {least}"
        yield "imbalance", "", str(most), detail


def _clips(n: int) -> str:
    return f"{n:,} clip" if n == 1 else f"{n:,} clips"


def unlike_class(clips: pd.DataFrame, summary: np.ndarray) -> Iterator[Row]:
    """Yield verified clips that sound like another class: of the ten most alike, six are of it and none of their own.

    Args:
        clips: the verified clips that can be heard.
        summary: float (n, d), a description of each one's sound, see `summaries`.
    """
    label, group = clips["label"].to_numpy(dtype=str), clips["group"].to_numpy(dtype=str)
    size = clips["label"].map(clips["label"].value_counts()).to_numpy()
    if len(clips) <= NEAR + 1:
        return
    # Those of its own group say nothing: there may be many, so more are asked for.
    most = int(clips["group"].value_counts().iloc[0])
    search = NearestNeighbors(n_neighbors=min(len(clips) - 1, NEAR + most), metric="euclidean").fit(summary)
    near = search.kneighbors(return_distance=False)
    for row in range(len(clips)):
        others = near[row][group[near[row]] != group[row]][:NEAR]
        if size[row] < ENOUGH or len(others) < NEAR or (label[others] == label[row]).any():
            continue
        names, counts = np.unique(label[others], return_counts=True)
        if counts.max() >= AGREED:
            most_of = f"{counts.max()} of the {NEAR} that sound most like it are {names[counts.argmax()]}"
            yield "unlike_class", str(clips["clip_id"].iloc[row]), "", f"{most_of}, none is {label[row]}"


def summaries(clip: np.ndarray) -> np.ndarray:
    """Return float32 (2 * n_bins,): mean and spread of the frames of a clip, float (n_frames, n_bins), by bin."""
    frames = clip.astype(np.float32)
    return np.concatenate([frames.mean(axis=0), frames.std(axis=0)])


def scaled(summary: np.ndarray) -> np.ndarray:
    """Return (n, d) with each column of mean 0 and spread 1; a constant column is 0."""
    spread = summary.std(axis=0)
    result: np.ndarray = (summary - summary.mean(axis=0)) / np.where(spread > 0, spread, 1)
    return result
