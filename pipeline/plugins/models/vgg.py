"""VGG-like (after Simonyan and Zisserman, 2015), with a hidden layer under SELU as in the report.

The report's small model has two convolutions a block and `dense: 1024`, its large one three and 4096.
"""

from typing import Literal

import keras
from keras import layers

from pipeline.plugins.models import _blocks
from pipeline.settings import Depth, Fraction, Width

ACCEPTS = ("mel", "stft", "mfcc")


def build(
    input_shape: tuple[int, int],
    n_outputs: int,
    *,
    convs: Depth = 2,
    width: Width = 32,
    depth: Depth = 4,
    dense: Width = 1024,
    dropout: Fraction = 0.3,
    norm: Literal["batch", "none"] = "batch",
    pooling: Literal["flatten", "mean_and_max"] = "flatten",
    first: Width | None = None,
) -> keras.Model:
    """Return a classifier from patches (batch, frames, bins) to probabilities (batch, n_outputs).

    Args:
        input_shape: frames and bins of a patch.
        n_outputs: number of classes.
        convs: convolutions of a block.
        width: filters of the first block; each block doubles them.
        depth: number of blocks; each halves frames and bins.
        dense: units of the hidden layer.
        dropout: share dropped before and after the hidden layer. It costs steps: 0 where there are some hundreds.
        norm: normalisation after each convolution.
        pooling: what joins the last block to the hidden layer.
        first: convolutions of the first block, where it is to have others than the rest. With one instead of two a
            network trains half as fast again: the first block has the largest images.
    """
    inputs, x = _blocks.as_image(input_shape)
    for block in range(depth):
        count = convs if block or first is None else first
        x = _blocks.conv_block(x, width * 2**block, convs=count, norm=norm, pool=(2, 2))
    x = layers.Flatten()(x) if pooling == "flatten" else _blocks.mean_and_max(x)
    return keras.Model(inputs, _blocks.head(x, n_outputs, dense=dense, dropout=dropout))
