"""What clips are told by the seeds of other sources alone, beside label spreading with the own source hidden."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse
from sklearn.semi_supervised import LabelSpreading

from pipeline.params.labels import Kernel, Knn, Rbf
from pipeline.spreading.graph import affinity, leave_group_out

KERNELS = [Kernel(rbf=Rbf(gamma=0.3)), Kernel(knn=Knn(neighbours=5))]
of_each_kernel = pytest.mark.parametrize("kernel", KERNELS, ids=lambda kernel: kernel.chosen)


def _graph(kernel, seed=0, n=50, k=3, sources=25):
    """Clips of which two in three are seeds, some of one source, and how close they are."""
    random = np.random.default_rng(seed)
    y = random.integers(0, k, n)
    x = random.normal(size=(n, 6)) + 2 * np.eye(k, 6)[y]
    seeds = np.where(random.random(n) < 2 / 3, y, -1)
    return affinity(x, kernel), seeds, random.integers(0, sources, n)


def _spread(near, seeds, k, alpha):
    """The closed form of label spreading, with the graph as scikit-learn makes it."""
    graph = LabelSpreading(kernel=lambda *_: near)
    graph.X_ = np.zeros((len(seeds), 1))
    made = graph._build_graph()
    s = made.toarray() if sparse.issparse(made) else made
    return np.linalg.solve(np.eye(len(seeds)) - alpha * s, np.eye(k)[seeds] * (seeds >= 0)[:, np.newaxis])


@pytest.mark.parametrize("alpha", [0.2, 0.8])
@of_each_kernel
def test_each_clip_is_told_what_it_would_be_with_its_source_hidden(kernel, alpha):
    near, seeds, source = _graph(kernel)
    told = leave_group_out(near, seeds, source, 3, alpha)
    for i in range(len(seeds)):
        alone = _spread(near, np.where(source == source[i], -1, seeds), 3, alpha)[i]
        np.testing.assert_allclose(told[i], alone / alone.sum(), atol=1e-9)


@of_each_kernel
def test_with_one_clip_a_source_it_is_label_spreading_with_that_clip_hidden(kernel):
    near, seeds, _ = _graph(kernel)
    told = leave_group_out(near, seeds, np.arange(len(seeds)), 3, 0.2)
    for i in range(0, len(seeds), 3):
        model = LabelSpreading(kernel=lambda *_: near, alpha=0.2, tol=1e-10, max_iter=1000)
        model.fit(np.zeros((len(seeds), 1)), np.where(np.arange(len(seeds)) == i, -1, seeds))
        np.testing.assert_allclose(told[i], model.label_distributions_[i], atol=1e-6)


@pytest.mark.parametrize("make", [np.asarray, sparse.csr_matrix])
def test_a_clip_that_no_other_source_reaches_is_told_nothing(make):
    near = np.zeros((6, 6))
    near[:3, :3] = near[4:, 4:] = 1
    told = leave_group_out(make(near), np.array([0, 1, -1, -1, 1, -1]), np.array([0, 1, 2, 3, 4, 4]), 2, 0.5)
    assert np.isnan(told[3]).all()  # alone
    assert np.isnan(told[4:]).all()  # only ever its own source
    np.testing.assert_allclose(told[:3], [[0, 1], [1, 0], [0.5, 0.5]])


def test_no_seed_at_all_says_nothing():
    near, seeds, source = _graph(KERNELS[0])
    assert np.isnan(leave_group_out(near, np.full_like(seeds, -1), source, 3, 0.2)).all()


@of_each_kernel
def test_the_graph_is_not_written_to(kernel):
    near, seeds, source = _graph(kernel)
    before = near.copy()
    leave_group_out(near, seeds, source, 3, 0.2)
    assert abs(near - before).max() == 0


@settings(max_examples=15)
@given(seed=st.integers(0, 10_000), kernel=st.sampled_from(KERNELS))
def test_the_order_of_clips_does_not_matter(seed, kernel):
    near, seeds, source = _graph(kernel, seed)
    order = np.random.default_rng(seed).permutation(len(seeds))
    shuffled = leave_group_out(near[order][:, order], seeds[order], source[order], 3, 0.2)
    np.testing.assert_allclose(shuffled, leave_group_out(near, seeds, source, 3, 0.2)[order], atol=1e-10)
