"""Which clips sound alike, beside scikit-learn's search."""

import numpy as np
import pytest
from sklearn.neighbors import NearestNeighbors

from pipeline.judges.network import neighbours
from pipeline.judges.network.neighbours import NEIGHBOURS, nearest


def test_where_each_clip_is_a_source_neighbours_are_the_nearest_of_all():
    x = np.random.default_rng(0).normal(size=(60, 5)) * [1, 10, 0.1, 3, 1]
    near = nearest(x, np.arange(60))
    standard = (x - x.mean(axis=0)) / x.std(axis=0)
    found = NearestNeighbors(n_neighbors=NEIGHBOURS + 1).fit(standard).kneighbors(return_distance=False)
    np.testing.assert_array_equal(near, found[:, :NEIGHBOURS])
    assert near.dtype == np.int32


def test_clips_of_one_source_and_clips_that_nobody_heard_are_no_neighbours():
    x, source = np.random.default_rng(0).normal(size=(80, 4)), np.repeat(np.arange(20), 4)
    x[5:9] = np.nan
    near = nearest(x, source)
    assert (near[5:9] == -1).all()
    others = np.delete(np.arange(80), np.arange(5, 9))
    assert np.isin(near[others], others).all()
    assert (source[near[others]] != source[others][:, np.newaxis]).all()


def test_distances_are_worked_out_in_pieces_alike(monkeypatch):
    x, source = np.random.default_rng(0).normal(size=(300, 4)), np.repeat(np.arange(100), 3)
    whole = nearest(x, source)
    chunked = neighbours.pairwise_distances_chunked
    monkeypatch.setattr(neighbours, "pairwise_distances_chunked", lambda *a, **k: chunked(*a, working_memory=0.05, **k))
    np.testing.assert_array_equal(nearest(x, source), whole)


@pytest.mark.parametrize("n", [0, 1, 2, 4])
def test_few_clips_have_few_neighbours(n):
    near = nearest(np.random.default_rng(0).normal(size=(n, 3)), np.arange(n))
    assert near.shape == (n, NEIGHBOURS)
    assert ((near >= 0).sum(axis=1) == max(n - 1, 0)).all()


def test_one_source_alone_has_no_neighbours():
    assert (nearest(np.random.default_rng(0).normal(size=(9, 3)), np.zeros(9, int)) == -1).all()


def test_a_unit_that_never_changes_says_nothing():
    x = np.random.default_rng(0).normal(size=(30, 3))
    np.testing.assert_array_equal(
        nearest(x, np.arange(30)), nearest(np.column_stack([x, np.full(30, 7.0)]), np.arange(30))
    )
