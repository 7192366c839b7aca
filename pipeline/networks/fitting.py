"""Fitting networks: compile, fit, and the weights on disk.

Conventions: takes and returns arrays and Keras objects; what a run means (rounds, folds, members) is decided in
`pipeline.members.self_training`. Every fit starts from a fresh optimizer and a fresh seed, so that a round is a
function of its weights, its data and its seed.
"""

import warnings
from itertools import zip_longest
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pandas as pd

from pipeline.compute.progress import bar
from pipeline.errors import ArtifactError, DataError
from pipeline.networks import backend
from pipeline.networks.optimizer import OneDeviceAdamW
from pipeline.params.networks import Optimisation


def fit(
    network: keras.Model,
    train: keras.utils.PyDataset,
    validation: keras.utils.PyDataset | None,
    settings: Optimisation,
    *,
    epochs: int,
    loss: str | keras.losses.Loss,
    metrics: list[str | keras.metrics.Metric] | None = None,
    title: str = "",
    part: tuple[int, int] = (1, 1),
) -> pd.DataFrame:
    """Fit in place; return one row an epoch: epoch (from 1), loss, accuracy, val_loss, ..., learning_rate.

    `part`: (2, 3) is the second of three fits of one network that share one schedule of learning rates.

    With `keep.best`, training stops after that many epochs without a better `val_loss`, and the weights of the best
    one are restored. With `keep.average`, the weights end as their exponential moving average of that momentum, and the
    statistics that normalise are estimated anew for them. Without `validation`, the columns `val_*` are NaN.

    Raises:
        DataError: the loss became NaN or infinite.
    """
    steps, momentum = epochs * int(train.num_batches or 1), settings.keep.average
    optimizer = OneDeviceAdamW(
        learning_rate=_schedule(settings, steps, part),
        weight_decay=settings.weight_decay,
        use_ema=momentum is not None,
        ema_momentum=momentum if momentum is not None else 0.99,
    )
    network.compile(optimizer=optimizer, loss=loss, metrics=metrics or [], jit_compile=backend.compiled())
    # Left to the first step, TensorFlow traces that one twice, which takes seconds.
    optimizer.build(network.trainable_variables)
    callbacks: list[keras.callbacks.Callback] = [
        keras.callbacks.LambdaCallback(on_epoch_begin=lambda epoch, logs: setattr(train, "epoch", epoch)),
        keras.callbacks.TerminateOnNaN(raise_error=True),
        _Bar(title),
    ]
    if settings.keep.best is not None and validation is not None:
        patience = settings.keep.best
        callbacks.append(keras.callbacks.EarlyStopping("val_loss", patience=patience, restore_best_weights=True))
    try:
        history = network.fit(
            train, validation_data=validation, epochs=epochs, callbacks=callbacks, shuffle=False, verbose=0
        )
    except RuntimeError as error:
        if "NaN" not in str(error) and "Inf" not in str(error):
            raise
        raise DataError(
            f"{title}: the loss is no longer a number; usual causes: a learning rate that is too high "
            f"(now {settings.learning_rate:g}), mixed precision, or features with extreme values"
        ) from None
    if momentum is not None:
        _normalise_anew(network, train, epochs)
    table = pd.DataFrame(history.history).astype(np.float64)
    if validation is None:
        table = table.assign(**{f"val_{name}": np.nan for name in table.columns})
    table.insert(0, "epoch", np.arange(1, len(table) + 1))
    ends = np.minimum(table["epoch"] * int(train.num_batches or 1), steps) - 1
    schedule = _schedule(settings, steps, part)
    table["learning_rate"] = [_rate(schedule, int(step)) for step in ends]
    return table


def _normalise_anew(network: keras.Model, train: keras.utils.PyDataset, epoch: int) -> None:
    """Set the moving statistics of each BatchNormalization to their mean over one more epoch, without a step.

    The optimizer averages trainable weights only; the statistics left behind belong to the last weights, not to the
    averaged ones (Izmailov et al., "Averaging weights leads to wider optima and better generalization", 2018).
    """
    layers = [layer for layer in network.layers if isinstance(layer, keras.layers.BatchNormalization)]
    if not layers:
        return
    kept = [layer.momentum for layer in layers]
    train.epoch = epoch
    for index in range(int(train.num_batches or 1)):
        for layer in layers:
            layer.momentum = index / (index + 1)
        network(train[index][0], training=True)
    for layer, momentum in zip(layers, kept, strict=True):
        layer.momentum = momentum


class _Later(keras.optimizers.schedules.LearningRateSchedule):
    """A schedule that was begun `offset` steps ago."""

    def __init__(self, schedule: keras.optimizers.schedules.LearningRateSchedule, offset: int) -> None:
        self._schedule, self._offset = schedule, offset

    def __call__(self, step: Any) -> Any:
        return self._schedule(step + self._offset)

    def get_config(self) -> dict[str, Any]:
        return {"schedule": self._schedule, "offset": self._offset}


def _schedule(settings: Optimisation, steps: int, part: tuple[int, int]) -> Any:
    """Return the learning rate of `steps` steps, or what gives it by the step."""
    if settings.schedule == "constant":
        return settings.learning_rate
    number, parts = part
    # Each part counts for as much as the others, however many steps they took.
    whole, done = steps * parts, steps * (number - 1)
    warm = max(1, whole // 20)
    falling = keras.optimizers.schedules.CosineDecay(
        initial_learning_rate=settings.learning_rate / 10,
        decay_steps=max(1, whole - warm),
        warmup_target=settings.learning_rate,
        warmup_steps=warm,
    )
    return _Later(falling, done) if done else falling


def _rate(schedule: Any, step: int) -> float:
    return float(schedule) if isinstance(schedule, float) else float(keras.ops.convert_to_numpy(schedule(step)))


class _Bar(keras.callbacks.Callback):
    """One progress bar a fit, one tick an epoch."""

    def __init__(self, title: str) -> None:
        super().__init__()
        self._title = title

    def on_train_begin(self, logs: dict[str, float] | None = None) -> None:
        self._bar = bar(total=self.params["epochs"], title=self._title, unit="epoch")

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        self._bar.set_postfix({key: f"{value:.3f}" for key, value in (logs or {}).items()}, refresh=False)
        self._bar.update()

    def on_train_end(self, logs: dict[str, float] | None = None) -> None:
        self._bar.close()


def save_weights(network: keras.Model, path: Path) -> None:
    """Write the weights to `path`, which ends in `.weights.h5`.

    The optimizer's state, which Keras would add, is left out: each fit starts with a new one, and a network that was
    restored and not fitted since has none, so that the same weights would be another file.
    """
    keras.Model(network.inputs, network.outputs, name="network").save_weights(path)


def set_weights(network: keras.Model, arrays: list[np.ndarray], title: str) -> None:
    """Give a network the weights of another of the same shape.

    Raises:
        DataError: they are of a network of another shape.
    """
    wanted, found = [weight.shape for weight in network.weights], [array.shape for array in arrays]
    if wanted != found:
        first = next(pair for pair in zip_longest(wanted, found) if pair[0] != pair[1])
        raise DataError(
            f"{title}: the weights to go on from are of another network (expected an array of {first[0]}, found "
            f"{first[1]}); give both the same network, and with pooling: flatten patches of the same frames"
        )
    network.set_weights(arrays)


def load_weights(network: keras.Model, path: Path) -> None:
    """Read weights into a network of the same shape.

    Raises:
        ArtifactError: the file is damaged or belongs to another network.
    """
    try:
        with warnings.catch_warnings():
            # Keras only warns where it leaves a layer at its random weights
            warnings.simplefilter("error", UserWarning)
            network.load_weights(path)
    except Exception as error:  # of a damaged file Keras and HDF5 raise whatever they meet
        first = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise ArtifactError(f"{path}: weights do not fit the network ({first}); train it again") from None
