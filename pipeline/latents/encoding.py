"""The autoencoder's run: fit it on the training split, encode every clip, keep a few reconstructions."""

from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import pandas as pd

from pipeline.errors import DataError
from pipeline.files.frames import Frames
from pipeline.networks import backend, fitting, inference
from pipeline.networks.patches import PatchDataset, ValidationDataset, clip_patches, resolve
from pipeline.params import registry
from pipeline.params.networks import Patches
from pipeline.params.training import Autoencoder
from pipeline.seeding import derive, rng


@dataclass(frozen=True)
class Encoded:
    """What the autoencoder gives.

    Attributes:
        latents: float32 (n_clips, d), NaN where quarantined.
        history: one row an epoch: epoch, loss, val_loss, learning_rate.
        rows: int (k,), the clips shown; of the validation part, which was not fitted on.
        reconstructions: float32 (2, k, n_frames, n_bins): originals, then reconstructions.
        network: the fitted autoencoder.
    """

    latents: np.ndarray
    history: pd.DataFrame
    rows: np.ndarray
    reconstructions: np.ndarray
    network: keras.Model


def encode(features: Frames, clips: pd.DataFrame, settings: Autoencoder, *, seed: int, examples: int) -> Encoded:
    """Fit the autoencoder by mean squared error on the training split and encode every clip.

    It reads no label. Groups are not split between its own training and validation parts.

    Raises:
        DataError: fewer than two groups of usable training clips.
    """
    train = (clips["split"] == "train").to_numpy() & features.ok
    patches = resolve(features, settings.patches, train)
    fitted, held_out = _parts(clips, train, settings.validation_fraction, seed)
    common: dict[str, Any] = {"patches": patches, "reconstruct": True}
    backend.fresh(derive(seed, "autoencoder"))
    build = registry.function("autoencoders", settings.network.name)
    network = build((patches.n_frames, features.n_bins), settings.latents, **settings.network.settings)
    none = np.empty((0, 0), np.float32)
    batches = PatchDataset(
        features,
        fitted,
        none,
        batch_size=settings.training.batch_size,
        seed=derive(seed, "autoencoder batches"),
        **common,
    )
    check = ValidationDataset(features, held_out, none, **common)
    history = fitting.fit(
        network, batches, check, settings.training, epochs=settings.epochs, loss="mse", title="autoencoder"
    )
    every = (features.clip(row) if ok else None for row, ok in enumerate(features.ok))
    encoder = inference.part(network, "latent")
    shown = held_out[:examples]
    originals = np.stack([_middle(features.clip(row), patches) for row in shown])
    return Encoded(
        latents=inference.clip_outputs(encoder, every, patches),
        history=history,
        rows=shown,
        reconstructions=np.stack([originals, inference.predict(network, originals)]),
        network=network,
    )


def _middle(frames: np.ndarray, patches: Patches) -> np.ndarray:
    candidates = clip_patches(frames, patches)
    return candidates[len(candidates) // 2]


def _parts(clips: pd.DataFrame, train: np.ndarray, fraction: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the rows fitted on and those held out, by group."""
    groups = np.sort(clips["group"][train].unique())
    if len(groups) < 2:
        raise DataError(f"the autoencoder needs two groups of usable training clips, found {len(groups)}")
    count = min(len(groups) - 1, max(1, round(len(groups) * fraction)))
    chosen = rng(seed, "autoencoder validation").choice(groups, count, replace=False)
    held_out = train & clips["group"].isin(chosen).to_numpy()
    return np.flatnonzero(train & ~held_out), np.flatnonzero(held_out)
