"""A 1-D CNN on the raw waveform (after Dai et al., 2017, "Very deep convolutional neural networks for raw waveforms").

A wide first filter with a long stride stands in for the spectrogram; blocks of small filters follow.
"""

from typing import Literal

import keras
from keras import layers

from pipeline.plugins.models import _blocks
from pipeline.settings import Depth, Fraction, Width

ACCEPTS = ("waveform",)


def build(
    input_shape: tuple[int, int],
    n_outputs: int,
    *,
    width: Width = 32,
    depth: Depth = 4,
    dense: Width = 128,
    dropout: Fraction = 0.3,
    norm: Literal["batch", "none"] = "batch",
) -> keras.Model:
    """Return a classifier from waveform patches (batch, rows, samples a row) to probabilities (batch, n_outputs).

    Args:
        input_shape: rows and samples a row of a patch; their product is the patch's samples.
        n_outputs: number of classes.
        width: filters of the first layer; each block doubles them, up to eight times.
        depth: number of blocks; each divides the time resolution by four.
        dense: units of the hidden layer.
        dropout: share dropped before and after the hidden layer.
        norm: normalisation after each convolution.
    """
    inputs = keras.Input(input_shape, name="patch")
    x = layers.Reshape((input_shape[0] * input_shape[1], 1))(inputs)
    x = layers.Conv1D(width, 80, strides=4, padding="same", kernel_initializer="he_normal")(x)
    for block in range(depth):
        x = layers.LeakyReLU(negative_slope=0.1)(_blocks.normalisation(norm)(x))
        x = layers.MaxPooling1D(4, padding="same")(x)
        x = layers.Conv1D(width * 2 ** min(block, 3), 5, padding="same", kernel_initializer="he_normal")(x)
    x = layers.LeakyReLU(negative_slope=0.1)(_blocks.normalisation(norm)(x))
    x = layers.Concatenate()([layers.GlobalAveragePooling1D()(x), layers.GlobalMaxPooling1D()(x)])
    return keras.Model(inputs, _blocks.head(x, n_outputs, dense=dense, dropout=dropout))
