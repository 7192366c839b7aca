"""What a judge says, on disk: `data/judged/NAME`."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from pipeline.files import formats, weights
from pipeline.files.publishing import publish


@dataclass(frozen=True)
class Said:
    """What a judge says of every clip, and what it leaves behind.

    `probs`: float32 (n, n_classes), NaN where it says nothing. `table`: a row a model: round, fold, clips, accuracy.
    `weights`: of the network of each fold; members can go on from them. `near`: int32 (n, k), the clips that sound
    most like each to it, -1 where there are not as many; k is 0 where it does not tell.
    """

    probs: np.ndarray
    table: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=["round", "fold", "clips", "accuracy"]))
    weights: dict[int, list[np.ndarray]] = field(default_factory=dict)
    near: np.ndarray | None = None


def nothing(n: int, n_classes: int) -> Said:
    """Return what is on disk where a judge is not asked."""
    return Said(np.full((n, n_classes), np.nan, np.float32))


def write(folder: Path, said: Said) -> None:
    """Publish `probs.npy`, `judges.csv`, `weights.npz` and `neighbours.npy` as one folder."""
    near = np.full((len(said.probs), 0), -1, np.int32) if said.near is None else said.near
    with publish(folder) as temporary:
        formats.write_array(temporary / "probs.npy", said.probs)
        formats.write_array(temporary / "neighbours.npy", near)
        formats.write_table(temporary / "judges.csv", said.table)
        weights.write(temporary / weights.FILE, said.weights)
