"""Fixed patches from ragged frames, and the batches that networks are fitted on.

Conventions: a patch is float32 (n_frames, n_bins). `crop` takes a window, tiling clips that are shorter, so that a
short sound is not mostly padding; `resize` interpolates linearly along time, as the report did. Every batch is a
function of (seed, epoch, index) alone, so that prefetching, a resumed run or another backend sees the same ones.
"""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np

from pipeline.errors import DataError
from pipeline.files.frames import Frames
from pipeline.params.networks import Patches
from pipeline.seeding import rng

Augmentation = Callable[[np.ndarray, np.ndarray, np.random.Generator], tuple[np.ndarray, np.ndarray]]


def resize(frames: np.ndarray, n_frames: int) -> np.ndarray:
    """Interpolate (n, n_bins) linearly along time to float32 (n_frames, n_bins)."""
    frames = frames.astype(np.float32)
    at = np.linspace(0, len(frames) - 1, n_frames)
    low = np.floor(at).astype(int)
    high = np.minimum(low + 1, len(frames) - 1)
    share = (at - low).astype(np.float32)[:, None]
    return frames[low] * (1 - share) + frames[high] * share


def crop(frames: np.ndarray, n_frames: int, start: int) -> np.ndarray:
    """Take float32 (n_frames, n_bins) from frame `start` on, the clip repeated where it is too short."""
    if len(frames) >= n_frames:
        return frames[start : start + n_frames].astype(np.float32)
    return frames[(start + np.arange(n_frames)) % len(frames)].astype(np.float32)


def last_start(length: int, n_frames: int) -> int:
    """Return the largest useful `start` of a crop from a clip of `length` frames."""
    return length - n_frames if length >= n_frames else length - 1


def resolve(features: Frames, patches: Patches, train: np.ndarray) -> Patches:
    """Return `patches` with a number of frames; `mean` is the mean length of the clips in the bool rows `train`.

    Raises:
        DataError: no training clip is usable.
    """
    if patches.frames != "mean":
        return patches
    lengths = features.index["n_frames"].to_numpy()[train]
    if not (lengths > 0).any():
        raise DataError("features: no usable training clip, so there is no mean length for patches.frames: mean")
    return patches.of(round(float(lengths[lengths > 0].mean())))


def clip_patches(frames: np.ndarray, patches: Patches) -> np.ndarray:
    """Return float32 (k, n_frames, n_bins): the patches whose mean prediction is the clip's.

    `resize` has one; `crop` has up to `test_crops`, evenly spaced from the clip's start to its end.
    """
    n_frames = patches.n_frames
    if patches.crop is None:
        return resize(frames, n_frames)[None]
    end = last_start(len(frames), n_frames) if len(frames) > n_frames else 0
    starts = np.unique(np.linspace(0, end, patches.crop.test_crops).round().astype(int))
    return np.stack([crop(frames, n_frames, start) for start in starts])


class PatchDataset(keras.utils.PyDataset):
    """Shuffled, augmented training batches over memory-mapped frames.

    Whoever fits sets `epoch` as each one begins (Keras' own hooks run once more than there are epochs).
    Item `i` is float32 (batch, n_frames, n_bins), float32 (batch, n_targets) targets: a column a class and, in
    self-training, one of doubt.
    """

    def __init__(
        self,
        features: Frames,
        rows: np.ndarray,
        targets: np.ndarray,
        *,
        patches: Patches,
        batch_size: int,
        seed: int,
        augmentations: list[Augmentation] | None = None,
        reconstruct: bool = False,
    ) -> None:
        """Make batches of the clips in `rows` (int (n,)) with `targets` (float32 (n, n_targets)).

        With `reconstruct`, a patch is its own target and `targets` is not read.
        """
        super().__init__(workers=1, use_multiprocessing=False)
        self._features, self._rows, self._targets = features, rows, targets
        self._patches, self._batch_size = patches, batch_size
        self._seed, self._augmentations, self._reconstruct = seed, augmentations or [], reconstruct
        self.epoch = 0

    @property
    def num_batches(self) -> int:
        return -(-len(self._rows) // self._batch_size)

    def __getitem__(self, index: int) -> Any:
        order = rng(self._seed, "order", self.epoch).permutation(len(self._rows))
        take = order[index * self._batch_size : (index + 1) * self._batch_size]
        draw = rng(self._seed, "batch", self.epoch, index)
        x = np.stack([self._patch(row, draw) for row in self._rows[take]])
        if self._reconstruct:
            return x, x
        y = self._targets[take].astype(np.float32)
        for augment in self._augmentations:
            x, y = augment(x, y, draw)
        return x, y

    def _patch(self, row: int, draw: np.random.Generator) -> np.ndarray:
        frames = self._features.clip(row)
        if self._patches.crop is None:
            return resize(frames, self._patches.n_frames)
        start = int(draw.integers(0, last_start(len(frames), self._patches.n_frames) + 1))
        return crop(frames, self._patches.n_frames, start)


class ValidationDataset(keras.utils.PyDataset):
    """Batches of one fixed patch a clip (the middle of those a clip is tested on), in order, never augmented."""

    def __init__(
        self,
        features: Frames,
        rows: np.ndarray,
        targets: np.ndarray,
        *,
        patches: Patches,
        batch_size: int = 64,
        reconstruct: bool = False,
    ) -> None:
        """As `PatchDataset`, without what draws."""
        super().__init__(workers=1, use_multiprocessing=False)
        self._features, self._rows, self._targets = features, rows, targets
        self._patches, self._batch_size = patches, batch_size
        self._reconstruct = reconstruct

    @property
    def num_batches(self) -> int:
        return -(-len(self._rows) // self._batch_size)

    def __getitem__(self, index: int) -> Any:
        part = slice(index * self._batch_size, (index + 1) * self._batch_size)
        x = np.stack([self._middle(row) for row in self._rows[part]])
        return x, x if self._reconstruct else self._targets[part].astype(np.float32)

    def _middle(self, row: int) -> np.ndarray:
        candidates = clip_patches(self._features.clip(row), self._patches)
        return candidates[len(candidates) // 2]
