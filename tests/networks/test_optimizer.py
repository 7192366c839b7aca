"""The optimizer's shortcuts change nothing that is learned: Keras' own AdamW is the oracle."""

import subprocess
import sys
from typing import Any

import numpy as np
import pytest

from ..conftest import ROOT

pytestmark = pytest.mark.keras


@pytest.mark.parametrize("scheduled", [True, False])
@pytest.mark.parametrize("eager", [True, False])
def test_weights_are_those_of_keras_at_every_step_of_a_schedule(scheduled: bool, eager: bool) -> None:
    import keras

    from pipeline.networks import backend, optimizer

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

    ours, theirs = fitted(optimizer.OneDeviceAdamW), fitted(keras.optimizers.AdamW)
    for found, expected in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)


def test_with_more_than_one_replica_it_refuses_rather_than_let_their_weights_drift_apart() -> None:
    """In a process of its own: TensorFlow has to be told of a second device before it begins."""
    code = """
import numpy as np
from pipeline.networks import backend
from pipeline.networks import optimizer
import keras
import tensorflow as tf
cpu = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
with tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"]).scope():
    network = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    network.compile(optimizer=optimizer.OneDeviceAdamW(), loss="mse")
network.fit(np.zeros((4, 2)), np.zeros((4, 1)), batch_size=4, verbose=0)
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "found 2 replicas, expected one" in done.stderr
