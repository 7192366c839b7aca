"""The Keras learner behind judges and members: one network, fitted round by round."""

from functools import partial
from pathlib import Path

import keras
import numpy as np
import pandas as pd

from pipeline.files.frames import Frames
from pipeline.networks import building, fitting, inference, losses
from pipeline.networks.patches import Augmentation, PatchDataset, ValidationDataset
from pipeline.params import registry
from pipeline.params.training import Recipe
from pipeline.seeding import derive

WEIGHTS = "model.weights.h5"
# Int (k,), rows, and float32 (k, n_classes), their targets: the clips that validate.
HeldOut = tuple[np.ndarray, np.ndarray]


class KerasLearner:
    """Implements `self_training.Learner`.

    Each round builds the network anew from the run's seed and the round's number, then loads the weights of the
    round before (unless `restart`), so that it does not matter whether that round ran in this process. Where there is
    no round before, or it does not count, these are `start`.
    """

    def __init__(
        self,
        features: Frames,
        recipe: Recipe,
        n_classes: int,
        *,
        seed: int,
        name: str,
        start: list[np.ndarray] | None = None,
        restart: bool = False,
        rounds: int = 1,
    ) -> None:
        """Learn from `features` by `recipe`, whose patches are resolved.

        `name` goes into the seed and the progress bars. `start`: weights to begin with, in the order of Keras; None:
        new ones. `restart`: each round begins with them, and with a schedule of learning rates of its own; else all
        `rounds` share one.
        """
        self._features, self._recipe, self._n_classes = features, recipe, n_classes
        self._seed, self._name, self._start, self._restart = seed, name, start, restart
        self._rounds = 1 if restart else rounds
        # Of the last round: the next one starts from them.
        self.weights: list[np.ndarray] | None = None
        self.network: keras.Model | None = None

    def _build(self, number: int) -> keras.Model:
        shape = (self._recipe.patches.n_frames, self._features.n_bins)
        seed = derive(self._seed, "network", self._name, number)
        return building.build(self._recipe.network, shape, self._n_classes, seed=seed)

    def fit(
        self, number: int, rows: np.ndarray, targets: np.ndarray, doubtful: np.ndarray, held_out: HeldOut | None = None
    ) -> pd.DataFrame:
        """Fit round `number`; see `self_training.Learner`. Without `held_out`, no clip validates.

        Raises:
            DataError: `start` is of another network, or the loss is no longer a number.
        """
        recipe = self._recipe
        self.network = self._build(number)
        before = self._start if self._restart or self.weights is None else self.weights
        if before is not None:
            fitting.set_weights(self.network, before, self._name)
        train = PatchDataset(
            self._features,
            rows,
            losses.with_doubt(targets, doubtful),
            patches=recipe.patches,
            batch_size=recipe.training.batch_size,
            seed=derive(self._seed, "batches", self._name, number),
            augmentations=augmentations(recipe),
        )
        history = fitting.fit(
            self.network,
            train,
            None if held_out is None else self._validation(*held_out),
            recipe.training,
            epochs=recipe.epochs,
            loss=losses.ClipLoss(recipe.training.doubtful, recipe.training.label_smoothing),
            metrics=[losses.accuracy()],
            title=f"{self._name}, round {number}",
            part=(number, self._rounds) if self._rounds > 1 else (1, 1),
        )
        self.weights = self.network.get_weights()
        return history

    def _validation(self, rows: np.ndarray, targets: np.ndarray) -> ValidationDataset:
        known = losses.with_doubt(targets, np.zeros(len(rows), bool))
        return ValidationDataset(self._features, rows, known, patches=self._recipe.patches)

    def predict(self, rows: np.ndarray | None = None) -> np.ndarray:
        """Return float32 (n, n_classes) for the clips in int `rows`, or for all clips; NaN where quarantined."""
        assert self.network is not None
        ok = self._features.ok
        wanted = np.arange(len(ok)) if rows is None else rows
        clips = (self._features.clip(row) if ok[row] else None for row in map(int, wanted))
        return inference.clip_outputs(self.network, clips, self._recipe.patches)

    def save(self, folder: Path) -> None:
        """Write the weights of the last round."""
        assert self.network is not None
        fitting.save_weights(self.network, folder / WEIGHTS)

    def restore(self, number: int, folder: Path) -> None:
        """Load the weights of round `number`."""
        self.network = self._build(number)
        fitting.load_weights(self.network, folder / WEIGHTS)
        self.weights = self.network.get_weights()


def augmentations(recipe: Recipe) -> list[Augmentation]:
    """Return the recipe's augmentations, in order."""
    steps = recipe.training.augment.listed.items()
    return [partial(registry.function("augment", name), **settings) for name, settings in steps]
