"""Which clips sound alike to networks: those whose sound is the same, whatever the networks have learned."""

import numpy as np
import pandas as pd
import pytest

from pipeline.files.frames import Frames
from pipeline.params.training import Judge

pytestmark = pytest.mark.keras

N, FRAMES, BINS = 12, 8, 6
TWIN = np.arange(N) ^ 1


@pytest.fixture(scope="module")
def heard() -> tuple[Frames, Judge, dict[int, list[np.ndarray]]]:
    """Clips of which each even one and the next are one sound, and two networks that have learned nothing."""
    from pipeline.networks import backend, building

    backend.configure("cpu", "float32")
    sounds = np.random.default_rng(0).random((N // 2, FRAMES, BINS)).astype(np.float16)
    frames = np.repeat(sounds, 2, axis=0).reshape(N * FRAMES, BINS)
    index = pd.DataFrame({"start": np.arange(N) * FRAMES, "n_frames": FRAMES, "status": "ok"})
    given = {"network": {"name": "vgg", "width": 4, "depth": 1, "dense": 8}, "training": {}, "epochs": 1}
    settings = Judge.model_validate(given | {"patches": {"crop": {"frames": FRAMES}}})
    networks = [building.build(settings.network, (FRAMES, BINS), 3, seed=seed) for seed in (1, 2)]
    judges = {fold: network.get_weights() for fold, network in enumerate(networks)}
    return Frames(frames, index, {"kind": "mel", "n_bins": BINS}), settings, judges


def _alike(heard, rows, groups) -> np.ndarray:
    from pipeline.judges.network import fitted

    features, settings, judges = heard
    return fitted.alike(features, settings, 3, judges, rows, pd.Series(groups))


def test_the_nearest_is_the_same_sound_from_another_source(heard) -> None:
    near = _alike(heard, np.ones(N, bool), [f"source {i}" for i in range(N)])
    np.testing.assert_array_equal(near[:, 0], TWIN)


def test_the_same_sound_from_the_same_source_is_no_neighbour(heard) -> None:
    near = _alike(heard, np.ones(N, bool), [f"source {i // 2}" for i in range(N)])
    assert not (near == TWIN[:, np.newaxis]).any()


def test_only_the_clips_that_are_asked_for_take_part(heard) -> None:
    asked = np.arange(N) < 8
    near = _alike(heard, asked, [f"source {i}" for i in range(N)])
    assert (near[~asked] == -1).all()
    assert near[asked].max() < 8
    np.testing.assert_array_equal(near[asked, 0], TWIN[asked])
