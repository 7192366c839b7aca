"""A table of clips from which every role can be dealt."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest

from pipeline.members.roles import Split, split_clips
from pipeline.params.overlay import lay
from pipeline.params.training import Member

CLASSES = ["a", "b", "c"]


def make_member(**changes: object) -> Member:
    base = {"network": {"name": "vgg"}, "patches": "crop", "training": {}, "epochs": 1, "hold_out": 0}
    base |= {"train_on": "promoted", "rounds": {"number": 3, "select": "predicted"}}
    return Member.model_validate(lay(base, changes, Member))


@dataclass
class Table:
    """Clips, labels and posterior of a run; tests change them in place."""

    clips: pd.DataFrame
    labels: pd.DataFrame
    posterior: np.ndarray
    ok: np.ndarray

    def split(self, **changes: object) -> Split:
        return split_clips(self.clips, self.labels, self.posterior, CLASSES, self.ok, make_member(**changes))


def make_table(n: int = 30, seed: int = 0) -> Table:
    """Half verified; of the others some promoted, some corrected to the next class, some of unknown posterior."""
    rows, random = np.arange(n), np.random.default_rng(seed)
    train, verified = rows < n - 6, rows % 2 == 0
    label, other = (np.array([CLASSES[(i + by) % 3] for i in rows]) for by in (0, 1))
    promoted, corrected = (rows % 5 == 1) & ~verified & train, (rows % 5 == 2) & ~verified & train
    clips = pd.DataFrame(
        {
            "clip_id": [f"{i:03d}" for i in rows],
            "label": np.where(train, label, ""),
            "verified": verified,
            "split": np.where(train, "train", "test"),
            "fold": np.where(train, rows // 6 % 4, -1),
        }
    )
    roles = [~train, verified, promoted, corrected]
    posterior = random.dirichlet(np.ones(3), n).astype(np.float32)
    posterior[~train | (rows % 7 == 3)] = np.nan
    labels = pd.DataFrame(
        {
            "label": np.where(train, label, ""),
            "verified": verified & train,
            "spread_label": np.where(rows % 3 == 0, other, label),
            "abstained": rows % 4 == 1,
            "promoted": promoted,
            "outcome": np.select(roles, ["test", "verified", "promoted", "corrected"], "left_out"),
            "target": np.select(roles, ["", label, label, other], ""),
        }
    )
    return Table(clips=clips, labels=labels, posterior=posterior, ok=np.ones(n, bool))


@pytest.fixture(scope="session")
def member() -> Callable[..., Member]:
    """Make a member of three rounds that validates on fold 0, with these changes."""
    return make_member


@pytest.fixture(scope="session")
def table() -> Callable[..., Table]:
    """Make thirty clips, or so many, of three classes."""
    return make_table
