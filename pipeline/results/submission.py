"""The submission that Kaggle's Freesound competition asks for: `fname,label`, three labels a test clip."""

from pathlib import PurePosixPath

import numpy as np
import pandas as pd

from pipeline.probs import metrics
from pipeline.results.run import Run
from pipeline.results.tables import guarded

LABELS = 3


def submission(run: Run) -> pd.DataFrame:
    """Return `fname, label`, one row for every test clip, labels best first and separated by spaces.

    Text that a spreadsheet would take for a formula is marked by an apostrophe; no class of that competition is.
    A quarantined clip gets the three most frequent classes among the trusted training clips: it must have a row.
    """
    rows = np.flatnonzero(~run.train)
    usual = " ".join(_most_frequent(run))
    answered = np.isfinite(run.probs[rows]).all(axis=1)
    best = metrics.ranking(run.probs[rows], LABELS)
    names = [
        " ".join(run.classes[column] for column in columns) if known else usual
        for columns, known in zip(best, answered, strict=True)
    ]
    files = [PurePosixPath(path).name for path in run.answers["path"].iloc[rows]]
    return guarded(pd.DataFrame({"fname": files, "label": names}))


def _most_frequent(run: Run) -> list[str]:
    counts = run.labels["label"][run.trusted].value_counts().reindex(run.classes, fill_value=0)
    return [str(name) for name in counts.sort_values(ascending=False, kind="stable").index[:LABELS]]
