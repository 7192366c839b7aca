"""What every augmentation promises, whichever is added."""

import numpy as np
import pytest

from pipeline.params import registry

NAMES = registry.names("augment")


def batch(seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    x = random.random((6, 20, 10), dtype=np.float32)
    y = np.eye(3, dtype=np.float32)[random.integers(0, 3, 6)]
    return x, y


@pytest.mark.parametrize("name", NAMES)
def test_shapes_dtypes_and_target_sums_stay(name: str) -> None:
    x, y = batch()
    new_x, new_y = registry.function("augment", name)(x, y, np.random.default_rng(1))
    assert (new_x.shape, new_x.dtype, new_y.dtype) == (x.shape, np.float32, np.float32)
    np.testing.assert_allclose(new_y.sum(axis=1), 1, atol=1e-6)
    assert np.isfinite(new_x).all()


@pytest.mark.parametrize("name", NAMES)
def test_the_given_batch_is_not_changed_and_the_stream_decides(name: str) -> None:
    x, y = batch()
    kept_x, kept_y = x.copy(), y.copy()
    augment = registry.function("augment", name)
    first = augment(x, y, np.random.default_rng(1))
    again = augment(x, y, np.random.default_rng(1))
    other = augment(x, y, np.random.default_rng(2))
    np.testing.assert_array_equal(x, kept_x)
    np.testing.assert_array_equal(y, kept_y)
    np.testing.assert_array_equal(first[0], again[0])
    assert (first[0] != other[0]).any()


def test_mixup_is_a_convex_mean_in_which_the_clip_itself_weighs_most() -> None:
    x, y = np.eye(6, dtype=np.float32)[:, :, None], np.eye(6, dtype=np.float32)
    new_x, new_y = registry.function("augment", "mixup")(x, y, np.random.default_rng(0), alpha=1.0)
    np.testing.assert_allclose(new_x[:, :, 0], new_y, atol=1e-6)
    assert (np.diag(new_y) >= 0.5).all()


def test_specaugment_masks_whole_bands_and_nothing_when_asked_for_none() -> None:
    augment = registry.function("augment", "specaugment")
    x, y = batch()
    same, _ = augment(x, y, np.random.default_rng(0), time_masks=0, bin_masks=0)
    np.testing.assert_array_equal(same, x)
    masked, _ = augment(x, y, np.random.default_rng(0), time_masks=1, time_share=0.5, bin_masks=0)
    changed = masked != x
    assert (changed.all(axis=2) | ~changed.any(axis=2)).all()
    assert changed.any()


def test_gain_and_tilt_leave_silence_alone() -> None:
    x, y = batch()
    x[0] = 0
    new_x, _ = registry.function("augment", "gain_tilt")(x, y, np.random.default_rng(0))
    np.testing.assert_array_equal(new_x[0], 0)
