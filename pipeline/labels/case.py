"""What is known of the clips before anything is believed, and who was asked.

Conventions: a row a clip. Judges never saw the label of the clip they judge (`pipeline.posterior.evidence`); verified
clips are judged like the others, which is how the judges are calibrated.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from pipeline.params.labels import Labels, Spread
from pipeline.posterior import novelty
from pipeline.posterior.novelty import Strangeness
from pipeline.spreading import graph


@dataclass(frozen=True)
class Case:
    """What is known of the clips before anything is believed.

    Attributes:
        given: int (n,), class of the given label, -1 where there is none; of a reviewed clip, the label in force.
        group: int (n,), `clips["group"]` as a number.
        train, verified: bool (n,), training clips, and the verified ones among them.
        calibrating: bool (n,), verified clips that some judge heard: they calibrate.
        pool: bool (n,), unverified training clips that some judge heard: of these something is believed.
        family_of: int (n_classes,), family of each class; those in no family share a last one.
        models: float64 (n, n_classes) or (n_models, n, n_classes), what cross-fitted models say; None: not asked.
        spread: float64 (n, n_classes), what spreading says; None: not asked. NaN rows: nothing.
        ruled_out: bool (n, n_classes), the classes that a person said a clip is not of.
        strange: how strange the clips sound; None: each is taken to be of one of the classes.
    """

    given: np.ndarray
    group: np.ndarray
    train: np.ndarray
    verified: np.ndarray
    calibrating: np.ndarray
    pool: np.ndarray
    family_of: np.ndarray
    models: np.ndarray | None
    spread: np.ndarray | None
    ruled_out: np.ndarray
    strange: Strangeness | None = None

    @property
    def inside(self) -> np.ndarray:
        """Bool (n, n_classes): the classes of the family of the clip's label; all of them where it has none."""
        same: np.ndarray = self.family_of[self.given][:, np.newaxis] == self.family_of[np.newaxis, :]
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
    families: dict[str, list[str]],
    spreading: Spread,
    settings: Labels,
    *,
    latents: np.ndarray,
    models: np.ndarray | None,
    near: np.ndarray | None = None,
    ruled_out: np.ndarray | None = None,
) -> Case:
    """Bring together what the judges say.

    Args:
        clips: as `artifacts.read_clips` gives it, or as reviewed, by `verdicts.apply`.
        classes: names in column order.
        families: the classes of each family.
        spreading: the params' section `spread`.
        settings: the params' section `labels`; `spreading` and `open_set` are read.
        latents: float64 (n, d), as given to `within_families.spread`.
        models: float32 (n, n_classes) or (n_models, n, n_classes), from cross-fitted models; None: none was asked.
        near: int (n, k), the clips that sound most like each to those models; None: nobody can tell.
        ruled_out: bool (n, n_classes), from `verdicts.ruled_out`; None: no class of any clip.
    """
    train = (clips["split"] == "train").to_numpy()
    given = np.where(train, pd.Index(classes).get_indexer(pd.Index(clips["label"])), -1)
    checked = train & clips["verified"].to_numpy(bool)
    verified = checked & (given >= 0)
    group = pd.factorize(clips["group"].to_numpy())[0]
    family_of = np.full(len(classes), len(families))
    for number, members in enumerate(families.values()):
        family_of[[classes.index(name) for name in members]] = number
    spread = np.full((len(clips), len(classes)), np.nan) if settings.spreading else None
    if spread is not None:
        for number in range(len(families)):
            rows = np.flatnonzero((given >= 0) & (family_of[given] == number) & np.isfinite(latents).all(axis=1))
            spread[rows] = _spread(latents[rows], np.where(verified, given, -1)[rows], group[rows], classes, spreading)
    asked = None if models is None else np.asarray(models, dtype=np.float64)
    judged = np.any([_speaks(judge) for judge in (asked, spread) if judge is not None], axis=0)
    return Case(
        given=given,
        group=group,
        train=train,
        verified=verified,
        calibrating=verified & judged,
        pool=train & ~checked & judged,
        family_of=family_of,
        models=asked,
        spread=spread,
        ruled_out=np.zeros((len(clips), len(classes)), dtype=bool) if ruled_out is None else ruled_out,
        strange=_strange(near if settings.open_set else None, given, train, verified),
    )


def _strange(near: np.ndarray | None, given: np.ndarray, train: np.ndarray, verified: np.ndarray) -> Strangeness | None:
    found = None if near is None else novelty.strangeness(near, given, train, verified)
    return found if found is not None and np.isfinite(found.score).any() else None


def _spread(x: np.ndarray, known: np.ndarray, group: np.ndarray, classes: list[str], settings: Spread) -> np.ndarray:
    edges = graph.affinity(x, settings.kernel) if len(np.unique(known[known >= 0])) >= 2 else None
    if edges is None:
        return np.full((len(x), len(classes)), np.nan)
    return graph.leave_group_out(edges, known, group, len(classes), settings.alpha)


def _speaks(judge: np.ndarray) -> np.ndarray:
    """Return bool (n,): clips of which the judge, or one of several, says something."""
    finite = np.isfinite(judge).all(axis=-1)
    return finite if finite.ndim == 1 else finite.any(axis=0)
