"""VGG-like, three convolutions a block, dense 4096 with SELU: the report's large model."""

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
    dense: PositiveInt = 4096,
    dropout: Fraction = 0.3,
    norm: Literal["batch", "none"] = "batch",
    pooling: Literal["flatten", "mean_and_max"] = "flatten",
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
    """
    return vgg(
        input_shape,
        n_outputs,
        convs=3,
        width=width,
        depth=depth,
        dense=dense,
        dropout=dropout,
        norm=norm,
        pooling=pooling,
    )
