"""What is believed of the labels, as tables: how reliable it is, and how it lies by outcome."""

import numpy as np
import pandas as pd

from pipeline.results.interval import wilson
from pipeline.results.run import Run

BINS = np.linspace(0, 1, 21)
VERIFIED, UNVERIFIED = "verified clips, judged without their labels", "unverified clips, by the truth"
DECIDED = ("promoted", "corrected", "left_out")


def reliability(run: Run) -> pd.DataFrame:
    """Return how often the likeliest class is right, by how likely it is said to be.

    Columns: `series` (`VERIFIED`, what the judges say of verified clips; `UNVERIFIED`, what is believed of unverified
    ones, where the truth is known), `low`, `high` (of the bin), `clips`, `predicted`, `observed` (means over them),
    `observed_low`, `observed_high` (95% interval). Bins without clips are left out.
    """
    parts = {VERIFIED: run.calibration[run.calibration["clips"] > 0]}
    if len(parts[VERIFIED]):
        parts[UNVERIFIED] = _against_truth(run)
    columns = ["low", "high", "clips", "predicted", "observed"]
    table = pd.concat([part[columns].assign(series=name) for name, part in parts.items()], ignore_index=True)
    if table.empty:
        return table.assign(observed_low=[], observed_high=[])
    low, high = wilson(table["observed"].to_numpy(), table["clips"].to_numpy())
    return table.assign(observed_low=low, observed_high=high)


def _against_truth(run: Run) -> pd.DataFrame:
    """Return bins as in calibration.csv, of unverified clips with a known truth; no row where nothing is known."""
    known = np.isfinite(run.given_right) & np.isfinite(run.posterior).all(axis=1)
    top = run.posterior[known].max(axis=1).astype(float)
    right = run.posterior[known].argmax(axis=1) == run.columns(run.truth)[known]
    edges = np.append(run.calibration["low"], run.calibration["high"].iloc[-1])
    at = np.clip(np.searchsorted(edges, top, side="left") - 1, 0, len(edges) - 2)
    table = pd.DataFrame({"bin": at, "predicted": top, "observed": right.astype(float)})
    bins = table.groupby("bin").agg(
        clips=("bin", "size"), predicted=("predicted", "mean"), observed=("observed", "mean")
    )
    rows = bins.index.to_numpy(int)
    return bins.assign(low=edges[rows], high=edges[rows + 1]).astype(float)


def histogram(run: Run) -> pd.DataFrame:
    """Return how many given labels of unverified clips are taken to be right with each probability, by outcome.

    Columns: `given` (`right` or `wrong` where the truth is known, else `''`), `outcome`, `low`, `high` (of the bin of
    probabilities), `clips`. No row where nothing is believed of any.
    """
    known, outcome = np.isfinite(run.belief), run.labels["outcome"].to_numpy()
    if not known.any():
        return pd.DataFrame(columns=["given", "outcome", "low", "high", "clips"])
    parts = {"": known}
    if run.truth_known:
        parts = {"right": known & (run.given_right == 1), "wrong": known & (run.given_right == 0)}
    rows = [
        pd.DataFrame(
            {
                "given": given,
                "outcome": name,
                "low": BINS[:-1],
                "high": BINS[1:],
                "clips": np.histogram(run.belief[part & (outcome == name)], BINS)[0],
            }
        )
        for given, part in parts.items()
        for name in DECIDED
    ]
    return pd.concat(rows, ignore_index=True)
