"""The Keras learner behind `pipeline.selftraining`: one member's network, fitted round by round."""

from functools import partial
from pathlib import Path

import keras
import numpy as np
import pandas as pd

from pipeline import inference, losses, registry, training
from pipeline.artifacts import Features
from pipeline.patches import Augmentation, PatchDataset, ValidationDataset
from pipeline.roles import Split
from pipeline.seeding import derive
from pipeline.training_params import Member

WEIGHTS = "model.weights.h5"


class KerasLearner:
    """Implements `selftraining.Learner`.

    Each round builds the network anew from the run's seed and the round's number, then loads the weights of the
    round before (unless `member.restart`), so that it does not matter whether that round ran in this process. Where
    there is no round before, or it does not count, these are `start`.
    """

    def __init__(
        self,
        features: Features,
        member: Member,
        n_classes: int,
        n_frames: int,
        *,
        seed: int,
        name: str,
        start: list[np.ndarray] | None = None,
    ) -> None:
        """Learn from `features` with patches of `n_frames`.

        `name` goes into the seed and the progress bars. `start`: weights to begin with, in the order of Keras; None:
        new ones.
        """
        self._features, self._member, self._n_classes, self._n_frames = features, member, n_classes, n_frames
        self._seed, self._name, self._start = seed, name, start
        # Of the last round: the next one starts from them.
        self.weights: list[np.ndarray] | None = None
        self.network: keras.Model | None = None

    def _build(self, number: int) -> keras.Model:
        shape = (self._n_frames, self._features.n_bins)
        seed = derive(self._seed, "network", self._name, number)
        return training.build(self._member.model, shape, self._n_classes, seed=seed)

    def fit(
        self, number: int, rows: np.ndarray, targets: np.ndarray, doubtful: np.ndarray, split: Split | None = None
    ) -> pd.DataFrame:
        """Fit round `number`; see `selftraining.Learner`. Without `split`, no clip validates.

        Raises:
            DataError: `start` is of another network, or the loss is no longer a number.
        """
        member = self._member
        self.network = self._build(number)
        before = self._start if member.restart or self.weights is None else self.weights
        if before is not None:
            training.set_weights(self.network, before, self._name)
        train = PatchDataset(
            self._features,
            rows,
            losses.with_doubt(targets, doubtful),
            patches=member.patches,
            n_frames=self._n_frames,
            batch_size=member.fit.batch_size,
            seed=derive(self._seed, "batches", self._name, number),
            augmentations=augmentations(member),
        )
        history = training.fit(
            self.network,
            train,
            None if split is None else self._held_out(split),
            member.fit,
            loss=losses.ClipLoss(member.doubtful, member.label_smoothing),
            metrics=[losses.accuracy()],
            ema=member.ema,
            title=f"{self._name}, round {number} of {member.rounds}",
        )
        self.weights = self.network.get_weights()
        return history

    def _held_out(self, split: Split) -> ValidationDataset | None:
        rows = np.flatnonzero(split.validation)
        if not rows.size:
            return None
        targets = np.eye(self._n_classes, dtype=np.float32)[split.given[rows]]
        known = losses.with_doubt(targets, np.zeros(len(rows), bool))
        return ValidationDataset(self._features, rows, known, patches=self._member.patches, n_frames=self._n_frames)

    def predict(self, rows: np.ndarray | None = None) -> np.ndarray:
        """Return float32 (n, n_classes) for the clips in int `rows`, or for all clips; NaN where quarantined."""
        assert self.network is not None
        ok = self._features.ok
        wanted = np.arange(len(ok)) if rows is None else rows
        clips = (self._features.clip(row) if ok[row] else None for row in map(int, wanted))
        return inference.clip_outputs(self.network, clips, self._member.patches, self._n_frames)

    def save(self, folder: Path) -> None:
        """Write the weights of the last round."""
        assert self.network is not None
        training.save_weights(self.network, folder / WEIGHTS)

    def restore(self, number: int, folder: Path) -> None:
        """Load the weights of round `number`."""
        self.network = self._build(number)
        training.load_weights(self.network, folder / WEIGHTS)
        self.weights = self.network.get_weights()


def augmentations(member: Member) -> list[Augmentation]:
    """Return the member's augmentations, in order."""
    steps = member.augment.steps.items()
    return [partial(registry.function("augment", name), **settings) for name, settings in steps]
