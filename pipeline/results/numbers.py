"""The run in numbers: metrics.json, and the few lines in which a run is summed up."""

import math
from collections.abc import Hashable, Mapping
from typing import Any

import pandas as pd

from pipeline.files.schemas import DECIDED
from pipeline.params.schema import Ensemble
from pipeline.probs import metrics
from pipeline.results import audit, outcomes, reviews
from pipeline.results.run import Run

ESTIMATES = {
    "noise_rate": "estimated_noise_rate",
    "noise_low": "estimated_noise_rate_low",
    "noise_high": "estimated_noise_rate_high",
    "precision": "estimated_precision",
    "precision_low": "estimated_precision_low",
    "precision_high": "estimated_precision_high",
    "outside": "estimated_outside",
    "outside_low": "estimated_outside_low",
    "outside_high": "estimated_outside_high",
    "correction_precision": "estimated_correction_precision",
    "true_noise_rate": "noise_rate",
    "true_precision": "precision",
    "true_recall": "recall",
    "true_correction_precision": "correction_precision",
    "true_outside": "outside",
    "true_caught": "wrong_caught",
    "true_put_right": "wrong_put_right",
}


def numbers(run: Run, promotion: pd.DataFrame, members: pd.DataFrame, settings: Ensemble) -> dict[str, int | float]:
    """Return the run's numbers by flat name, counts as int and shares in [0, 1]; those that are unknown are left out.

    Args:
        run: the run.
        promotion: `tables.promotion(run)`.
        members: `tables.members_and_means(run, settings)`.
        settings: the params' section `ensemble`.
    """
    *families, total = promotion.to_dict("records")
    k, targets = settings.top_k, run.test_targets
    found: dict[str, int | float] = {
        "clips": len(run.answers),
        "quarantined": int((~run.features.ok).sum()),
        "classes": len(run.classes),
        **audit.numbers(run.audit),
    }
    found |= _decided("promotion", total)
    for row in families:
        found |= _decided(f"family.{row['family']}", row)
    found |= {
        "promotion.given_label_auroc": outcomes.given_label_auroc(run),
        "judges.verified_clips": int(run.calibration["clips"].sum()),
        "judges.calibration_error": outcomes.calibration_error(run),
        **reviews.scores(run),
        "ensemble.members": len(run.members),
        "ensemble.test_clips": int(metrics.scored(run.probs, targets).sum()),
        "ensemble.test_accuracy": metrics.accuracy(run.probs, targets),
        f"ensemble.test_map{k}": metrics.map_at_k(run.probs, targets, k),
        "ensemble.test_lwlrap": metrics.lwlrap(run.probs, targets),
        "ensemble.test_calibration_error": metrics.expected_calibration_error(run.probs, targets),
    }
    scores = [f"{kind}_{score}" for kind in ("val", "test") for score in ("accuracy", f"map{k}")]
    for row in members.to_dict("records"):
        name = str(row["name"]).removesuffix(" mean")
        found |= {f"{row['kind']}.{name}.{score}": float(row[score]) for score in scores}
    return {name: value if isinstance(value, int) else round(value, 6) for name, value in found.items() if _is(value)}


def _decided(prefix: str, row: Mapping[Hashable, Any]) -> dict[str, int | float]:
    """Return what a row of the promotion table says."""
    counts = {name: int(row[name]) for name in ("clips", *DECIDED)}
    clips, trusted = counts["clips"], counts["verified"] + counts["reviewed"] + counts["promoted"]
    shares = {
        "trusted_before": row["came_verified"] / clips if clips else math.nan,
        "trusted_after": trusted / clips if clips else math.nan,
    }
    shares |= {name: float(row[column]) for column, name in ESTIMATES.items() if column in row}
    return {f"{prefix}.{name}": value for name, value in (counts | shares).items()}


def _is(value: float) -> bool:
    return math.isfinite(value)


def summary(found: Mapping[str, int | float], settings: Ensemble, report: str) -> str:
    """Return some lines: the problems, what was promoted and heard, what the ensemble scores, where the report is.

    Args:
        found: what `numbers` returned.
        settings: the params' section `ensemble`.
        report: where the page is, for the last line.
    """
    heard = [_reviewed(found)] if "review.clips" in found else []
    return "\n".join([*audit.lines(found), _promoted(found), *heard, _ensemble(found, settings), f"report    {report}"])


def _promoted(found: Mapping[str, int | float]) -> str:
    before, after = found.get("promotion.trusted_before", 0), found.get("promotion.trusted_after", 0)
    unverified = found["promotion.clips"] - found["promotion.verified"] - found.get("promotion.reviewed", 0)
    line = f"promoted  {found['promotion.promoted']} of {unverified} unverified clips"
    if found.get("promotion.corrected"):
        line += f", corrected {found['promotion.corrected']}, left out {found['promotion.left_out']}"
    line += f": trusted {before:.1%} → {after:.1%}"
    if "promotion.estimated_precision" in found:
        line += f", estimated precision {found['promotion.estimated_precision']:.2f}"
        if "promotion.estimated_precision_low" in found:
            low, high = found["promotion.estimated_precision_low"], found["promotion.estimated_precision_high"]
            line += f" ({low:.2f} to {high:.2f})"
    if "promotion.precision" in found:
        line += f", true precision {found['promotion.precision']:.2f}"
    return line


def _reviewed(found: Mapping[str, int | float]) -> str:
    ways = ", ".join(f"{found[f'review.{word}']} {word}" for word in reviews.WAYS.values())
    line = f"reviewed  {found['review.clips']} clips: {ways}"
    if "review.promotion_precision" in found:
        line += f"; of the promotions heard, {found['review.promotion_precision']:.1%} are right"
    return line


def _ensemble(found: Mapping[str, int | float], settings: Ensemble) -> str:
    count = found["ensemble.members"]
    name = "ensemble  one member: " if count == 1 else f"ensemble  {settings.method} mean of {count}: "
    score = f"ensemble.test_map{settings.top_k}"
    if score not in found:
        return name + "no test label is known, so there is no score"
    return (
        f"{name}accuracy {found['ensemble.test_accuracy']:.1%}, MAP@{settings.top_k} {found[score]:.3f} "
        f"on {found['ensemble.test_clips']} test clips"
    )
