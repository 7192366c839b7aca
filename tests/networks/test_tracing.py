"""A fit begins soon: its step is traced once."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from pipeline.files.frames import Frames
from pipeline.params.networks import Crop, Optimisation, Patches

pytestmark = pytest.mark.keras


def test_the_training_step_is_traced_once() -> None:
    import keras

    from pipeline.networks import backend, fitting
    from pipeline.networks.patches import PatchDataset

    backend.configure("cpu", "float32")
    index = pd.DataFrame({"clip_id": list("abc"), "start": [0, 4, 8], "n_frames": 4, "status": "ok"})
    features = Frames(np.ones((12, 5), np.float16), index, {"n_bins": 5})
    # Three clips in batches of two: the last one is of another size.
    patches, hot = Patches(crop=Crop(frames=4)), np.eye(3, dtype=np.float32)
    data = PatchDataset(features, np.arange(3), hot, patches=patches, batch_size=2, seed=0)
    backend.fresh(0)
    network = keras.Sequential([keras.Input((4, 5)), keras.layers.Flatten(), keras.layers.Dense(3, "softmax")])
    traced = []

    def loss(y: Any, probs: Any) -> Any:
        traced.append(y.shape)
        return keras.losses.categorical_crossentropy(y, probs)

    fitting.fit(network, data, None, Optimisation(keep={"average": 0.9}), epochs=2, loss=loss)
    assert len(traced) == 1, traced
