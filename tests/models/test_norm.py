"""Batch normalisation by a fused kernel: the numbers are Keras' own."""

from typing import Any

import numpy as np
import pytest

pytestmark = pytest.mark.keras


def network(layer: type[Any], shape: tuple[int, ...]) -> Any:
    import keras

    return keras.Sequential([keras.Input(shape), layer(momentum=0.9), keras.layers.Flatten(), keras.layers.Dense(2)])


def both(shape: tuple[int, ...]) -> tuple[Any, Any]:
    """Keras' layer and ours in a network each, of the same weights, none of them at its initial value."""
    import keras

    from pipeline.networks import backend
    from pipeline.plugins.models import _norm

    backend.configure("cpu", "float32")
    theirs, ours = network(keras.layers.BatchNormalization, shape), network(_norm.BatchNormalization, shape)
    random = np.random.default_rng(1)
    weights = [random.uniform(0.5, 1.5, w.shape).astype(np.float32) for w in theirs.get_weights()]
    for made in (theirs, ours):
        made.set_weights(weights)
        made.compile(optimizer=keras.optimizers.SGD(0.1), loss="mse")
    return theirs, ours


@pytest.mark.parametrize("shape", [(6, 5, 3), (6, 3), (1, 1, 2)], ids=["images", "frames", "one pixel"])
def test_steps_move_all_weights_and_statistics_as_keras_does(shape: tuple[int, ...]) -> None:
    theirs, ours = both(shape)
    random = np.random.default_rng(0)
    for _ in range(3):
        x, y = random.normal(2, 3, (4, *shape)).astype(np.float32), random.normal(size=(4, 2)).astype(np.float32)
        losses = [made.train_on_batch(x, y) for made in (theirs, ours)]
        assert losses[1] == pytest.approx(losses[0], rel=1e-4)
    for expected, found in zip(theirs.get_weights(), ours.get_weights(), strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-4)


def test_without_training_the_moving_statistics_normalise() -> None:
    theirs, ours = both((6, 5, 3))
    x = np.random.default_rng(0).normal(2, 3, (4, 6, 5, 3)).astype(np.float32)
    np.testing.assert_array_equal(np.asarray(ours(x)), np.asarray(theirs(x)))


def test_frozen_it_keeps_its_statistics() -> None:
    _theirs, ours = both((6, 5, 3))
    ours.layers[0].trainable = False
    before = [np.copy(w) for w in ours.layers[0].get_weights()]
    ours(np.ones((4, 6, 5, 3), np.float32), training=True)
    for kept, now in zip(before, ours.layers[0].get_weights(), strict=True):
        np.testing.assert_array_equal(now, kept)


def test_weights_go_from_one_to_the_other(tmp_path: Any) -> None:
    theirs, ours = both((6, 5, 3))
    theirs.save_weights(tmp_path / "w.weights.h5")
    ours.set_weights([0 * w for w in ours.get_weights()])
    ours.load_weights(tmp_path / "w.weights.h5")
    for expected, found in zip(theirs.get_weights(), ours.get_weights(), strict=True):
        np.testing.assert_array_equal(found, expected)
