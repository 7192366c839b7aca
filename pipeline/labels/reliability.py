"""How far to trust what was decided, estimated from the verified clips: no truth is needed.

A promotion is only as good as the judges are, and verified clips that the judges were kept from seeing say how good
that is. `pipeline.labels.decisions` turns this into a probability for every given label; here they are added up. With p
the probability that a label is right:

    share of right labels = mean of p over the unverified clips; the noise rate is the rest
    precision = mean of p over the promoted ones

and with t the share of the right labels that is promoted, f that of the wrong ones and a that of all, the two agree
with the identity share = (a - f) / (t - f), precision = share * t / a.

What this assumes, and how it errs:
- Verified clips sound like unverified ones of the same class. Where the verified were picked for being clear, judges
  look better than they are; where a person reviewed the doubtful ones, which then count as verified, worse.
- Wrong labels do not follow the sound. If they do (a viola called a violin because it sounds like one), judges agree
  with them more often than the noise model expects: the noise rate is then estimated too low.
- Latents alone say nothing of other families' classes: a label wrong across families is only seen by the networks.
- Sounds of no class (open-set noise) are told by the company they keep (`pipeline.posterior.novelty`). Where nobody
  looks for them (`labels.open_set: false`, or no network judges), such a clip counts as wrong only as far as the
  evidence spreads away from its label.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from pipeline.labels import intervals
from pipeline.labels.beliefs import Belief, believe
from pipeline.labels.case import Case
from pipeline.seeding import rng

DRAWS = 100
BINS = 10


@dataclass(frozen=True)
class Estimate:
    """What is estimated of one family; `None` where it is not defined.

    Attributes:
        agreement: promoted share of the unverified clips (a).
        true_agreement: promoted share of those whose label is right (t).
        false_agreement: promoted share of those whose label is wrong (f).
        noise_rate: share of wrong labels among the unverified.
        precision: share of right labels among the promoted.
        outside: share of the unverified that are of no class, which are part of `noise_rate`; `None`: nobody asked.
        noise_low, noise_high, precision_low, precision_high, outside_low, outside_high: 95% intervals.
    """

    agreement: float | None = None
    true_agreement: float | None = None
    false_agreement: float | None = None
    noise_rate: float | None = None
    noise_low: float | None = None
    noise_high: float | None = None
    precision: float | None = None
    precision_low: float | None = None
    precision_high: float | None = None
    outside: float | None = None
    outside_low: float | None = None
    outside_high: float | None = None


def estimate(
    case: Case, belief: Belief, labels: pd.DataFrame, families: dict[str, list[str]], *, seed: int, draws: int = DRAWS
) -> dict[str, Estimate]:
    """Estimate the noise rate and the precision of promotion, for each family and, named `all`, for all of them.

    Args:
        case: from `case.gather`.
        belief: from `beliefs.believe`.
        labels: from `decisions.decide`.
        families: the classes of each family.
        seed: of the bootstrap.
        draws: resamples for the intervals; 0: none.

    Returns:
        Intervals are percentiles over resamples of `clips['group']` (Efron and Tibshirani, "An introduction to the
        bootstrap", 1993), from each of which judges are calibrated anew, strange clips are held against its verified
        ones, and noise rates are drawn as likely as its labels leave them, and in each of which every label is right
        or wrong as its own probability has it.

        To what a resample can show is added what no verified clip showed (`pipeline.labels.intervals`).

        Nothing is estimated of a family of whose unverified clips no judge was heard.
    """
    random = rng(seed, "bootstrap")
    n = int(case.group.max(initial=-1)) + 1
    calibrated = bool(case.calibrating.any())
    drawn_beliefs = []
    for _ in range(draws if calibrated and case.labelled.any() else 0):
        counts = random.multinomial(n, np.full(n, 1 / n))[case.group]
        drawn = believe(case, counts.astype(np.float64), random)
        drawn_beliefs.append(np.stack([*_of_given(case, drawn), random.random(len(case.given))]))
    rows = {family: (labels["family"] == family).to_numpy() & case.labelled for family in families}
    rows["all"] = np.any(list(rows.values()), axis=0)
    promoted = labels["promoted"].to_numpy(bool)
    found = _of_given(case, belief)
    return {
        family: _summary(
            found[:, inside],
            promoted[inside],
            intervals.came_out(
                drawn_beliefs,
                inside,
                intervals.witnesses(case, labels, family if family in families else None),
                rng(seed, "unseen errors"),
            ),
            case.open_set,
        )
        if calibrated
        else Estimate()
        for family, inside in rows.items()
    }


def _of_given(case: Case, belief: Belief) -> np.ndarray:
    """Return float64 (2, n): how likely each given label is to be right, and each clip to be of no class.

    0 where a clip has no label or is not in the pool.
    """
    own = belief.posterior[np.arange(len(case.given)), case.given]
    return np.where(case.labelled, np.nan_to_num(np.stack([own, belief.outside])), 0.0)


def _summary(found: np.ndarray, promoted: np.ndarray, draws: list[np.ndarray], open_set: bool) -> Estimate:
    p, outside = found
    if not p.size:
        return Estimate()
    noise_low, noise_high = intervals.interval([1 - draw[:, 0].mean(axis=1) for draw in draws], 1 - p.mean())
    outside_low, outside_high = intervals.interval(
        [draw[:, 1].mean(axis=1) for draw in draws if open_set], outside.mean()
    )
    precision, low, high = _ratio(p[promoted].sum(), promoted.sum()), None, None
    if precision is not None:
        low, high = intervals.interval([draw[:, 0, promoted].mean(axis=1) for draw in draws], precision)
    return Estimate(
        agreement=float(promoted.mean()),
        true_agreement=_ratio(p[promoted].sum(), p.sum()),
        false_agreement=_ratio((1 - p[promoted]).sum(), (1 - p).sum()),
        noise_rate=float(1 - p.mean()),
        noise_low=noise_low,
        noise_high=noise_high,
        precision=precision,
        precision_low=low,
        precision_high=high,
        outside=float(outside.mean()) if open_set else None,
        outside_low=outside_low,
        outside_high=outside_high,
    )


def _ratio(part: float, whole: float) -> float | None:
    return float(part / whole) if whole > 0 else None


def calibration_table(case: Case, belief: Belief) -> pd.DataFrame:
    """Return how often judges are right on verified clips, beside how sure they are.

    Returns:
        `BINS` rows of equal width: `low, high` (of the probability of the likeliest class), `clips`, `predicted` (mean
        probability), `observed` (share that is right); NaN where a bin is empty.
    """
    said = belief.evidence[case.calibrating]
    top, right = said.max(axis=1, initial=0), said.argmax(axis=1) == case.given[case.calibrating]
    edges = np.linspace(0, 1, BINS + 1).round(6)
    at = np.clip(np.digitize(top, edges) - 1, 0, BINS - 1)
    rows = [
        {
            "low": low,
            "high": high,
            "clips": int(inside.sum()),
            "predicted": _mean(top[inside]),
            "observed": _mean(right[inside]),
        }
        for low, high, inside in zip(edges[:-1], edges[1:], (at == i for i in range(BINS)), strict=True)
    ]
    return pd.DataFrame(rows)


def _mean(values: np.ndarray) -> float:
    return float(values.mean()) if values.size else float("nan")


def promotion_table(
    labels: pd.DataFrame, estimates: dict[str, Estimate], families: dict[str, list[str]]
) -> pd.DataFrame:
    """Return what was promoted, one row a family and a last row `all`, beside how far to trust it.

    Columns: `family, classes, clips, verified, promoted, corrected, left_out` (counts), `trusted_percent` (verified or
    promoted, of the clips), then the fields of `Estimate`, NaN where not defined.
    """
    rows = []
    for family, classes in _parts(families).items():
        inside = labels[labels["family"] == family]
        rows.append(_counts(family, len(classes), inside) | vars(estimates[family]))
    everything = labels[labels["family"] != ""]
    total = _counts("all", sum(map(len, families.values())), everything)
    table = pd.DataFrame([*rows, total | vars(estimates["all"])])
    return table.astype(dict.fromkeys(Estimate.__dataclass_fields__, float))


def _parts(families: dict[str, list[str]]) -> dict[str, list[str]]:
    """Return the families that deserve a row beside the total: none where the only one is the total."""
    return {} if list(families) == ["all"] else families


def _counts(name: str, classes: int, inside: pd.DataFrame) -> dict[str, object]:
    verified, promoted = int(inside["verified"].sum()), int(inside["promoted"].sum())
    percent = 100 * (verified + promoted) / len(inside) if len(inside) else 0.0
    counts = {"classes": classes, "clips": len(inside), "verified": verified, "promoted": promoted}
    counts |= {name: int((inside["outcome"] == name).sum()) for name in ("corrected", "left_out")}
    return {"family": name, **counts, "trusted_percent": percent}
