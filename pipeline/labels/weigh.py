"""The recipe of the stage `spread`: from what is known of the clips to what becomes of each given label.

Stage and benchmarks both call it, so that what is measured is what is run.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from pipeline.corrections import store, verdicts
from pipeline.labels import beliefs, decisions, reliability
from pipeline.labels.beliefs import Belief
from pipeline.labels.case import Case, gather
from pipeline.latents import scaling
from pipeline.params.labels import Labels, Space, Spread
from pipeline.spreading import within_families


@dataclass(frozen=True)
class Weighed:
    """What became of each given label, and what that rests on.

    Attributes:
        case: what was known.
        belief: what is believed of each clip.
        labels: a row a clip, columns as in `schemas.LABELS`.
    """

    case: Case
    belief: Belief
    labels: pd.DataFrame


def weigh(
    clips: pd.DataFrame,
    classes: list[str],
    families: dict[str, list[str]],
    space: Space,
    spreading: Spread,
    settings: Labels,
    *,
    latents: np.ndarray,
    said: np.ndarray | None,
    near: np.ndarray | None,
    reviews: pd.DataFrame | None = None,
    seed: int,
) -> Weighed:
    """Follow what people said, hear the judges, and decide.

    Args:
        clips: as `artifacts.read_clips` gives it.
        classes: names in column order.
        families: the classes of each family.
        space: the params' section `space`.
        spreading: the params' section `spread`.
        settings: the params' section `labels`.
        latents: float32 (n, d), raw; a NaN row where a clip is quarantined.
        said: float32 (n_judges, n, n_classes), of judges that never saw the label of the clip; None: none was asked.
        near: int (n, k), the clips that sound most like each to the networks; None: nobody can tell.
        reviews: from `store.read`, checked; None: nobody has listened.
        seed: of the whitening.
    """
    reviews = store.none() if reviews is None else reviews
    ruled_out = verdicts.ruled_out(reviews, clips, classes)
    reviewed = verdicts.apply(clips, reviews)
    train = (clips["split"] == "train").to_numpy()
    x = scaling.training_space(latents, train, **space.model_dump(), seed=seed)
    case = gather(
        reviewed, classes, families, spreading, settings, latents=x, models=said, near=near, ruled_out=ruled_out
    )
    belief = beliefs.believe(case)
    table = decisions.decide(within_families.spread(x, reviewed, families, spreading), case, belief, classes, settings)
    labels = verdicts.record(table, reviewed, reviews)
    # So that the table reads beside the folder of sounds, without a join.
    labels.insert(1, "path", clips["path"])
    return Weighed(case, belief, labels)


def trust(weighed: Weighed, families: dict[str, list[str]], *, seed: int) -> pd.DataFrame:
    """Return what was promoted beside how far to trust it; see `reliability.promotion_table`."""
    estimates = reliability.estimate(weighed.case, weighed.belief, weighed.labels, families, seed=seed)
    return reliability.promotion_table(weighed.labels, estimates, families)
