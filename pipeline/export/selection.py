"""Which clips leave, with what label, how sure that is, and why.

Conventions: what is exported is the user's own data, so that test clips leave with the label that their table gave
them; nothing here is read by anything that learns.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from pipeline.errors import ArtifactError, DataError
from pipeline.files import artifacts, formats, frames
from pipeline.files.schemas import OUTCOMES
from pipeline.files.shown import plain
from pipeline.results.licences import NOT_STATED, named

# A clip that was left out has no label that anybody trusts.
USUAL = tuple(name for name in OUTCOMES if name != "left_out")
KEPT = ("licence", "uploader")


@dataclass(frozen=True)
class Chosen:
    """What leaves, and what does not.

    Attributes:
        clips: a row a clip, in the order of clips.csv: `path, label, verified, split, group`, then `given, outcome,
            probability, outside, reason`, then `licence, uploader` where the data set's table has them; and `sha256`.
            `label` is '' where there is none; `probability` NaN where nothing was decided.
        stays: how many clips stay behind, by why.
        run_id: see `store.run_id`.
    """

    clips: pd.DataFrame
    stays: dict[str, int]
    run_id: str


def choose(run: Path, only: Sequence[str] = USUAL, licences: Sequence[str] = ()) -> Chosen:
    """Return the clips of a run whose outcome is one of `only` and, if any are named, whose licence is one of those.

    Clips that are quarantined stay behind: nobody can hear them.

    Raises:
        ArtifactError: the run has not ended, or a file of it is damaged.
        DataError: an outcome or a licence that there is not, or no clip is left.
    """
    unknown = [name for name in only if name not in OUTCOMES]
    if unknown or not only:
        raise DataError(f"--only: found {plain(unknown[0] if unknown else '')!r}, expected of {', '.join(OUTCOMES)}")
    clips = artifacts.read_answers(run / "clips")
    labels = artifacts.read_labels(run / "labels")
    artifacts.same_clips(labels, clips, run / "labels" / "labels.csv")
    index = frames.read_features(run / "features").index
    artifacts.same_clips(index, clips, run / "features" / "index.csv")
    whole = _table(clips, labels).assign(sha256=index["sha256"].to_numpy())
    stays: dict[str, int] = {}
    keep = _less(stays, np.ones(len(whole), dtype=bool), (index["status"] == "ok").to_numpy(), "quarantined")
    for outcome in OUTCOMES:
        if outcome not in only:
            keep = _less(stays, keep, (whole["outcome"] != outcome).to_numpy(), outcome)
    if licences:
        keep = _less(stays, keep, _licensed(clips, licences), "of another licence")
    if not keep.any():
        raise DataError(f"{run}: no clip is left to export ({said(stays)}); choose others by --only or --licence")
    return Chosen(whole[keep].reset_index(drop=True), stays, _run_id(run / "labels" / "run.json"))


def said(stays: dict[str, int]) -> str:
    """Return what stays behind in words."""
    return ", ".join(f"{count} {why.replace('_', ' ')}" for why, count in stays.items()) or "none stays behind"


def _table(clips: pd.DataFrame, labels: pd.DataFrame) -> pd.DataFrame:
    train = clips["split"] == "train"
    return clips[["path"]].assign(
        label=labels["target"].where(train, clips["label"]),
        # A label that a model decided is not verified, however sure it is.
        verified=labels["outcome"].isin(["verified", "reviewed"]).where(train, clips["verified"]).astype(bool),
        split=clips["split"],
        group=clips["group"],
        given=clips["label"],
        **{name: labels[name] for name in ("outcome", "probability", "outside", "reason")},
        **{name: clips[name] for name in KEPT if name in clips},
    )


def _less(stays: dict[str, int], keep: np.ndarray, good: np.ndarray, why: str) -> np.ndarray:
    gone = int((keep & ~good).sum())
    if gone:
        stays[why] = gone
    return keep & good


def _licensed(clips: pd.DataFrame, licences: Sequence[str]) -> np.ndarray:
    own = named(clips)
    there = sorted(set(own))
    unknown = [name for name in licences if name not in there]
    if unknown:
        listed = ", ".join(map(plain, there)) if there != [NOT_STATED] else "none: the data set's table names none"
        raise DataError(f"--licence: found {plain(unknown[0])!r}, expected of those of the clips: {listed}")
    return own.isin(licences).to_numpy()


def _run_id(path: Path) -> str:
    found = formats.read_record(path, "run_id")["run_id"]
    if not isinstance(found, str):
        raise ArtifactError(f"{path}: expected a text for run_id; remove it and run `dvc repro`")
    return found
