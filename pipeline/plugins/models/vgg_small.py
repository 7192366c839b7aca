"""VGG-like, two convolutions a block, dense 1024 with SELU: the report's small model."""

from typing import Literal

import keras

from pipeline.plugins.models._vgg import vgg
from pipeline.settings import Fraction, PositiveInt

ACCEPTS = ("mel", "stft", "mfcc")


def build(
    input_shape: tuple[int, int],
    n_outputs: int,
    *,
    width: PositiveInt = 32,
    depth: PositiveInt = 4,
    dense: PositiveInt = 1024,
    dropout: Fraction = 0.3,
    norm: Literal["batch", "none"] = "batch",
    pooling: Literal["flatten", "mean_and_max"] = "flatten",
    first: PositiveInt = 2,
) -> keras.Model:
    """Return a classifier from patches (batch, frames, bins) to probabilities (batch, n_outputs).

    Args:
        input_shape: frames and bins of a patch.
        n_outputs: number of classes.
        width: filters of the first block; each block doubles them.
        depth: number of blocks; each halves frames and bins.
        dense: units of the hidden layer.
        dropout: share dropped before and after the hidden layer.
        norm: normalisation after each convolution.
        pooling: what joins the last block to the hidden layer.
        first: convolutions of the first block. With one instead of two a network trains half as fast again: the first
            block has the largest images.
    """
    return vgg(
        input_shape,
        n_outputs,
        convs=2,
        width=width,
        depth=depth,
        dense=dense,
        dropout=dropout,
        norm=norm,
        pooling=pooling,
        first=first,
    )
