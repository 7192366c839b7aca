"""The VGG-like network behind `vgg_small` and `vgg_large` (after Simonyan and Zisserman, 2015)."""

import keras
from keras import layers

from pipeline.plugins.models import _blocks


def vgg(
    input_shape: tuple[int, int],
    n_outputs: int,
    *,
    convs: int,
    width: int,
    depth: int,
    dense: int,
    dropout: float,
    norm: str,
    pooling: str,
    first: int | None = None,
) -> keras.Model:
    """`depth` blocks of `convs` convolutions, the first block of `first`; the filters double from `width` in each."""
    inputs, x = _blocks.as_image(input_shape)
    for block in range(depth):
        count = convs if block or first is None else first
        x = _blocks.conv_block(x, width * 2**block, convs=count, norm=norm, pool=(2, 2))
    x = layers.Flatten()(x) if pooling == "flatten" else _blocks.mean_and_max(x)
    return keras.Model(inputs, _blocks.head(x, n_outputs, dense=dense, dropout=dropout))
