"""What is known of the clips before anything is believed, and who was asked.

Conventions: a row a clip. Judges never saw the label of the clip they judge (`pipeline.posterior.evidence`); verified
clips are judged like the others, which is how the judges are calibrated.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from pipeline.params.schema import Spread
from pipeline.posterior import novelty
from pipeline.posterior.novelty import Strangeness
from pipeline.spreading import graph


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
        clips: as `artifacts.read_clips` gives it, or as reviewed, by `verdicts.apply`.
        classes: names in column order.
        groups: the classes of each group.
        settings: the params' section `spread`.
        latents: float64 (n, d), as given to `within_families.spread`.
        network: float32 (n, n_classes) or (n_models, n, n_classes), from cross-fitted models; read where the source
            asks for it.
        near: int (n, k), the clips that sound most like each to those models; read where `settings.open_set` and the
            source ask for it.
        ruled_out: bool (n, n_classes), from `verdicts.ruled_out`; None: no class of any clip.
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
    near = graph.affinity(x, settings) if len(np.unique(seeds[seeds >= 0])) >= 2 else None
    if near is None:
        return np.full((len(x), len(classes)), np.nan)
    return graph.leave_source_out(near, seeds, source, len(classes), settings.alpha)


def _heard(judge: np.ndarray) -> np.ndarray:
    """Return bool (n,): clips of which the judge, or one of several, says something."""
    finite = np.isfinite(judge).all(axis=-1)
    return finite if finite.ndim == 1 else finite.any(axis=0)
