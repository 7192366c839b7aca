"""Every projection, by what makes a map useful: it keeps neighbours, it repeats, it takes any number of points."""

import subprocess
import sys

import numpy as np
import pytest
from sklearn.datasets import make_blobs
from sklearn.manifold import trustworthiness

from pipeline.params import registry
from pipeline.plugins.projection._plane import principal_plane

pytestmark = pytest.mark.filterwarnings("error")
METHODS = registry.names("projection")


def _project(method, x, seed=0):
    return registry.function("projection", method)(x, seed=seed)


@pytest.fixture(scope="module")
def blobs():
    x, y = make_blobs(120, n_features=16, centers=4, cluster_std=0.8, random_state=0)
    return x.astype(np.float32), y


@pytest.mark.slow
@pytest.mark.parametrize("method", METHODS)
def test_keeps_neighbours_and_repeats(method, blobs):
    x, _ = blobs
    first = _project(method, x)
    assert first.shape == (120, 2)
    assert first.dtype == np.float32
    assert np.isfinite(first).all()
    assert trustworthiness(x, first, n_neighbors=10) > 0.85
    np.testing.assert_array_equal(first, _project(method, x))


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("n", [0, 1, 2, 3, 4, 5, 6, 9])
def test_takes_few_points(method, n):
    x = np.random.default_rng(0).normal(size=(n, 3)).astype(np.float32)
    points = _project(method, x)
    assert points.shape == (n, 2)
    assert np.isfinite(points).all()


@pytest.mark.parametrize("method", METHODS)
def test_takes_identical_points_and_one_dimension(method):
    assert np.isfinite(_project(method, np.ones((20, 4), np.float32))).all()
    assert np.isfinite(_project(method, np.linspace(0, 1, 20, dtype=np.float32)[:, None])).all()


@pytest.mark.parametrize("method", METHODS)
def test_leaves_its_input_alone(method, blobs):
    x = blobs[0][:30].copy()
    before = x.copy()
    _project(method, x)
    np.testing.assert_array_equal(x, before)


def test_principal_plane_keeps_distances_in_two_dimensions():
    x = np.random.default_rng(1).normal(size=(12, 2))
    plane = principal_plane(x)
    np.testing.assert_allclose(np.linalg.norm(plane - plane[0], axis=1), np.linalg.norm(x - x[0], axis=1))
    np.testing.assert_array_equal(plane, principal_plane(x))


def test_umap_is_loaded_only_where_it_is_used():
    load = "from pipeline.params.registry import load; load('projection', 'umap')"
    code = f"import sys; {load}; print('umap' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
