"""The Keras learner behind `pipeline.selftraining`: one member's network, fitted round by round."""

from functools import partial
from pathlib import Path

import keras
import numpy as np
import pandas as pd

from pipeline import inference, registry, training
from pipeline.artifacts import Features
from pipeline.params import Member
from pipeline.patches import Augmentation, PatchDataset, ValidationDataset
from pipeline.seeding import derive
from pipeline.selftraining import Split

WEIGHTS = "model.weights.h5"


class KerasLearner:
    """Implements `selftraining.Learner`.

    Each round builds the network anew from the run's seed and the round's number, then loads the weights of the
    round before (unless `member.restart`), so that it does not matter whether that round ran in this process.
    """

    def __init__(
        self, features: Features, member: Member, n_classes: int, n_frames: int, *, seed: int, name: str
    ) -> None:
        """Learn from `features` with patches of `n_frames`; `name` goes into the seed and the progress bars."""
        self._features, self._member, self._n_classes, self._n_frames = features, member, n_classes, n_frames
        self._seed, self._name = seed, name
        self._weights: list[np.ndarray] | None = None
        self.network: keras.Model | None = None

    def _build(self, number: int) -> keras.Model:
        shape = (self._n_frames, self._features.n_bins)
        seed = derive(self._seed, "network", self._name, number)
        return training.build(self._member.model, shape, self._n_classes, seed=seed)

    def fit(self, number: int, rows: np.ndarray, targets: np.ndarray, split: Split) -> pd.DataFrame:
        """Fit round `number`; see `selftraining.Learner`."""
        member = self._member
        self.network = self._build(number)
        if self._weights is not None and not member.restart:
            self.network.set_weights(self._weights)
        hot = np.eye(self._n_classes, dtype=np.float32)
        held_out = np.flatnonzero(split.validation)
        train = PatchDataset(
            self._features,
            rows,
            hot[targets],
            patches=member.patches,
            n_frames=self._n_frames,
            batch_size=member.fit.batch_size,
            seed=derive(self._seed, "batches", self._name, number),
            augmentations=augmentations(member),
        )
        history = training.fit(
            self.network,
            train,
            ValidationDataset(
                self._features, held_out, hot[split.given[held_out]], patches=member.patches, n_frames=self._n_frames
            ),
            member.fit,
            loss=keras.losses.CategoricalCrossentropy(label_smoothing=member.label_smoothing),
            metrics=["accuracy"],
            ema=member.ema,
            title=f"{self._name}, round {number} of {member.rounds}",
        )
        self._weights = self.network.get_weights()
        return history

    def predict(self) -> np.ndarray:
        """Return float32 (n_clips, n_classes), NaN where quarantined."""
        assert self.network is not None
        ok = self._features.ok
        clips = (self._features.clip(row) if ok[row] else None for row in range(len(ok)))
        return inference.clip_outputs(self.network, clips, self._member.patches, self._n_frames)

    def save(self, folder: Path) -> None:
        """Write the weights of the last round."""
        assert self.network is not None
        training.save_weights(self.network, folder / WEIGHTS)

    def restore(self, number: int, folder: Path) -> None:
        """Load the weights of round `number`."""
        self.network = self._build(number)
        training.load_weights(self.network, folder / WEIGHTS)
        self._weights = self.network.get_weights()


def augmentations(member: Member) -> list[Augmentation]:
    """Return the member's augmentations, in order."""
    steps = member.augment.steps.items()
    return [partial(registry.function("augment", name), **settings) for name, settings in steps]
