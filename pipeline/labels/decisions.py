"""What becomes of each unverified clip: promoted, corrected or left out, with what probability and why.

Conventions: a row a clip. Judges never saw the label of the clip they judge (`pipeline.posterior.evidence`); verified
clips are judged like the others, which is how the judges are calibrated, but nothing is ever decided of them.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from pipeline.params.schema import Spread
from pipeline.posterior import evidence, noise_rates, novelty, posterior
from pipeline.posterior.evidence import Calibration
from pipeline.posterior.novelty import Strangeness
from pipeline.posterior.posterior import Noise
from pipeline.probs import pooling
from pipeline.spreading import within_families

VERIFIED, PROMOTED, CORRECTED, LEFT_OUT, TEST = "verified", "promoted", "corrected", "left_out", "test"


@dataclass(frozen=True)
class Case:
    """What is known of the clips before anything is believed.

    Attributes:
        given: int (n,), class of the given label, -1 where there is none; of a reviewed clip, the label in force.
        source: int (n,), clips of one number come from one source.
        train, verified: bool (n,), training clips, and the verified ones among them.
        seeds: bool (n,), verified clips that some judge heard: they calibrate.
        pool: bool (n,), unverified training clips that some judge heard: of these something is believed.
        group_of: int (n_classes,), group of each class; those in no group share a last one.
        network: float64 (n, n_classes) or (n_models, n, n_classes), what cross-fitted models say; None: not asked.
        spread: float64 (n, n_classes), what spreading says; None: not asked. NaN rows: nothing.
        ruled_out: bool (n, n_classes), the classes that a person said a clip is not of.
        strange: how strange the clips sound; None: each is taken to be of one of the classes.
    """

    given: np.ndarray
    source: np.ndarray
    train: np.ndarray
    verified: np.ndarray
    seeds: np.ndarray
    pool: np.ndarray
    group_of: np.ndarray
    network: np.ndarray | None
    spread: np.ndarray | None
    ruled_out: np.ndarray
    strange: Strangeness | None = None

    @property
    def inside(self) -> np.ndarray:
        """Bool (n, n_classes): the classes of the group of the clip's label; all of them where it has none."""
        same: np.ndarray = self.group_of[self.given][:, np.newaxis] == self.group_of[np.newaxis, :]
        return same | (self.given < 0)[:, np.newaxis]

    @property
    def open_set(self) -> bool:
        """Whether a clip may be of no class."""
        return self.strange is not None

    @property
    def labelled(self) -> np.ndarray:
        """Bool (n,): clips of the pool that have a given label to be judged."""
        return self.pool & (self.given >= 0)


@dataclass(frozen=True)
class Belief:
    """What is believed: `evidence`, `posterior` float64 (n, n_classes), and what they rest on."""

    evidence: np.ndarray
    posterior: np.ndarray
    calibration: Calibration
    noise: Noise

    @property
    def outside(self) -> np.ndarray:
        """Float64 (n,), in [0, 1]: how likely a clip is to be of no class; NaN where nothing is believed of it."""
        # What is left of one by rounding is nothing.
        left = (1 - self.posterior.sum(axis=1)).round(12)
        return np.clip(left, 0, 1)


def gather(
    clips: pd.DataFrame,
    classes: list[str],
    groups: dict[str, list[str]],
    settings: Spread,
    *,
    latents: np.ndarray,
    network: np.ndarray,
    near: np.ndarray | None = None,
    ruled_out: np.ndarray | None = None,
) -> Case:
    """Ask the judges that `settings.source` names.

    Args:
        clips: as `artifacts.read_clips` gives it, or as reviewed, by `store.apply`.
        classes: names in column order.
        groups: the classes of each group.
        settings: the params' section `spread`.
        latents: float64 (n, d), as given to `within_families.spread`.
        network: float32 (n, n_classes) or (n_models, n, n_classes), from cross-fitted models; read where the source
            asks for it.
        near: int (n, k), the clips that sound most like each to those models; read where `settings.open_set` and the
            source ask for it.
        ruled_out: bool (n, n_classes), from `store.ruled_out`; None: no class of any clip.
    """
    train = (clips["split"] == "train").to_numpy()
    given = np.where(train, pd.Index(classes).get_indexer(pd.Index(clips["label"])), -1)
    checked = train & clips["verified"].to_numpy(bool)
    verified = checked & (given >= 0)
    source = pd.factorize(clips["group"].to_numpy())[0]
    group_of = np.full(len(classes), len(groups))
    for number, members in enumerate(groups.values()):
        group_of[[classes.index(name) for name in members]] = number
    spread = None if settings.source == "out_of_fold" else np.full((len(clips), len(classes)), np.nan)
    if spread is not None:
        for number in range(len(groups)):
            rows = np.flatnonzero((given >= 0) & (group_of[given] == number) & np.isfinite(latents).all(axis=1))
            spread[rows] = _spread(latents[rows], np.where(verified, given, -1)[rows], source[rows], classes, settings)
    asked = None if settings.source == "latents" else np.asarray(network, dtype=np.float64)
    heard = np.any([_heard(judge) for judge in (asked, spread) if judge is not None], axis=0)
    return Case(
        given=given,
        source=source,
        train=train,
        verified=verified,
        seeds=verified & heard,
        pool=train & ~checked & heard,
        group_of=group_of,
        network=asked,
        spread=spread,
        ruled_out=np.zeros((len(clips), len(classes)), dtype=bool) if ruled_out is None else ruled_out,
        strange=_strange(near if asked is not None and settings.open_set else None, given, train, verified),
    )


def _strange(near: np.ndarray | None, given: np.ndarray, train: np.ndarray, verified: np.ndarray) -> Strangeness | None:
    found = None if near is None else novelty.strangeness(near, given, train, verified)
    return found if found is not None and np.isfinite(found.score).any() else None


def _spread(x: np.ndarray, seeds: np.ndarray, source: np.ndarray, classes: list[str], settings: Spread) -> np.ndarray:
    near = within_families.affinity(x, settings) if len(np.unique(seeds[seeds >= 0])) >= 2 else None
    if near is None:
        return np.full((len(x), len(classes)), np.nan)
    return within_families.leave_source_out(near, seeds, source, len(classes), settings.alpha)


def believe(case: Case, weight: np.ndarray | None = None, random: np.random.Generator | None = None) -> Belief:
    """Calibrate the judges, estimate the noise, and form a belief of each clip of the pool.

    Args:
        case: from `gather`.
        weight: float64 (n,), how often each clip counts in calibration and estimate (None: once).
        random: draws the noise rates around the likeliest ones (None: takes the likeliest).

    Returns:
        Rows of `evidence` that were not judged are equal shares; verified rows of `posterior` are one-hot; rows of
        clips that are neither verified nor in the pool are NaN: of these nothing is believed. What a row of the pool
        lacks of one is the probability that the clip is of no class. What a person ruled out of a clip of the pool has
        no evidence and is not believed; where no other class is possible, rows are NaN.
    """
    weight = np.ones(len(case.given)) if weight is None else weight
    seeds, inside = case.seeds, case.inside
    known = case.labelled
    # On few rows the threads of the linear algebra wait for each other more than they compute.
    with threadpool_limits(1):
        calibration = evidence.calibrate(
            _of(case.network, seeds), _of(case.spread, seeds), inside[seeds], case.given[seeds], weight[seeds]
        )
        joined = evidence.join(case.network, case.spread, inside, calibration)
        # Verified clips say how good the judges are, so of these nothing is taken away.
        joined = pooling.without(joined, case.ruled_out & case.pool[:, np.newaxis])
        p_values = None if case.strange is None else case.strange.p_values(weight)
        noise = noise_rates.estimate_noise(
            joined[known], case.group_of, case.given[known], weight[known], random, _rows(p_values, known)
        )
    found, pool = np.full(joined.shape, np.nan), case.pool
    found[pool] = posterior.believe(joined[pool], noise, case.group_of, case.given[pool], _rows(p_values, pool))
    found[case.verified] = np.eye(joined.shape[1])[case.given[case.verified]]
    return Belief(evidence=joined, posterior=found, calibration=calibration, noise=noise)


def _of(judge: np.ndarray | None, rows: np.ndarray) -> np.ndarray | None:
    return None if judge is None else judge[..., rows, :]


def _rows(values: np.ndarray | None, rows: np.ndarray) -> np.ndarray | None:
    return None if values is None else values[rows]


def _heard(judge: np.ndarray) -> np.ndarray:
    """Return bool (n,): clips of which the judge, or one of several, says something."""
    finite = np.isfinite(judge).all(axis=-1)
    return finite if finite.ndim == 1 else finite.any(axis=0)


def decide(table: pd.DataFrame, case: Case, belief: Belief, classes: list[str], settings: Spread) -> pd.DataFrame:
    """Return the table of `within_families.spread` with what becomes of each clip.

    `promoted` (and its `reason`) stays as it is with `promote: agree`; with `promote: posterior` it is the largest set
    of clips whose expected precision is `settings.precision`. A clip that is not promoted is corrected where another
    class has a posterior of `settings.correct` or more. `probability` is that of the target being right: of the given
    label, also where the clip is left out. `outside` is that of the clip being of no class, NaN where nobody asked.

    Returns:
        Columns as in `schemas.LABELS`, but for those that `store.record` adds.
    """
    names = np.array(classes, dtype=object)
    rows = np.arange(len(table))
    given = np.where(case.labelled, belief.posterior[rows, case.given], 0.0)
    best = np.nan_to_num(belief.posterior).argmax(axis=1)
    top = np.nan_to_num(belief.posterior).max(axis=1)
    if settings.promote == "posterior":
        promoted = np.zeros(len(table), dtype=bool)
        promoted[case.labelled] = posterior.promote(given[case.labelled], settings.precision)
    else:
        promoted = table["promoted"].to_numpy(bool)
    sure = (top > 0) & (top >= settings.correct) if settings.correct is not None else np.zeros(len(table), dtype=bool)
    corrected = case.pool & ~promoted & sure & (best != case.given)
    outcome = np.select(
        [table["verified"], promoted, corrected, case.train], [VERIFIED, PROMOTED, CORRECTED, LEFT_OUT], TEST
    )
    probability = np.where(corrected, top, np.where(case.labelled, given, np.nan))
    outside = belief.outside
    words = [_reason(case, i, made, given[i], names[best[i]], top[i], outside[i]) for i, made in enumerate(outcome)]
    spoken = case.train & ~table["verified"].to_numpy(bool) if settings.promote == "posterior" else corrected
    return table.assign(
        promoted=promoted,
        outcome=outcome.astype(object),
        target=np.where(corrected, names[best], np.where(table["verified"] | promoted, table["label"], "")),
        probability=np.where(table["verified"], 1.0, probability),
        outside=outside if case.open_set else np.nan,
        reason=np.where(spoken, np.array(words, dtype=object), table["reason"]),
    )


def _reason(case: Case, row: int, outcome: str, given: float, best: str, top: float, outside: float) -> str:
    """Say why: with the probabilities of the given label, of the likeliest class, and of none."""
    if not case.pool[row]:
        return "no judge heard it"
    if top == 0:
        return "no class is left that it could be of"
    if outcome == PROMOTED:
        return f"given label judged right: {given:.3f}"
    if outcome == LEFT_OUT and outside > top:
        return f"sounds like none of the classes: {outside:.3f}"
    if not case.labelled[row]:
        return f"judged {best}: {top:.3f}" + (", not sure enough" if outcome == LEFT_OUT else "")
    if given == top:
        return f"given label judged right: {given:.3f}, not sure enough"
    words = f"judged {best}: {top:.3f}, given label: {given:.3f}"
    return words if outcome == CORRECTED else f"{words}, neither sure enough"
