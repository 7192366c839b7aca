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
from pipeline.params.schema import Spread
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
    groups: dict[str, list[str]],
    settings: Spread,
    *,
    latents: np.ndarray,
    said: np.ndarray,
    near: np.ndarray | None,
    reviews: pd.DataFrame | None = None,
    seed: int,
) -> Weighed:
    """Follow what people said, ask the judges that `settings.source` names, and decide.

    Args:
        clips: as `artifacts.read_clips` gives it.
        classes: names in column order.
        groups: the classes of each group.
        settings: the params' section `spread`.
        latents: float32 (n, d), raw; a NaN row where a clip is quarantined.
        said: float32 (n_judges, n, n_classes), of judges that never saw the label of the clip; read where the source
            asks for it.
        near: int (n, k), the clips that sound most like each to the networks; None: nobody can tell.
        reviews: from `store.read`, checked; None: nobody has listened.
        seed: of the whitening.
    """
    heard = store.none() if reviews is None else reviews
    ruled_out = verdicts.ruled_out(heard, clips, classes)
    reviewed = verdicts.apply(clips, heard)
    train = (clips["split"] == "train").to_numpy()
    x = scaling.training_space(latents, train, whiten=settings.whiten, l2=settings.normalize, seed=seed)
    case = gather(reviewed, classes, groups, settings, latents=x, network=said, near=near, ruled_out=ruled_out)
    belief = beliefs.believe(case)
    table = decisions.decide(within_families.spread(x, reviewed, groups, settings), case, belief, classes, settings)
    return Weighed(case, belief, verdicts.record(table, reviewed, heard))


def trust(weighed: Weighed, groups: dict[str, list[str]], *, seed: int) -> pd.DataFrame:
    """Return what was promoted beside how far to trust it; see `reliability.promotion_table`."""
    estimates = reliability.estimate(weighed.case, weighed.belief, weighed.labels, groups, seed=seed)
    return reliability.promotion_table(weighed.labels, estimates, groups)
