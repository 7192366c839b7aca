"""The explorer's page of a data set that no model has seen: its clips, a map, and the queue to begin with."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.decomposition import PCA

from pipeline.corrections import store
from pipeline.explorer import records, write
from pipeline.explorer.neighbours import nearest
from pipeline.explorer.problems import problems as problems_of
from pipeline.files import artifacts, formats, frames, problems
from pipeline.files.frames import Frames
from pipeline.files.publishing import publish
from pipeline.params.schema import Params
from pipeline.results import audit
from pipeline.results.run import Run
from pipeline.start import order

AUDIO = "../../raw/"  # from the page, `reports/explorer/index.html`, opened from disk


def write_page(folder: Path, params: Params) -> None:
    """Put the page of what `listing.write` left in `folder` into `folder/reports/explorer`."""
    run = _read(folder)
    shown = contents(run, params)
    with publish(folder / "reports") as reports:
        reports.mkdir()
        write.write_page(reports / "explorer", run.features, shown)


def contents(run: Run, params: Params) -> dict[str, Any]:
    """Return what the page shows, in the form of `explorer.write.contents`."""
    x = order.summaries(run.features)
    verified = run.answers["verified"].to_numpy()
    space = _components(x, 16)
    rows = order.queue(x, run.answers["label"].to_numpy(), verified, params.seed)
    place = pd.DataFrame({"x": space[:, 0], "y": space[:, min(1, space.shape[1] - 1)]})
    return {
        "version": write.VERSION,
        "title": params.report.title,
        "run_id": run.run_id,
        "audio": AUDIO,
        "start": True,
        "classes": run.classes,
        "families": [],
        "members": [],
        "statuses": list(records.STATUSES),
        "maps": {"pca": records.placed(place[["x", "y"]].to_numpy(float))},
        "clips": {**records.columns(run), "near": nearest(space, verified)},
        "problems": problems_of(run.audit, run.answers["clip_id"].tolist()),
        "selections": {},
        "reviews": [],
        "queue": {"rows": rows, "why": ["Unlike those before it"] * len(rows), "kind": ["start"] * len(rows)},
    }


def _components(x: np.ndarray, most: int) -> np.ndarray:
    """Return float (n, up to `most`): principal components of the clips that can be heard, NaN rows elsewhere."""
    there = np.isfinite(x).all(axis=1)
    count = min(most, int(there.sum()), x.shape[1])
    found = np.full((len(x), max(1, count)), np.nan)
    if count:
        found[there] = PCA(count, svd_solver="full").fit_transform(x[there])
    return found


def _read(folder: Path) -> Run:
    """Return a run of which nothing is known but its clips and their sounds."""
    clips, classes = artifacts.read_clips(folder / "clips"), artifacts.read_classes(folder / "clips")
    features, n, k = frames.read_features(folder / "features"), len(clips), len(classes)
    blank = np.full((n, k), np.nan, np.float32)
    labels = clips[["clip_id", "label", "verified"]].assign(given=clips["label"], review="", spread_label="", family="")
    labels = labels.assign(outcome=np.where(clips["verified"], "verified", "left_out"), target="", reason="")
    labels = labels.assign(confidence=0.0, probability=np.nan, outside=np.nan, abstained=True, promoted=False)
    none = pd.DataFrame()
    return Run(
        answers=clips,
        classes=classes,
        features=features,
        latents=blank,
        labels=labels,
        promotion=none,
        families={},
        posterior=blank,
        judged=blank,
        reviews=store.none()[store.COLUMNS],
        run_id=formats.read_json(folder / "labels" / "run.json")["run_id"],
        calibration=none,
        history=none,
        reconstructed=[],
        reconstructions=blank,
        members=[],
        probs=blank,
        validation=none,
        maps={},
        audit=_flags(features),
    )


def _flags(features: Frames) -> pd.DataFrame:
    """Return what was noticed as the files were decoded, in the form of an audit."""
    index = features.index
    rows = [
        (name, str(clip), "", said)
        for clip, cell in zip(index["clip_id"], index["flags"], strict=True)
        for name, said in problems.from_text(str(cell)).items()
    ]
    lost = index[index["status"] == "quarantined"]
    rows += [("quarantined", str(row.clip_id), "", str(row.reason)) for row in lost.itertuples()]
    table = pd.DataFrame(rows, columns=audit.COLUMNS, dtype=str)
    return audit.check(table, index["clip_id"].tolist(), "the features")
