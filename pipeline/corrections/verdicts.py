"""What decisions make of the labels: human > verified > promoted > given.

Conventions: clips are rows; what people said is a table from `store.read`, checked by `store.check`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from pipeline.corrections.store import by_clip, said

REVIEWED = "reviewed"


# Of several decisions on one clip, the one that says most.
_RANK = ("accept", "relabel", "reject", "unsure")


@dataclass(frozen=True)
class _Verdict:
    """All rows of a clip: its class (`''`: not said), the classes that it is not of, the decision and its reviewers."""

    label: str
    rejected: list[str]
    decision: str
    reviewers: list[str]


def _verdicts(table: pd.DataFrame) -> dict[str, _Verdict]:
    return {clip: _verdict(rows) for clip, rows in by_clip(table).items()}


def _verdict(rows: list[Any]) -> _Verdict:
    claims = {said(row) for row in rows if said(row)[1]}
    decision = min((row.decision for row in rows), key=_RANK.index)
    return _Verdict(
        label=next((label for right, label in claims if right), ""),
        rejected=sorted(label for right, label in claims if not right),
        decision=decision,
        reviewers=sorted({name for row in rows if row.decision == decision and (name := row.reviewer.strip())}),
    )


def apply(clips: pd.DataFrame, table: pd.DataFrame) -> pd.DataFrame:
    """Return `clips` as reviewed.

    Args:
        clips: as `artifacts.read_clips` gives it.
        table: from `read`, checked.

    Returns:
        `label` is the one in force: the one that a person gave or confirmed, none where the given one was rejected;
        `verified` is True of a label that a person gave or confirmed, False where there is none any more. Added:
        `given`, the label as it was, and `review`, one of `DECISIONS` or `''`.
    """
    label, verified = clips["label"].tolist(), clips["verified"].tolist()
    review = [""] * len(clips)
    for at, verdict in _found(clips, table):
        review[at] = verdict.decision
        if verdict.label:
            label[at], verified[at] = verdict.label, True
        elif label[at] in verdict.rejected:
            label[at], verified[at] = "", False
    return clips.assign(given=clips["label"], label=label, verified=verified, review=review)


def ruled_out(table: pd.DataFrame, clips: pd.DataFrame, classes: list[str]) -> np.ndarray:
    """Return bool (n_clips, n_classes): the classes that a person said a clip is not of."""
    column = {name: number for number, name in enumerate(classes)}
    found = np.zeros((len(clips), len(classes)), dtype=bool)
    for at, verdict in _found(clips, table):
        found[at, [column[name] for name in verdict.rejected]] = True
    return found


def _found(clips: pd.DataFrame, table: pd.DataFrame) -> Iterator[tuple[int, _Verdict]]:
    """Yield the place and the verdict of each reviewed clip, in the order of `clips`."""
    verdicts = _verdicts(table)
    for at, clip in enumerate(clips["clip_id"]):
        if clip in verdicts:
            yield at, verdicts[clip]


def record(labels: pd.DataFrame, reviewed: pd.DataFrame, table: pd.DataFrame) -> pd.DataFrame:
    """Return labels.csv: what was decided, and where people decided it.

    Args:
        labels: from `decisions.decide`, for the clips `reviewed`.
        reviewed: from `apply`.
        table: what was applied.

    Returns:
        Added: `given` and `review`. `outcome` is `reviewed` where a person gave or confirmed the label, and `reason`
        says who; where a person rejected one, it begins with that.
    """
    outcome, reason = labels["outcome"].tolist(), labels["reason"].tolist()
    given = reviewed["given"].tolist()
    for at, verdict in _found(reviewed, table):
        who = " and ".join(verdict.reviewers) or "a person"
        if verdict.label:
            outcome[at] = REVIEWED
            did = "accepted by" if verdict.decision == "accept" else "relabelled by"
            reason[at] = f"{did} {who}" + (f": {verdict.label}" if verdict.decision == "relabel" else "")
        elif verdict.rejected:
            names = ["given label" if name == given[at] else f"correction to {name}" for name in verdict.rejected]
            reason[at] = f"{' and '.join(sorted(names, reverse=True))} rejected by {who}; {reason[at]}"
    return labels.assign(given=given, review=reviewed["review"].tolist(), outcome=outcome, reason=reason)


def describe(table: pd.DataFrame, run: str) -> list[str]:
    """Return what a review did, in one line, and a warning if rows are of another run than `run`; [] of no rows."""
    if table.empty:
        return []
    done = pd.Series([verdict.decision for verdict in _verdicts(table).values()]).value_counts()
    words = {"accept": "accepted", "reject": "rejected", "relabel": "relabelled", "unsure": "unsure"}
    lines = ["review: " + ", ".join(f"{done.get(name, 0)} {word}" for name, word in words.items()) + " (clips)"]
    other = int((table["run_id"] != run).sum())
    if other:
        lines.append(
            f"warning: {other} of {len(table)} rows were not made in this run ({run}): they are taken as they are"
        )
    return lines
