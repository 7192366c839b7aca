"""Under which licences the clips of a run are."""

import pandas as pd

NOT_STATED = "not stated"


def named(clips: pd.DataFrame) -> pd.Series:
    """Return the licence of each clip, `NOT_STATED` where the data set's table has none."""
    if "licence" not in clips:
        return pd.Series(NOT_STATED, index=clips.index, dtype=str)
    return clips["licence"].where(clips["licence"] != "", NOT_STATED)


def counts(clips: pd.DataFrame) -> pd.DataFrame:
    """Return `licence, clips`, the most frequent first; no row where the data set's table has no such column."""
    if "licence" not in clips:
        return pd.DataFrame({"licence": [], "clips": []})
    found = named(clips).value_counts().rename_axis("licence").reset_index(name="clips")
    return found.sort_values(["clips", "licence"], ascending=[False, True], ignore_index=True)
