"""What the audit found, for the report and the explorer.

Conventions: a row of the audit is one problem of one clip, of a pair of clips (`other` is the other one's id), or,
without a clip, of a class or a group (`other` is its name). A pair concerns both of its clips, whichever is named
first.
"""

from collections.abc import Mapping

import pandas as pd

from pipeline.errors import ArtifactError
from pipeline.files.problems import FLAGS, FOUND, PROBLEMS

PAIRS = ("conflict", "across_split", "same_sound", "nearly_same")
# In the order in which they are shown: what was found by comparing clips decides what a run is worth.
ORDER = (*FOUND, *FLAGS)
COLUMNS = ["problem", "clip_id", "other", "detail"]


def check(audit: pd.DataFrame, ids: list[str], path: object) -> pd.DataFrame:
    """Return the audit's rows in the order of `ORDER`, then of the clips.

    Raises:
        ArtifactError: a row is of a clip that is not among `ids`.
    """
    pairs = audit["problem"].isin(PAIRS)
    named = pd.concat([audit["clip_id"], audit.loc[pairs, "other"]])
    unknown = named[~named.isin(["", *ids])]
    if len(unknown):
        raise ArtifactError(f"{path}: clip {unknown.iloc[0]!r} is not in clips.csv; run `dvc repro`")
    rank = audit["problem"].map(ORDER.index)
    ordered = audit.assign(rank=rank).sort_values(["rank", "clip_id", "other"], kind="stable")
    return ordered[COLUMNS].reset_index(drop=True)


def of_clips(audit: pd.DataFrame) -> pd.DataFrame:
    """Return the rows that concern clips, each pair once from either side."""
    own = audit[audit["clip_id"] != ""]
    pairs = own[own["problem"].isin(PAIRS)]
    turned = pairs.rename(columns={"clip_id": "other", "other": "clip_id"})[COLUMNS]
    both = pd.concat([own, turned]).drop_duplicates(["problem", "clip_id", "other"])
    return both.sort_index(kind="stable").reset_index(drop=True)


def pairs(audit: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of pairs, each pair once, by the clip that comes first."""
    found = audit[audit["problem"].isin(PAIRS)]
    key = found.apply(lambda row: (row["problem"], *sorted((row["clip_id"], row["other"]))), axis=1)
    return (found[~key.duplicated()] if len(found) else found).reset_index(drop=True)


def of_classes(audit: pd.DataFrame) -> pd.DataFrame:
    """Return the rows that concern a class or a group."""
    return audit[audit["clip_id"] == ""].reset_index(drop=True)


def counts(audit: pd.DataFrame) -> pd.DataFrame:
    """Return `problem, words, count, clips, example` of each problem that was found, in the order of `ORDER`.

    `count` is of the clips concerned, of a problem without clips of the classes or groups; `clips` is 0 then. `example`
    is a clip's id, or '' where none is concerned.
    """
    clips, rest = of_clips(audit), of_classes(audit)
    rows = []
    for problem in ORDER:
        concerned = clips.loc[clips["problem"] == problem, "clip_id"].drop_duplicates()
        n = len(concerned) + (rest["problem"] == problem).sum()
        if n:
            example = "" if concerned.empty else concerned.iloc[0]
            rows.append((problem, PROBLEMS[problem], int(n), len(concerned), example))
    return pd.DataFrame(rows, columns=["problem", "words", "count", "clips", "example"])


def numbers(audit: pd.DataFrame) -> dict[str, int | float]:
    """Return `audit.clips`, how many clips have a problem, and `audit.PROBLEM` for each that was found."""
    found = counts(audit)
    of_each = {f"audit.{name}": int(n) for name, n in zip(found["problem"], found["count"], strict=True)}
    return {"audit.clips": int(of_clips(audit)["clip_id"].nunique()), **of_each}


def lines(found: Mapping[str, int | float]) -> list[str]:
    """Return what a run's numbers say of problems, a line each; one line if there is none, none if nobody looked."""
    if "audit.clips" not in found:
        return []
    said = [f"problem   {PROBLEMS[name]}: {found[f'audit.{name}']}" for name in ORDER if f"audit.{name}" in found]
    return said or ["problem   none was found among the sounds and labels"]
