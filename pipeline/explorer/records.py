"""What the explorer says of each clip: the columns of `data.js`.

Conventions: a column is a list with one entry a clip, in the order of clips.csv; classes and families are numbers, -1
for none; a number that is not known is None. The truth is nowhere in it: who reviews a clip must not be told.
"""

from typing import Any

import numpy as np
import pandas as pd

from pipeline.results.run import Run

STATUSES = ("verified", "reviewed", "promoted", "corrected", "pseudo-labelled", "pool", "quarantined", "test")
TOP = 3


def columns(run: Run) -> dict[str, list[Any] | dict[str, list[Any]]]:
    """Return the columns that follow from the run's tables and probabilities alone: all but `tile` and `near`."""
    labels, index = run.labels, run.features.index
    settings = run.features.settings
    seconds_a_frame = settings["settings"]["hop_length"] / settings["sr"]
    ordered = np.sort(run.probs, axis=1)
    margin = ordered[:, -1] - ordered[:, -2] if run.probs.shape[1] > 1 else ordered[:, -1]
    return {
        "id": run.answers["clip_id"].tolist(),
        "path": run.answers["path"].tolist(),
        "label": run.columns(run.answers["label"]).tolist(),
        "target": run.columns(labels["target"]).tolist(),
        "status": statuses(run).tolist(),
        "family": pd.Index(list(run.families)).get_indexer(pd.Index(labels["family"])).tolist(),
        "round": last_rounds(run).tolist(),
        "probability": known(labels["probability"].to_numpy(float), 4),
        "spread": run.columns(labels["spread_label"]).tolist(),
        "confidence": known(np.where(run.train, labels["confidence"], np.nan), 4),
        "abstained": labels["abstained"].astype(int).tolist(),
        "reason": labels["reason"].tolist(),
        "seconds": known(index["seconds"].to_numpy(float), 3),
        "offset": known(index["offset"].to_numpy(float), 3),
        "length": known(index["n_frames"].to_numpy(float) * seconds_a_frame, 3),
        "top": likeliest(run.probs),
        "members": {member.name: likeliest(member.probs) for member in run.members},
        "margin": known(margin, 4),
        "judged": likeliest(run.judged),
    }


def statuses(run: Run) -> np.ndarray:
    """Return int (n_clips,): index into `STATUSES`; a left-out clip that a member selected is pseudo-labelled."""
    outcome = run.labels["outcome"].to_numpy()
    decided = [outcome == name for name in ("verified", "reviewed", "promoted", "corrected")]
    names = ["quarantined", "test", "verified", "reviewed", "promoted", "corrected", "pseudo-labelled"]
    cases = [~run.features.ok, ~run.train, *decided, last_rounds(run) > 0]
    return np.select(cases, [STATUSES.index(name) for name in names], STATUSES.index("pool"))


def last_rounds(run: Run) -> np.ndarray:
    """Return int (n_clips,): the last round in which a member selected the clip, 0 where none did."""
    last = np.zeros(len(run.answers), dtype=int)
    for _, chosen in _chosen(run):
        np.maximum.at(last, chosen["row"].to_numpy(), chosen["round"].to_numpy(int))
    return last


def selections(run: Run) -> dict[str, list[list[float]]]:
    """Return by row (as text) its selections `[member, round, class, probability]`, member by member."""
    found: dict[str, list[list[float]]] = {}
    for member, chosen in _chosen(run):
        target = run.columns(chosen["target"])
        for row, number, column, p in zip(chosen["row"], chosen["round"], target, chosen["probability"], strict=True):
            found.setdefault(str(row), []).append([member, int(number), int(column), round(float(p), 3)])
    return found


def _chosen(run: Run) -> list[tuple[int, pd.DataFrame]]:
    """Return each member's number and its selections, with the clips' rows."""
    ids = pd.Index(run.answers["clip_id"])
    tables = [member.selections.assign(row=ids.get_indexer(member.selections["clip_id"])) for member in run.members]
    return [(i, table[table["row"] >= 0]) for i, table in enumerate(tables)]


def maps(run: Run) -> dict[str, dict[str, list[float | None]]]:
    """Return by method the places `x`, `y` within [-1, 1], the longer side filling it and the aspect kept."""
    return {method: placed(table[["x", "y"]].to_numpy(float)) for method, table in run.maps.items()}


def placed(points: np.ndarray) -> dict[str, list[float | None]]:
    """Return float (n, 2) as `x`, `y` within [-1, 1], None where a row is not finite."""
    there = np.isfinite(points).all(axis=1)
    points = np.where(there[:, np.newaxis], points, np.nan)
    if there.any():
        low, high = np.nanmin(points, axis=0), np.nanmax(points, axis=0)
        half = float((high - low).max()) / 2
        points = (points - (low + high) / 2) / (half or 1.0)
    return {"x": known(points[:, 0], 4), "y": known(points[:, 1], 4)}


def likeliest(probs: np.ndarray) -> list[list[float]]:
    """Return for each row of float (n, n_classes) its likeliest three, flat: class, probability; empty where NaN."""
    there = np.isfinite(probs).all(axis=1)
    order = np.argsort(-probs, axis=1, kind="stable")[:, :TOP]
    values = np.round(np.take_along_axis(probs, order, axis=1).astype(np.float64), 3)
    return [
        [item for pair in zip(some, p, strict=True) for item in pair] if good else []
        for some, p, good in zip(order.tolist(), values.tolist(), there.tolist(), strict=True)
    ]


def known(values: np.ndarray, decimals: int) -> list[float | None]:
    """Return the numbers rounded, None for those that are not finite."""
    rounded = np.round(values.astype(np.float64), decimals)
    return [value if good else None for value, good in zip(rounded.tolist(), np.isfinite(values), strict=True)]
