"""A fit begins soon: its step is traced once."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from pipeline.files.frames import Features
from pipeline.params.training import Fit, Patches

pytestmark = pytest.mark.keras


def test_the_training_step_is_traced_once() -> None:
    import keras

    from pipeline.networks import backend, fitting
    from pipeline.networks.patches import PatchDataset

    backend.configure("cpu", "float32")
    index = pd.DataFrame({"clip_id": list("abc"), "start": [0, 4, 8], "n_frames": 4, "status": "ok"})
    features = Features(np.ones((12, 5), np.float16), index, {"n_bins": 5})
    # Three clips in batches of two: the last one is of another size.
    data = PatchDataset(
        features, np.arange(3), np.eye(3, dtype=np.float32), patches=Patches(frames=4), batch_size=2, seed=0
    )
    backend.fresh(0)
    network = keras.Sequential([keras.Input((4, 5)), keras.layers.Flatten(), keras.layers.Dense(3, "softmax")])
    traced = []

    def loss(y: Any, probs: Any) -> Any:
        traced.append(y.shape)
        return keras.losses.categorical_crossentropy(y, probs)

    fitting.fit(network, data, None, Fit(epochs=2, patience=None), loss=loss, ema=0.9)
    assert len(traced) == 1, traced
