import numpy as np
import pytest

from pipeline.errors import ArtifactError
from pipeline.latents.scaling import normalise


def _latents(n=80, d=10, seed=0):
    random = np.random.default_rng(seed)
    return (random.normal(size=(n, d)) @ random.normal(size=(d, d)) + 5).astype(np.float32)


def test_whitened_latents_have_unit_covariance_and_no_mean():
    z = normalise(_latents(), whiten=6, unit_length=False, seed=0)
    assert z.shape == (80, 6)
    assert z.dtype == np.float64
    np.testing.assert_allclose(np.cov(z.T), np.eye(6), atol=1e-6)
    np.testing.assert_allclose(z.mean(axis=0), 0, atol=1e-6)


def test_rows_have_length_one_and_quarantined_rows_stay_nan():
    x = _latents()
    x[3] = np.nan
    z = normalise(x, whiten=6, unit_length=True, seed=0)
    assert np.isnan(z[3]).all()
    np.testing.assert_allclose(np.linalg.norm(np.delete(z, 3, 0), axis=1), 1)


def test_without_whitening_or_scaling_latents_are_themselves():
    x = _latents()
    np.testing.assert_array_equal(normalise(x, whiten=None, unit_length=False, seed=0), x.astype(np.float64))


def test_quarantined_rows_do_not_move_the_others():
    x = _latents()
    more = np.vstack([x, np.full((5, 10), np.nan, dtype=np.float32)])
    a, b = (normalise(v, whiten=4, unit_length=True, seed=0) for v in (x, more))
    np.testing.assert_array_equal(a, b[:80])


@pytest.mark.parametrize(("n", "d", "expected"), [(5, 10, 4), (80, 3, 3), (80, 10, 10)])
def test_dimensions_are_bounded_by_clips_and_axes(n, d, expected):
    assert normalise(_latents(n, d), whiten=64, unit_length=False, seed=0).shape == (n, expected)


def test_directions_without_variance_are_dropped():
    x = _latents(80, 4)
    flat = np.hstack([x, np.ones((80, 3), dtype=np.float32), x[:, :1] * 2])
    assert normalise(flat, whiten=64, unit_length=False, seed=0).shape == (80, 4)


def test_one_latent_a_million_times_larger_is_set_aside_and_moves_nothing():
    x = _latents()
    clean = normalise(np.delete(x, 7, 0), whiten=6, unit_length=True, seed=0)
    x[7] *= 1e6
    z = normalise(x, whiten=6, unit_length=True, seed=0)
    assert np.isnan(z[7]).all()
    np.testing.assert_allclose(np.delete(z, 7, 0), clean)


@pytest.mark.parametrize("whiten", [None, 8])
def test_identical_latents_give_no_direction(whiten):
    z = normalise(np.full((10, 4), 0.1, dtype=np.float32), whiten=whiten, unit_length=False, seed=0)
    assert len(z) == 10
    assert np.ptp(z, axis=0).max() == 0


def test_nothing_usable_is_refused_in_words():
    with pytest.raises(ArtifactError, match=r"latents: 0 of 4 rows are usable.*expected two.*index\.csv"):
        normalise(np.full((4, 3), np.nan, dtype=np.float32), whiten=2, unit_length=True, seed=0)
