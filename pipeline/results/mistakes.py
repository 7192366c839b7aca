"""What the ensemble answers on test clips: class by class, pair by pair, and the mistakes of which it is surest."""

import numpy as np
import pandas as pd

from pipeline.files.schemas import DECIDED
from pipeline.probs import metrics
from pipeline.results.run import Run


def per_class(run: Run) -> pd.DataFrame:
    """Return one row a class: what became of its training clips, and how the ensemble answers on test clips.

    `corrected` and `reviewed` count the clips that are of the class since, the other counts those that were given it.
    """
    given = run.labels["given"]
    named = {kind: run.labels["target"] if kind in ("corrected", "reviewed") else given for kind in DECIDED}
    counts = pd.DataFrame(
        {
            kind: names[run.labels["outcome"] == kind].value_counts().reindex(run.classes, fill_value=0)
            for kind, names in named.items()
        }
    )
    counts.insert(0, "clips", given[run.train].value_counts().reindex(run.classes, fill_value=0))
    scores = metrics.per_class(run.probs, run.test_targets, run.classes)
    return counts.rename_axis("class").reset_index().merge(scores, on="class")


def confusion(run: Run) -> pd.DataFrame:
    """Return `clip_id, actual, predicted, probability`, one row a scored test clip: what `dvc plots` counts."""
    targets = run.test_targets
    rows = np.flatnonzero(metrics.scored(run.probs, targets))
    names, answer = np.array(run.classes, dtype=object), metrics.ranking(run.probs[rows], 1)[:, 0]
    return pd.DataFrame(
        {
            "clip_id": run.answers["clip_id"].to_numpy()[rows],
            "actual": names[targets[rows]],
            "predicted": names[answer],
            "probability": run.probs[rows, answer].astype(float),
        }
    )


def counts(run: Run) -> pd.DataFrame:
    """Return a row an actual class and a column an answered one: test clips of a known class, int."""
    return pd.DataFrame(metrics.confusion(run.probs, run.test_targets), index=run.classes, columns=run.classes)


def mistakes(run: Run, most: int = 10) -> pd.DataFrame:
    """Return `actual, predicted, clips`: the most frequent wrong answers."""
    answers = confusion(run)
    wrong = answers[answers["actual"] != answers["predicted"]]
    pairs = wrong.groupby(["actual", "predicted"]).size().rename("clips").reset_index()
    return pairs.sort_values(["clips", "actual", "predicted"], ascending=[False, True, True], ignore_index=True)[:most]


def surest_mistakes(run: Run, most: int = 10) -> pd.DataFrame:
    """Return the rows of `confusion` that are wrong with the highest probability."""
    answers = confusion(run)
    wrong = answers[answers["actual"] != answers["predicted"]]
    return wrong.sort_values(["probability", "clip_id"], ascending=[False, True], ignore_index=True)[:most]
