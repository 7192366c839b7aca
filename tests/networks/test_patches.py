"""Patches are a function of (seed, epoch, index), and the batches that Keras draws are those."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import DataError
from pipeline.files.frames import Frames
from pipeline.params.networks import Crop, Network, Optimisation, Patches, Resize

pytestmark = pytest.mark.keras


def features(lengths: list[int], bins: int = 4) -> Frames:
    frames = np.arange(sum(lengths) * bins, dtype=np.float32).reshape(-1, bins) / (sum(lengths) * bins)
    starts = np.concatenate([[0], np.cumsum(lengths)[:-1]])
    index = pd.DataFrame({"clip_id": [f"c{i}" for i in range(len(lengths))], "start": starts, "n_frames": lengths})
    return Frames(frames=frames.astype(np.float16), index=index.assign(status="ok"), settings={})


@given(
    length=st.integers(1, 40),
    wanted=st.integers(1, 40),
    crops=st.integers(1, 5),
    whole=st.booleans(),
)
def test_patches_of_a_clip_have_the_shape_and_only_its_values(
    length: int, wanted: int, crops: int, whole: bool
) -> None:
    from pipeline.networks.patches import clip_patches

    clip = features([length]).clip(0)
    cropped = Patches(crop=Crop(frames=wanted, test_crops=crops))
    made = clip_patches(clip, Patches(resize=Resize(frames=wanted)) if whole else cropped)
    assert made.shape[1:] == (wanted, 4)
    assert made.dtype == np.float32
    assert 1 <= len(made) <= (1 if whole else crops)
    assert made.min() >= clip.min()
    assert made.max() <= clip.max()


def test_crops_reach_from_the_first_frame_to_the_last() -> None:
    from pipeline.networks.patches import clip_patches

    clip = features([50]).clip(0).astype(np.float32)
    made = clip_patches(clip, Patches(crop=Crop(frames=20, test_crops=3)))
    np.testing.assert_array_equal(made[0], clip[:20])
    np.testing.assert_array_equal(made[-1], clip[-20:])


def test_resize_to_the_same_length_changes_nothing_and_ends_stay() -> None:
    from pipeline.networks.patches import resize

    clip = features([9]).clip(0)
    np.testing.assert_array_equal(resize(clip, 9), clip.astype(np.float32))
    np.testing.assert_array_equal(resize(clip, 23)[[0, -1]], clip.astype(np.float32)[[0, -1]])


def test_mean_length_is_that_of_the_training_clips() -> None:
    from pipeline.networks.patches import resolve

    for mean in (Patches(resize=Resize(frames="mean")), Patches(crop=Crop(frames="mean", test_crops=2))):
        found = resolve(features([10, 20, 999]), mean, np.array([True, True, False]))
        assert found.n_frames == 15
        assert found == mean.of(15)
        assert found.chosen == mean.chosen
        with pytest.raises(DataError, match="no usable training clip"):
            resolve(features([10]), mean, np.array([False]))


def dataset(seed: int = 0):
    from pipeline.networks.patches import PatchDataset

    made = features([30, 5, 12, 40, 8, 22, 17])
    return PatchDataset(made, np.arange(7), np.eye(7), patches=Patches(crop=Crop(frames=10)), batch_size=3, seed=seed)


def test_an_epoch_shows_every_clip_once_and_the_next_in_another_order() -> None:
    data = dataset()
    orders = []
    for _ in range(2):
        orders.append(np.concatenate([data[i][1].argmax(axis=1) for i in range(data.num_batches)]))
        data.epoch += 1
    assert sorted(orders[0]) == sorted(orders[1]) == list(range(7))
    assert (orders[0] != orders[1]).any()


def test_a_batch_does_not_depend_on_what_was_drawn_before() -> None:
    first, second = dataset(), dataset()
    second[2], second[0]
    np.testing.assert_array_equal(first[1][0], second[1][0])
    assert (dataset(1)[1][0] != first[1][0]).any()


def test_keras_draws_each_epoch_as_the_dataset_defines_it() -> None:
    """Prefetching and the adapter's look at the first batches must not shift the epochs."""
    from pipeline.networks import backend, building, fitting
    from pipeline.networks.patches import PatchDataset

    backend.configure("cpu", "float32")
    seen: list[tuple[int, int]] = []

    class Spy(PatchDataset):
        def __getitem__(self, index: int):
            seen.append((self.epoch, index))
            return super().__getitem__(index)

    made = features([30, 5, 12, 40, 8, 22, 17])
    spy = Spy(made, np.arange(7), np.eye(7), patches=Patches(crop=Crop(frames=10)), batch_size=3, seed=0)
    network = building.build(Network(name="vgg", width=2, depth=1, dense=2), (10, 4), 7, seed=0)
    fitting.fit(network, spy, None, Optimisation(), epochs=4, loss="categorical_crossentropy")
    drawn = seen[-12:]
    assert drawn == [(epoch, index) for epoch in range(4) for index in range(3)]
