"""What is the matter with a run's clips, as the page shows it."""

from typing import Any

import pandas as pd

from pipeline.files.problems import PROBLEMS
from pipeline.results import audit

# Found of verified clips alone: in the queue it would give away those that are hidden there.
TELLING = ("unlike_class",)


def problems(found: pd.DataFrame, ids: list[str]) -> dict[str, Any]:
    """Return `kinds`, the worst first, and `of`: by row (as text) a clip's problems `[kind, other row, what is said]`.

    Args:
        found: a run's audit.
        ids: of the clips, in order; the other row is -1 where a problem is not of a pair.
    """
    clips, row = audit.of_clips(found), {name: number for number, name in enumerate(ids)}
    names = [name for name in audit.ORDER if name in set(clips["problem"])]
    of: dict[str, list[list[Any]]] = {}
    for clip in clips.itertuples(index=False):
        other = row[str(clip.other)] if clip.problem in audit.PAIRS else -1
        of.setdefault(str(row[str(clip.clip_id)]), []).append([names.index(str(clip.problem)), other, clip.detail])
    kinds = [{"name": name, "words": PROBLEMS[name], "tells": name in TELLING} for name in names]
    return {"kinds": kinds, "of": of}
