"""What people heard: the decisions of data/corrections.csv, and what they say of the run and of the reviewer.

A decision is about what the run had proposed when the clip was heard:

- `promoted`: the given label as it is (`predicted_label` is `given_label`);
- `corrected`: another class (`predicted_label`);
- `left_out`: nothing (`predicted_label` is empty); then the given label is what was heard;
- `verified`: the clip was verified in clips.csv all along, so that its label checks the reviewer.

That class is right if it was accepted or relabelled to, wrong if it was rejected or another one was accepted or
relabelled to, and neither where the reviewer was unsure or spoke of another class. What the run would have made of the
clip today does not count: after a review it is not known any more.

Conventions: clips are counted once, however many people heard them: under the decision that says most, as in
labels.csv, and the last row of those.
"""

import math

import numpy as np
import pandas as pd

from pipeline.results.interval import wilson
from pipeline.results.run import Run

KINDS = ("promoted", "corrected", "left_out", "verified")
# What says most comes first.
WAYS = {"accept": "accepted", "relabel": "relabelled", "reject": "rejected", "unsure": "unsure"}


def decided(run: Run) -> pd.DataFrame:
    """Return `run.reviews` with `of` (one of KINDS) and `right` (float: 1, 0 or NaN) for what was proposed."""
    rows = run.reviews.reset_index(drop=True)
    given, proposed = rows["given_label"], rows["predicted_label"]
    at = run.answers.set_index("clip_id").loc[rows["clip_id"]]
    verified = at["verified"].to_numpy(bool)
    of = np.select([verified, proposed == "", proposed == given], ["verified", "left_out", "promoted"], "corrected")
    heard = pd.Series(np.select([verified, of == "corrected"], [at["label"], proposed], given), dtype=str)
    named = rows["new_label"].where(rows["new_label"] != "", given)
    yes = rows["decision"].isin(["accept", "relabel"])
    no = (rows["decision"] == "reject") & (named == heard)
    right = np.where(yes, (named == heard).astype(float), np.where(no, 0.0, np.nan))
    return rows.assign(of=of, right=np.where(heard == "", np.nan, right))


def by_clip(run: Run) -> pd.DataFrame:
    """Return the row of `decided` that counts of each clip."""
    rows = decided(run)
    order = rows["decision"].map(list(WAYS).index).sort_values(kind="stable", ascending=False).index
    return rows.loc[order].drop_duplicates("clip_id", keep="last").sort_index()


def counts(run: Run) -> pd.DataFrame:
    """Return one row for each of KINDS that was heard, and a last row `all`.

    Returns:
        `of`; counts `heard`, `accepted`, `relabelled`, `rejected`, `unsure`, `settled` (known right or wrong); `right`,
        the share of those, with `low` and `high` (95%), NaN in the row `all`, which adds up unlike things.
    """
    clips = by_clip(run)
    parts = {kind: clips[clips["of"] == kind] for kind in KINDS} | {"all": clips}
    rows = [_count(name, part) for name, part in parts.items() if len(part) or name == "all"]
    table = pd.DataFrame(rows)
    table.loc[table["of"] == "all", ["right", "low", "high"]] = np.nan
    return table


def _count(name: str, part: pd.DataFrame) -> dict[str, object]:
    settled = part["right"].dropna().to_numpy()
    share, low, high = math.nan, math.nan, math.nan
    if settled.size:
        share = float(settled.mean())
        low, high = (float(end) for end in wilson(np.array(share), np.array(settled.size)))
    ways = {word: int((part["decision"] == way).sum()) for way, word in WAYS.items()}
    return {"of": name, "heard": len(part), **ways, "settled": len(settled), "right": share, "low": low, "high": high}


def scores(run: Run) -> dict[str, int | float]:
    """Return the numbers of the review by flat name, NaN where there is nothing to divide by; none without reviews.

    `confirmed` are unverified clips whose given label is trusted since, `changed` those with another label, and
    `withdrawn` those whose given label holds no more, without another one in its place.
    """
    if run.reviews.empty:
        return {}
    rows = {str(row["of"]): row for row in counts(run).to_dict("records")}
    labels = run.labels
    changed = (labels["review"] != "") & (labels["label"] != labels["given"])
    found: dict[str, int | float] = {"clips": int(rows["all"]["heard"])}
    found |= {word: int(rows["all"][word]) for word in WAYS.values()}
    found |= {
        "of_other_data": int((run.reviews["run_id"] != run.run_id).sum()),
        "confirmed": int(((labels["review"] == "accept") & ~run.answers["verified"]).sum()),
        "changed": int((changed & (labels["label"] != "")).sum()),
        "withdrawn": int((changed & (labels["label"] == "")).sum()),
    }
    names = {"promoted": "promotion_precision", "corrected": "correction_precision", "verified": "reviewer_agreement"}
    for kind, name in names.items():
        row = rows.get(kind)
        if row:
            found |= {name: float(row["right"]), f"{name}_low": float(row["low"]), f"{name}_high": float(row["high"])}
            found[f"{name}_clips"] = int(row["settled"])
    return {f"review.{name}": value for name, value in found.items()}


def sheet(run: Run) -> pd.DataFrame:
    """Return `decided` as it is written: `right` as True, False or empty."""
    rows = decided(run)
    words = np.select([rows["right"] == 1, rows["right"] == 0], ["True", "False"], "")
    return rows.assign(right=words)
