"""What was decided of each unverified label, and how right the decisions were where the truth is known."""

import math

import numpy as np
import pandas as pd
from sklearn.metrics import roc_auc_score

from pipeline.results.run import Run


def decisions(run: Run) -> pd.DataFrame:
    """Return one row an unverified training clip, those that are most worth listening to first.

    Left-out clips and corrections come by turns: the left-out ones whose label is the most in doubt, the corrections
    that are surest. Then promoted clips, the least sure first, then those that somebody has listened to in vain, and at
    the end what cannot be listened to.

    Returns:
        `clip_id, family, label` (given), `outcome, target, probability, reason, review` (`''`: nobody has decided), and
        `truth` (`''`: not known of this clip) where it is known of any.
    """
    columns = ["clip_id", "family", "given", "outcome", "target", "probability", "reason", "review"]
    table = run.labels.loc[run.unverified, columns].rename(columns={"given": "label"})
    if run.truth_known:
        table = table.assign(truth=run.truth[run.unverified])
    likely = table["probability"]
    doubt = {"left_out": (likely - 0.5).abs(), "corrected": -likely, "promoted": likely}
    worth = pd.concat([values[table["outcome"] == name] for name, values in doubt.items()]).reindex(table.index)
    order = pd.DataFrame(
        {
            "lost": ~run.features.ok[run.unverified],
            "heard": table["review"] != "",
            "promoted": table["outcome"] == "promoted",
            "turn": worth.groupby(table["outcome"]).rank(method="first", na_option="bottom"),
            "corrected": table["outcome"] == "corrected",
        }
    )
    return table.loc[order.sort_values(order.columns.tolist()).index].reset_index(drop=True)


def corrections(run: Run) -> pd.DataFrame:
    """Return one row a family and a last row `all`: how right the corrections are, expected and by the truth.

    Returns:
        `family`; `correction_precision`, the mean of the corrections' probabilities. Where the truth is known, also
        `true_correction_precision` (corrected to the truth); `true_outside`, the share of clips that are of no class;
        and of the wrong given labels `true_caught` (not promoted) and `true_put_right` (corrected to the truth). NaN
        where there is nothing to divide by.
    """
    family, inside = run.labels["family"], run.unverified & (run.labels["family"] != "").to_numpy()
    names = [name for name in family[inside].unique() if name != "all"]
    parts = {str(name): inside & (family == name).to_numpy() for name in names} | {"all": inside}
    return pd.DataFrame([{"family": name, **_scores(run, rows)} for name, rows in parts.items()])


def _scores(run: Run, rows: np.ndarray) -> dict[str, float]:
    corrected = (run.labels["outcome"] == "corrected").to_numpy()
    promoted = (run.labels["outcome"] == "promoted").to_numpy()
    found = {"correction_precision": _mean(run.labels["probability"].to_numpy(float)[rows & corrected])}
    if run.truth_known:
        right = (run.labels["target"] == run.truth).to_numpy()
        known, wrong = (run.truth != "").to_numpy(), run.given_right == 0
        found["true_correction_precision"] = _mean(right[rows & corrected & known])
        found["true_outside"] = _mean(~run.truth.isin(run.classes).to_numpy()[rows & known])
        found["true_caught"] = _mean(~promoted[rows & wrong])
        found["true_put_right"] = _mean((right & corrected)[rows & wrong])
    return found


def _mean(values: np.ndarray) -> float:
    return float(values.mean()) if values.size else math.nan


def given_label_auroc(run: Run) -> float:
    """Return how well belief in the given labels parts right from wrong ones: area under the ROC curve, in [0, 1].

    Over unverified clips with a known truth and a known belief; NaN where their labels are all right or all wrong.
    """
    right, belief = run.given_right, run.belief
    known = np.isfinite(right) & np.isfinite(belief)
    if len(np.unique(right[known])) < 2:
        return math.nan
    return float(roc_auc_score(right[known], belief[known]))


def calibration_error(run: Run) -> float:
    """Return how far judges' confidence is from their accuracy on verified clips, in [0, 1]; NaN if none was judged.

    Naeini, Cooper and Hauskrecht, "Obtaining well calibrated probabilities using Bayesian binning" (AAAI 2015).
    """
    filled = run.calibration[run.calibration["clips"] > 0]
    if filled.empty:
        return math.nan
    return float(np.average((filled["predicted"] - filled["observed"]).abs(), weights=filled["clips"]))


def score_against_truth(labels: pd.DataFrame, answers: pd.DataFrame) -> pd.DataFrame:
    """Score promotion where the truth is known.

    Args:
        labels: labels.csv.
        answers: the same clips as `artifacts.read_answers` returns them, with `truth`; clips without one, and those
            without a label, are left out.

    Returns:
        One row a family and a last row `all`: `family, unverified, promoted` (counts), `noise_rate` (wrong labels among
        the unverified), `precision` (right among the promoted), `recall` (promoted among the unverified that are
        right); NaN where there is nothing to divide by.
    """
    labelled = ~labels["verified"] & (labels["family"] != "") & (labels["label"] != "")
    known = (labelled & (answers["truth"].to_numpy() != "")).to_numpy()
    part = labels[known].assign(right=(labels["label"].to_numpy() == answers["truth"].to_numpy())[known])
    rows = [
        _against_truth(family, part[part["family"] == family])
        for family in labels["family"].unique()
        if family not in ("", "all")
    ]
    return pd.DataFrame([*rows, _against_truth("all", part)])


def _against_truth(name: str, part: pd.DataFrame) -> dict[str, object]:
    right, promoted = part["right"].to_numpy(dtype=bool), part["promoted"].to_numpy(dtype=bool)

    def share(hits: np.ndarray) -> float:
        return float(hits.mean()) if hits.size else float("nan")

    return {
        "family": name,
        "unverified": len(part),
        "promoted": int(promoted.sum()),
        "noise_rate": share(~right),
        "precision": share(right[promoted]),
        "recall": share(promoted[right]),
    }
