"""How far to trust the promoted labels, estimated from the verified clips alone: no truth is needed.

A promotion means only that two labels agree, and two labels agree by chance too. So spreading is rehearsed on clips
whose label is known: some verified clips are hidden, labels are spread to them, and their answers say how often
spreading agrees with a right label (rate t) and how often it would have agreed with a wrong one of the same group
(rate f). The agreement a that is seen on the unverified clips is a mixture of both:

    a = share * t + (1 - share) * f,   so   share = (a - f) / (t - f)   and   precision = share * t / a

where `share` is the part of the unverified labels that is right, and 1 - share is the noise rate.

What this assumes, and how it errs:
- A wrong label is any other class of the group, each as likely. Labels wrong in a way that follows the sound (a viola
  called a violin) agree more often than f says: the noise rate is then estimated too low.
- A clip whose true class is in no class of the group (open-set noise) counts as a wrong label, and is taken to
  agree as often as one from inside the group.
- Verified clips sound like unverified ones of the same class. Their classes need not be equally frequent: t and f
  are weighted by how often each class is given to unverified clips.
- Hiding clips leaves fewer seeds, so t is a little lower than with all of them, and noise is estimated a little low:
  the less is hidden at a time, the smaller this is.
- A clip beside a verified one of the same `clips['group']` (a recording, a speaker) is easier to label. So rehearsals
  hide whole sources and single clips in turn, and those with and without a verified clip beside them count in the
  proportion in which the unverified clips have one.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from pipeline.params import Spread
from pipeline.rehearsal import Rehearsal, rehearse
from pipeline.seeding import rng

DRAWS = 400
# Below this difference, right and wrong labels agree equally often, and agreement says nothing.
INDISTINCT = 0.02
QUANTITIES = ("agreement", "true_agreement", "false_agreement", "noise_rate", "precision")


@dataclass(frozen=True)
class Estimate:
    """What is estimated of one group; each a share in [0, 1], None where it is not defined.

    Attributes:
        agreement: of the unverified clips with a usable latent, those to which their given label is spread (a).
        true_agreement: the same of clips whose label is right (t).
        false_agreement: the same of clips whose label is wrong (f).
        noise_rate: wrong labels among the unverified, with the ends of its 95% interval.
        precision: right labels among the promoted, with the ends of its 95% interval.
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


def estimate(
    latents: np.ndarray,
    clips: pd.DataFrame,
    labels: pd.DataFrame,
    groups: dict[str, list[str]],
    settings: Spread,
    *,
    seed: int,
) -> dict[str, Estimate]:
    """Estimate noise rate and promotion precision of each group, and of `all`.

    Args:
        latents: float64 (n_clips, d), as given to `spreading.spread`.
        clips: one row a clip, as given to `spreading.spread`; `label`, `verified`, `split`, `group` are read.
        labels: what `spreading.spread` returned.
        groups: the classes of each group.
        settings: the params' section `spread`; each of `repeats` rehearsals hides about `hidden_fraction` of the
            verified clips of each class, and always leaves it one.
        seed: of what is hidden and of the bootstrap.

    Returns:
        One estimate a group and one named `all`, the mean over the groups for which one is defined, weighted by their
        unverified clips. Intervals are percentiles of a bootstrap over `clips['group']` (Efron and Tibshirani, "An
        introduction to the bootstrap", 1993); the graph stays as it is, so with few sources they are a little narrow.
    """
    usable = np.isfinite(latents).all(axis=1)
    draws: dict[str, np.ndarray] = {}
    sizes: dict[str, int] = {}
    for group, classes in groups.items():
        rows = np.flatnonzero((labels["group"] == group).to_numpy() & usable)
        part = rehearse(latents[rows], clips.iloc[rows], labels.iloc[rows], sorted(classes), settings, seed, group)
        draws[group] = _bootstrap(part, rng(seed, "bootstrap", group))
        sizes[group] = int(part.unverified.sum())
    found = {group: _summary(drawn) for group, drawn in draws.items()}
    defined = [group for group in groups if found[group].noise_rate is not None]
    found["all"] = _summary(_pool([draws[g] for g in defined], [sizes[g] for g in defined])) if defined else Estimate()
    return found


def _bootstrap(part: Rehearsal, random: np.random.Generator) -> np.ndarray:
    """Return float (1 + DRAWS, 5): `QUANTITIES` of the clips as they are, then of resamples of their sources."""
    n = int(part.source.max(initial=-1)) + 1
    if not part.unverified.any() or not part.answers.any():
        return np.full((1 + DRAWS, len(QUANTITIES)), np.nan)
    point = _quantities(part, np.ones(len(part.label)), 0.0)
    times = random.multinomial(n, np.full(n, 1 / n), size=DRAWS)
    # None of the hidden clips agreeing by chance does not mean that none can: a draw allows for half a clip more.
    hidden = int(part.answers.any(axis=(0, 2)).sum())
    allowance = 0.5 / (hidden * max(part.answers.shape[2] - 2, 1))
    draws = np.array([_quantities(part, weight[part.source], allowance) for weight in times])
    draws[:, 4] = _observed(draws[:, 4], int(part.agrees.sum()), random)
    return np.vstack([point, draws])


def _observed(precision: np.ndarray, promoted: int, random: np.random.Generator) -> np.ndarray:
    """Draw the precision of just `promoted` clips from the expected one: few clips scatter around it."""
    if promoted == 0:
        return np.full_like(precision, np.nan)
    counts = random.binomial(promoted, np.nan_to_num(precision)) / promoted
    return np.where(np.isfinite(precision), counts, np.nan)


def _quantities(part: Rehearsal, weight: np.ndarray, allowance: float) -> tuple[float, ...]:
    """Return `QUANTITIES` where clip i counts `weight[i]` times and f is raised by `allowance`; NaN: not defined."""
    k = part.answers.shape[2] - 1
    chance = _chance(part, weight)
    heard = np.isfinite(chance[:, 0])
    given = np.where(part.unverified, weight, 0)
    share = np.bincount(part.label, given, minlength=k) * heard
    if share.sum() == 0 or heard.sum() < 2:
        return (np.nan,) * len(QUANTITIES)
    agreed = np.bincount(part.label, given * part.agrees, minlength=k) * heard
    right = np.diagonal(chance)
    # Answers of each other class, every other class as likely.
    wrong = (np.nansum(chance, axis=0) - np.nan_to_num(right)) / (heard.sum() - heard)
    a = agreed.sum() / share.sum()
    t = np.nansum(right * share) / share.sum()
    f = np.nansum(wrong * share) / share.sum() + allowance
    if t - f < INDISTINCT:
        return a, t, f, np.nan, np.nan
    correct = float(np.clip((a - f) / (t - f), 0, 1))
    # Of the agreement that this share implies, not of the one observed: beyond t or f the two would contradict.
    implied = correct * t + (1 - correct) * f
    return a, t, f, 1 - correct, correct * t / implied if a > 0 and implied > 0 else np.nan


def _chance(part: Rehearsal, weight: np.ndarray) -> np.ndarray:
    """Return float (k, k): how likely a clip of the row's true class is told the column's; NaN rows: never hidden."""
    k = part.answers.shape[2] - 1
    told = (np.eye(k)[part.label] * weight[:, np.newaxis]).T @ part.answers
    heard = told.sum(axis=2, keepdims=True)
    rates = np.divide(told, heard, out=np.zeros_like(told), where=heard > 0)
    given = np.where(part.unverified, weight, 0)
    mix = np.array([(given * ~part.beside).sum(), (given * part.beside).sum()])
    # A class that was heard in one way only counts as it was heard.
    mixed = (heard > 0) * (mix + 1e-9)[:, np.newaxis, np.newaxis]
    total = mixed.sum(axis=0)
    combined = (rates * mixed).sum(axis=0)
    return np.divide(combined, total, out=np.full_like(combined, np.nan), where=total > 0)[:, :k]


def _pool(draws: list[np.ndarray], sizes: list[int]) -> np.ndarray:
    """Average groups by their unverified clips; precision by their promoted ones."""
    stack, size = np.stack(draws), np.array(sizes, dtype=np.float64)[:, np.newaxis]
    promoted = stack[:, :, 0] * size
    pooled = (stack * size[:, :, np.newaxis]).sum(axis=0) / size.sum()
    total = promoted.sum(axis=0)
    right = np.where(promoted > 0, stack[:, :, 4] * promoted, 0).sum(axis=0)
    pooled[:, 4] = np.divide(right, total, out=np.full_like(total, np.nan), where=total > 0)
    return pooled


def _summary(draws: np.ndarray) -> Estimate:
    """Read the estimate from row 0 and its intervals from the other rows."""
    point = {name: _or_none(value) for name, value in zip(QUANTITIES, draws[0], strict=True)}
    noise_low, noise_high = _interval(draws[1:, 3]) if point["noise_rate"] is not None else (None, None)
    low, high = _interval(draws[1:, 4]) if point["precision"] is not None else (None, None)
    return Estimate(**point, noise_low=noise_low, noise_high=noise_high, precision_low=low, precision_high=high)


def _interval(values: np.ndarray) -> tuple[float | None, float | None]:
    defined = values[np.isfinite(values)]
    if len(defined) < len(values) / 2:
        return None, None
    low, high = np.percentile(defined, [2.5, 97.5])
    return float(low), float(high)


def _or_none(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def promotion_table(labels: pd.DataFrame, estimates: dict[str, Estimate], groups: dict[str, list[str]]) -> pd.DataFrame:
    """Return what was promoted, one row a group and a last row `all`, beside how far to trust it.

    Columns: `group, classes, clips, verified, promoted` (counts), `trusted_percent` (verified or promoted, of the
    clips), then the fields of `Estimate`, NaN where not defined.
    """
    rows = []
    for group, classes in _parts(groups).items():
        inside = labels[labels["group"] == group]
        rows.append(_counts(group, len(classes), inside) | vars(estimates[group]))
    everything = labels[labels["group"] != ""]
    total = _counts("all", sum(map(len, groups.values())), everything)
    table = pd.DataFrame([*rows, total | vars(estimates["all"])])
    return table.astype(dict.fromkeys(Estimate.__dataclass_fields__, float))


def _parts(groups: dict[str, list[str]]) -> dict[str, list[str]]:
    """Return the groups that deserve a row beside the total: none where the only one is the total."""
    return {} if list(groups) == ["all"] else groups


def _counts(name: str, classes: int, inside: pd.DataFrame) -> dict[str, object]:
    verified, promoted = int(inside["verified"].sum()), int(inside["promoted"].sum())
    percent = 100 * (verified + promoted) / len(inside) if len(inside) else 0.0
    counts = {"classes": classes, "clips": len(inside), "verified": verified, "promoted": promoted}
    return {"group": name, **counts, "trusted_percent": percent}


def score_against_truth(labels: pd.DataFrame, answers: pd.DataFrame) -> pd.DataFrame:
    """Score promotion where the truth is known; for reports and benchmarks only.

    Args:
        labels: what `spreading.spread` returned.
        answers: the same clips as `artifacts.read_answers` returns them, with `truth`; clips without one are left out.

    Returns:
        One row a group and a last row `all`: `group, unverified, promoted` (counts), `noise_rate` (wrong labels among
        the unverified), `precision` (right among the promoted), `recall` (promoted among the unverified that are
        right); NaN where there is nothing to divide by.
    """
    known = (~labels["verified"] & (labels["group"] != "") & (answers["truth"].to_numpy() != "")).to_numpy()
    part = labels[known].assign(right=(labels["label"].to_numpy() == answers["truth"].to_numpy())[known])
    rows = [
        _scores(group, part[part["group"] == group]) for group in labels["group"].unique() if group not in ("", "all")
    ]
    return pd.DataFrame([*rows, _scores("all", part)])


def _scores(name: str, part: pd.DataFrame) -> dict[str, object]:
    right, promoted = part["right"].to_numpy(dtype=bool), part["promoted"].to_numpy(dtype=bool)

    def share(hits: np.ndarray) -> float:
        return float(hits.mean()) if hits.size else float("nan")

    return {
        "group": name,
        "unverified": len(part),
        "promoted": int(promoted.sum()),
        "noise_rate": share(~right),
        "precision": share(right[promoted]),
        "recall": share(promoted[right]),
    }
