"""A block's LeakyReLU after the pooling gives what it gives before it."""

import numpy as np
import pytest

pytestmark = pytest.mark.keras


@pytest.mark.parametrize("convs", [1, 2])
@pytest.mark.parametrize("norm", ["batch", "none"])
def test_a_block_is_convolutions_each_activated_then_pooling(convs: int, norm: str) -> None:
    import keras
    from keras import layers

    from pipeline.networks import backend
    from pipeline.plugins.models import _blocks

    backend.configure("cpu", "float32")
    inputs = keras.Input((7, 6, 2))
    block = keras.Model(inputs, _blocks.conv_block(inputs, 3, convs=convs, norm=norm, pool=(2, 2)))
    x = inputs
    for layer in block.layers:
        if isinstance(layer, (layers.Conv2D, layers.BatchNormalization)):
            x = layer(x)
            last = isinstance(layer, layers.Conv2D) and norm == "batch"
            x = x if last else layers.LeakyReLU(negative_slope=0.1)(x)
    reference = keras.Model(inputs, layers.MaxPooling2D(2, padding="same")(x))

    random = np.random.default_rng(0)
    block.set_weights([random.uniform(-1, 1, w.shape) + (w.ndim == 1) * 1.5 for w in block.get_weights()])
    patches = random.normal(size=(4, 7, 6, 2)).astype(np.float32)
    found, expected = block.predict(patches, verbose=0), reference.predict(patches, verbose=0)
    assert (expected < 0).any()
    assert (expected > 0).any()
    np.testing.assert_allclose(found, expected, rtol=1e-6)
