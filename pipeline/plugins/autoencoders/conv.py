"""The convolutional autoencoder whose latents labels are spread over."""

import math

import keras
from keras import layers

from pipeline.settings import Depth, Width

ACCEPTS = ("mel", "stft", "mfcc", "waveform")


def build(
    input_shape: tuple[int, int],
    n_outputs: int,
    *,
    width: Width = 16,
    depth: Depth = 4,
) -> keras.Model:
    """Return an autoencoder of patches (batch, frames, bins); its layer `latent` gives (batch, n_outputs).

    Args:
        input_shape: frames and bins of a patch; any size, odd ones included.
        n_outputs: number of latents.
        width: filters of the first convolution; each further one doubles them, up to eight times.
        depth: number of strided convolutions; each halves frames and bins.
    """
    frames, bins = input_shape
    filters = [width * 2 ** min(level, 3) for level in range(depth)]
    inputs = keras.Input(input_shape, name="patch")
    x = layers.Reshape((frames, bins, 1))(inputs)
    for n in filters:
        x = layers.Conv2D(n, 3, strides=2, padding="same", activation="leaky_relu", kernel_initializer="he_normal")(x)
    small = (math.ceil(frames / 2**depth), math.ceil(bins / 2**depth), filters[-1])
    latent = layers.Dense(n_outputs, name="latent", dtype="float32")(layers.Flatten()(x))
    x = layers.Dense(math.prod(small), activation="leaky_relu", kernel_initializer="he_normal")(latent)
    x = layers.Reshape(small)(x)
    for n in [*filters[-2::-1], 1]:
        last = n == 1
        x = layers.Conv2DTranspose(
            n,
            3,
            strides=2,
            padding="same",
            activation="linear" if last else "leaky_relu",
            dtype="float32" if last else None,
        )(x)
    beyond = ((0, small[0] * 2**depth - frames), (0, small[1] * 2**depth - bins))
    x = layers.Cropping2D(beyond, dtype="float32")(x)
    return keras.Model(inputs, layers.Reshape((frames, bins), name="reconstruction", dtype="float32")(x))
