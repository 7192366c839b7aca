"""Layers that several networks share."""

from collections.abc import Callable
from typing import Any

import keras
from keras import layers

from pipeline.plugins.models._norm import BatchNormalization


def normalisation(norm: str) -> Callable[[Any], Any]:
    """Return the layer called `norm`: `batch`, or `none` for the identity.

    Keras' own momentum of 0.99 would still hold a tenth of the initial statistics after 230 steps, and a fit on a few
    hundred clips has few more.
    """
    return BatchNormalization(momentum=0.9) if norm == "batch" else lambda x: x


def conv_block(x: Any, filters: int, *, convs: int, norm: str, pool: tuple[int, int]) -> Any:
    """`convs` 3×3 convolutions, each normalised and followed by LeakyReLU, then max pooling.

    `x` is (batch, frames, bins, channels). The last LeakyReLU comes after the pooling: it keeps the order of numbers,
    so that nothing changes but how many it is worked out for.
    """
    for left in reversed(range(convs)):
        x = layers.Conv2D(filters, 3, padding="same", use_bias=norm == "none", kernel_initializer="he_normal")(x)
        x = normalisation(norm)(x)
        x = x if left else layers.MaxPooling2D(pool, padding="same")(x)
        x = layers.LeakyReLU(negative_slope=0.1)(x)
    return x


def head(x: Any, n_outputs: int, *, dense: int, dropout: float) -> Any:
    """A SELU layer of `dense` units and a softmax in float32, whatever the precision of the rest."""
    x = layers.Dropout(dropout)(x)
    x = layers.Dense(dense, activation="selu", kernel_initializer="lecun_normal")(x)
    x = layers.Dropout(dropout)(x)
    return layers.Dense(n_outputs, activation="softmax", dtype="float32", name="probs")(x)


def mean_and_max(x: Any) -> Any:
    """Average over time and frequency, beside the maximum over both: (batch, 2 × channels)."""
    return layers.Concatenate()([layers.GlobalAveragePooling2D()(x), layers.GlobalMaxPooling2D()(x)])


def as_image(input_shape: tuple[int, int]) -> tuple[Any, Any]:
    """Return the input (batch, frames, bins) and the same centred, with one channel."""
    inputs = keras.Input(input_shape, name="patch")
    x = layers.Reshape((*input_shape, 1))(inputs)
    return inputs, layers.Rescaling(scale=2.0, offset=-1.0)(x)
