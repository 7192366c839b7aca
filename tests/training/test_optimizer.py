"""The optimizer's shortcuts change nothing that is learned: Keras' own AdamW is the oracle."""

from typing import Any

import numpy as np
import pytest

pytestmark = pytest.mark.keras


@pytest.mark.parametrize("scheduled", [True, False])
@pytest.mark.parametrize("eager", [True, False])
def test_weights_are_those_of_keras_at_every_step_of_a_schedule(scheduled: bool, eager: bool) -> None:
    import keras

    from pipeline import backend, training

    backend.configure("cpu", "float32")
    random = np.random.default_rng(0)
    x, y = random.normal(size=(40, 6)).astype(np.float32), random.normal(size=(40, 2)).astype(np.float32)

    def fitted(kind: type[Any]) -> list[np.ndarray]:
        backend.fresh(1)
        rate = keras.optimizers.schedules.CosineDecay(0.001, 12, warmup_target=0.05, warmup_steps=3)
        network = keras.Sequential([keras.Input((6,)), keras.layers.Dense(8, "tanh"), keras.layers.Dense(2)])
        optimizer = kind(rate if scheduled else 0.02, weight_decay=0.1, use_ema=True, ema_momentum=0.5)
        network.compile(optimizer=optimizer, loss="mse", run_eagerly=eager)
        network.fit(x, y, batch_size=8, epochs=3, shuffle=False, verbose=0)
        weights: list[np.ndarray] = network.get_weights()
        return weights

    ours, theirs = fitted(training.OneDeviceAdamW), fitted(keras.optimizers.AdamW)
    for found, expected in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)
