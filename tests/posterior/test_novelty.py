import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import beta, kstest

from pipeline.judges.network.neighbours import nearest
from pipeline.posterior.novelty import Strangeness, density, strangeness


def _clouds(sizes, seed=0):
    """Return points (n, 6) in a cloud each, and the number of each point's cloud."""
    cloud = np.repeat(np.arange(len(sizes)), sizes)
    return np.random.default_rng(seed).normal(size=(len(cloud), 6)) + 6 * np.eye(6)[cloud], cloud


def test_strangeness_by_hand():
    """Class 0: four unverified clips, one verified; class 1: one of each. Of one more each: 5/2 and 2/2."""
    given = np.array([0, 0, 0, 0, 0, 1, 1, -1])
    verified = np.array([True, False, False, False, False, True, False, False])
    near = np.array([[5, 6], [0, 2], [0, 5], [1, 2], [-1, -1], [0, -1], [5, 1], [1, 2]])
    train = np.array([True] * 7 + [False])
    found = strangeness(near, given, train, verified)
    np.testing.assert_allclose(found.stands_for, [2.5, 0, 0, 0, 0, 1, 0, 0])
    np.testing.assert_allclose(found.score, [1 / 2, 1 / 3.5, 0, 1, np.nan, 0, 1 / 2, 1])


def test_a_test_clip_is_nobodys_company():
    near, given = np.array([[1, 2], [0, 2], [0, 1]]), np.array([0, 0, -1])
    train, verified = np.array([True, True, False]), np.array([True, False, False])
    np.testing.assert_allclose(strangeness(near, given, train, verified).score[:2], [1, 0])


def test_p_values_of_clips_that_are_no_stranger_are_uniform():
    random = np.random.default_rng(0)
    score, verified = random.random(3000), np.arange(3000) < 1000
    p = Strangeness(score, verified.astype(float)).p_values(np.ones(3000))
    # As uniform as a thousand verified clips can tell.
    assert kstest(p[~verified], "uniform").statistic < 2.5 / np.sqrt(1000)


def test_p_values_by_hand():
    """Verified scores 0.1, 0.5, 0.5, 0.9; of a tie half counts, and the clip itself is one more."""
    score = np.array([0.1, 0.5, 0.5, 0.9, 0.5, 1.0, 0.0, np.nan])
    counts = np.array([1.0, 1, 1, 1, 0, 0, 0, 0])
    p = Strangeness(score, counts).p_values(np.ones(8))
    np.testing.assert_allclose(p[4:], [(2 + 0.5) / 5, 0.5 / 5, 4.5 / 5, np.nan])
    weighed = Strangeness(score, counts).p_values(np.array([3.0, 1, 0, 1, 1, 1, 1, 1]))
    np.testing.assert_allclose(weighed[4], (1 + 1 / 2 + (5 / 3) / 2) / (5 + 5 / 3))


@settings(max_examples=200)
@given(
    score=arrays(float, 12, elements=st.one_of(st.sampled_from([0.0, 0.5, 1.0, np.nan]), st.floats(0, 1))),
    counts=arrays(float, 12, elements=st.one_of(st.just(0.0), st.floats(0.1, 5))),
)
def test_p_values_lie_between_nought_and_one_and_fall_with_strangeness(score, counts):
    p = Strangeness(score, counts).p_values(np.ones(12))
    known = np.isfinite(score)
    if not (counts[known] > 0).any():
        assert np.isnan(p).all()
        return
    np.testing.assert_array_equal(np.isfinite(p), known)
    assert ((p[known] > 0) & (p[known] < 1)).all()
    order = np.argsort(score[known], kind="stable")
    assert (np.diff(p[known][order]) <= 1e-12).all()


def _p_values(x, given, verified):
    near = nearest(x, np.arange(len(x)))
    return strangeness(near, given, np.ones(len(x), bool), verified).p_values(np.ones(len(x)))


def test_sounds_of_no_class_are_stranger_than_the_others():
    x, cloud = _clouds([100, 100, 100, 40])
    random = np.random.default_rng(1)
    outside = cloud == 3
    verified = ~outside & (random.random(len(x)) < 0.4)
    p = _p_values(x, np.where(outside, random.integers(0, 3, len(x)), cloud), verified)
    assert np.quantile(p[outside], 0.95) < 0.05
    assert kstest(p[~outside & ~verified], "uniform").statistic < 0.2


def test_a_class_of_which_few_were_verified_is_not_strange():
    x, cloud = _clouds([150, 150])
    verified = np.random.default_rng(1).random(300) < np.array([0.8, 0.15])[cloud]
    p = _p_values(x, cloud, verified)
    assert abs(np.median(p[(cloud == 1) & ~verified]) - 0.5) < 0.15


@pytest.mark.parametrize(("a", "b"), [(0.2, 4.0), (0.8, 30.0)])
def test_density_is_that_of_a_beta_distribution(a, b):
    p = np.array([0.001, 0.03, 0.2, 0.6, 0.97, np.nan])
    value, by_a, by_b = density(p, a, b)
    np.testing.assert_allclose(value[:-1], beta.pdf(p[:-1], a, b))
    step = 1e-6
    for slope, up, down in ((by_a, (a + step, b), (a - step, b)), (by_b, (a, b + step), (a, b - step))):
        np.testing.assert_allclose(
            slope[:-1], (beta.logpdf(p, *up) - beta.logpdf(p, *down))[:-1] / (2 * step), rtol=1e-4
        )
    assert (value[-1], by_a[-1], by_b[-1]) == (1, 0, 0)
