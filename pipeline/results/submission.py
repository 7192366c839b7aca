"""The likeliest labels of the test clips: as Kaggle's Freesound competition asks for them, where that can be read back.

`fname,label`, with the labels in one cell and blanks between them, says what it means only where no two test clips
have one file name and no class has a blank in its name. Else it is `path,label_1,label_2,label_3`, a label a cell.
"""

from pathlib import PurePosixPath

import numpy as np
import pandas as pd

from pipeline.probs import metrics
from pipeline.results.run import Run

LABELS = 3


def submission(run: Run) -> pd.DataFrame:
    """Return one row for every test clip, the labels best first: `fname, label`, or `path, label_1, label_2, ...`.

    `path` is that of clips.csv. There are `LABELS` labels, or as many as classes.
    A quarantined clip gets the most frequent classes among the trusted training clips: it must have a row.
    """
    rows = np.flatnonzero(~run.train)
    answered = np.isfinite(run.probs[rows]).all(axis=1)
    best = np.array(run.classes, dtype=object)[metrics.ranking(run.probs[rows], LABELS)]
    best[~answered] = _most_frequent(run)
    paths = [str(path) for path in run.answers["path"].iloc[rows]]
    files = [PurePosixPath(path).name for path in paths]
    if len(set(files)) == len(files) and not any(character.isspace() for name in run.classes for character in name):
        return pd.DataFrame({"fname": files, "label": [" ".join(names) for names in best]})
    ranked = {f"label_{place}": list(best[:, place - 1]) for place in range(1, best.shape[1] + 1)}
    return pd.DataFrame({"path": paths, **ranked})


def _most_frequent(run: Run) -> list[str]:
    counts = run.labels["label"][run.trusted].value_counts().reindex(run.classes, fill_value=0)
    return [str(name) for name in counts.sort_values(ascending=False, kind="stable").index[:LABELS]]
