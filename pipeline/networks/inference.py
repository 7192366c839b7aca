"""From trained networks to arrays: probabilities of clips, latents, reconstructions, feature maps.

Conventions: clips come as an iterable of float16 (n_frames, n_bins), `None` where quarantined, whose row is then NaN.
"""

from collections.abc import Iterable, Iterator

import keras
import numpy as np

from pipeline.errors import DataError
from pipeline.networks.patches import clip_patches
from pipeline.params.networks import Patches

CHUNK = 1024
BATCH = 64


def clip_outputs(network: keras.Model, clips: Iterable[np.ndarray | None], patches: Patches) -> np.ndarray:
    """Return float32 (n_clips, n_outputs): for each clip the mean of the network's output over its patches."""
    parts = [_mean_outputs(network, chunk, patches) for chunk in _chunks(clips)]
    width = int(network.output_shape[-1])
    return np.concatenate(parts) if parts else np.empty((0, width), np.float32)


def _chunks(clips: Iterable[np.ndarray | None]) -> Iterator[list[np.ndarray | None]]:
    chunk: list[np.ndarray | None] = []
    for clip in clips:
        chunk.append(clip)
        if len(chunk) == CHUNK:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def _mean_outputs(network: keras.Model, clips: list[np.ndarray | None], patches: Patches) -> np.ndarray:
    stacks = [None if clip is None else clip_patches(clip, patches) for clip in clips]
    means = np.full((len(clips), int(network.output_shape[-1])), np.nan, np.float32)
    present = [stack for stack in stacks if stack is not None]
    if not present:
        return means
    outputs = predict(network, np.concatenate(present))
    ends = np.cumsum([len(stack) for stack in present])
    usable = [row for row, stack in enumerate(stacks) if stack is not None]
    for row, part in zip(usable, np.split(outputs, ends[:-1]), strict=True):
        means[row] = part.mean(axis=0)
    return means


def predict(network: keras.Model, x: np.ndarray) -> np.ndarray:
    """Return the network's float32 output for patches (n, frames, bins).

    Raises:
        DataError: the output is not finite: a loss can stay a number until the very last step.
    """
    found = np.asarray(network.predict(x, batch_size=BATCH, verbose=0), np.float32)
    if not np.isfinite(found).all():
        raise DataError(
            f"{network.name}: what the network answers is no longer a number; usual causes: a learning rate that is "
            "too high, mixed precision, or features with extreme values"
        )
    return found


def part(network: keras.Model, layer: str) -> keras.Model:
    """Return the network from its input to the output of `layer`."""
    return keras.Model(network.inputs, network.get_layer(layer).output)


def before_last(network: keras.Model) -> keras.Model:
    """Return the network from its input to what its last layer is given."""
    return keras.Model(network.inputs, network.layers[-1].input)


def first_feature_maps(network: keras.Model, patch: np.ndarray, count: int) -> np.ndarray:
    """Return float32 (k, frames, bins), k ≤ `count`: what the first convolution makes of one patch (frames, bins).

    A 1-D convolution gives (k, steps, 1).
    """
    first = next(layer for layer in network.layers if layer.__class__.__name__ in ("Conv2D", "Conv1D"))
    maps = predict(keras.Model(network.inputs, first.output), patch[None])[0]
    maps = maps[:, None, :] if maps.ndim == 2 else maps
    return np.moveaxis(maps, -1, 0)[:count]
