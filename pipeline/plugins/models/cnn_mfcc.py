"""A small 2-D CNN for MFCCs: pools along time only in its first blocks, because the coefficients are few."""

from typing import Literal

import keras

from pipeline.plugins.models import _blocks
from pipeline.settings import Depth, Fraction, Width

ACCEPTS = ("mfcc", "mel")


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
    """Return a classifier from patches (batch, frames, coefficients) to probabilities (batch, n_outputs).

    Args:
        input_shape: frames and coefficients of a patch.
        n_outputs: number of classes.
        width: filters of the first block; every second block doubles them.
        depth: number of blocks; each halves the frames, the last two the coefficients as well.
        dense: units of the hidden layer.
        dropout: share dropped before and after the hidden layer.
        norm: normalisation after each convolution.
    """
    inputs, x = _blocks.as_image(input_shape)
    for block in range(depth):
        pool = (2, 2) if block >= depth - 2 else (2, 1)
        x = _blocks.conv_block(x, width * 2 ** (block // 2), convs=1, norm=norm, pool=pool)
    x = _blocks.mean_and_max(x)
    return keras.Model(inputs, _blocks.head(x, n_outputs, dense=dense, dropout=dropout))
