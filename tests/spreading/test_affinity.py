"""How close clips are: the scale that `scaled_rbf` goes by, and the graph."""

import numpy as np
import pytest

from pipeline.params.labels import Kernel, Knn, Rbf, ScaledRbf
from pipeline.spreading.graph import affinity, scale

UNIT = Kernel(scaled_rbf=ScaledRbf(scale=1.0))


def test_scale_is_the_median_squared_distance_to_the_neighbours():
    assert scale(np.array([[0.0], [1.0], [3.0]]), 1) == pytest.approx(1.0)
    assert scale(np.array([[0.0], [1.0], [3.0]]), 2) == pytest.approx(4.0)


@pytest.mark.parametrize("unit", [1e-6, 1.0, 1e6])
def test_scale_looks_past_duplicates(unit):
    assert scale(unit * np.repeat([[0.0, 0.0], [1.0, 1.0]], 20, axis=0), 3) == pytest.approx(0.5 * unit**2)
    x = np.repeat(np.random.default_rng(0).normal(size=(10, 2)), 5, axis=0)
    assert scale(unit * x, 7) == pytest.approx(unit**2 * scale(x, 7))
    assert scale(x, 7) > 1e-6


def test_scale_is_that_of_the_others_where_most_clips_are_at_one_place():
    at_one_place = [[0.0]] * 20
    assert scale(np.array([*at_one_place, [1.0], [3.0]]), 1) == pytest.approx((1 + 4) / 2)
    assert scale(np.array([*at_one_place, *[[1.0]] * 5]), 3) == pytest.approx(1.0)


@pytest.mark.parametrize("place", [0.0, 0.1, 1e6 / 3])
def test_clips_that_are_identical_but_for_rounding_have_no_scale(place):
    x = np.full((6, 3), place) * [1, -2, 3]
    assert scale(x, 2) is None
    x[0] = np.nextafter(x[0], x[0] + 1) if place else 0
    assert scale(x, 2) is None
    assert affinity(x, UNIT) is None
    assert affinity(x, Kernel(rbf=Rbf(gamma=1.0))) is None


def test_two_clips_have_a_scale_and_one_has_none():
    assert scale(np.array([[0.0], [2.0]]), 7) == pytest.approx(4.0)
    assert scale(np.array([[2.0]]), 7) is None


def test_where_the_latents_lie_does_not_matter(clouds):
    x, _, _ = clouds(n=40)
    away = x + np.where(np.arange(x.shape[1]) % 2, 1e6, -1e6)
    np.testing.assert_allclose(affinity(away, UNIT), affinity(x, UNIT), atol=1e-7)


def test_fewer_clips_than_neighbours_are_all_neighbours():
    near = affinity(np.array([[0.0], [1.0], [3.0]]), Kernel(knn=Knn(neighbours=7)))
    np.testing.assert_array_equal(near.toarray(), 1 - np.eye(3))


@pytest.mark.parametrize("neighbours", [1, 3])
def test_scaled_rbf_is_rbf_of_the_scale_by_the_median_to_its_neighbours(clouds, neighbours):
    x, _, _ = clouds(n=40)
    scaled = affinity(x, Kernel(scaled_rbf=ScaledRbf(scale=2.0, neighbours=neighbours)))
    fixed = affinity(x, Kernel(rbf=Rbf(gamma=2.0 / scale(x, neighbours))))
    np.testing.assert_array_equal(scaled, fixed)
