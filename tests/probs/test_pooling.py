import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from pipeline.errors import ArtifactError
from pipeline.probs.pooling import combine

METHODS = ["geometric", "arithmetic", "weighted"]


def _combine(probs, method, weights=None):
    equal = [1.0] * len(probs)
    return combine(probs, method=method, weights=(weights or equal) if method == "weighted" else None)


@st.composite
def members(draw):
    """One to four members of the same shape; probabilities may be exactly zero and one."""
    shape = (draw(st.integers(1, 4)), draw(st.integers(1, 5)), draw(st.integers(2, 6)))
    raw = draw(hnp.arrays(np.float64, shape, elements=st.sampled_from([0.0, 1e-30, 1e-9, 0.1, 0.5, 1.0])))
    raw[raw.sum(axis=2) == 0] = 1
    return list((raw / raw.sum(axis=2, keepdims=True)).astype(np.float32))


@settings(deadline=None)
@given(members(), st.sampled_from(METHODS))
def test_means_are_distributions_and_symmetric_in_members(probs, method):
    mean = _combine(probs, method)
    assert mean.dtype == np.float32
    assert np.isfinite(mean).all()
    np.testing.assert_allclose(mean.sum(axis=1), 1, atol=1e-5)
    np.testing.assert_allclose(_combine(probs[::-1], method), mean, atol=1e-6)


@settings(deadline=None)
@given(members(), st.sampled_from(METHODS))
def test_one_member_or_copies_of_it_are_themselves(probs, method):
    np.testing.assert_allclose(_combine(probs[:1], method), probs[0], atol=1e-6)
    np.testing.assert_allclose(_combine([probs[0]] * 3, method), probs[0], atol=1e-6)


@pytest.mark.parametrize("method", METHODS)
def test_members_that_disagree_with_certainty_are_split_evenly(method):
    a, b = np.array([[0, 0, 1]], np.float32), np.array([[0, 1, 0]], np.float32)
    np.testing.assert_allclose(_combine([a, b], method), [[0, 0.5, 0.5]], atol=1e-5)


def test_means_by_hand():
    a, b = np.array([[0.8, 0.2]], np.float32), np.array([[0.5, 0.5]], np.float32)
    np.testing.assert_allclose(_combine([a, b], "arithmetic"), [[0.65, 0.35]], rtol=1e-6)
    np.testing.assert_allclose(_combine([a, b], "geometric"), [[2 / 3, 1 / 3]], rtol=1e-6)
    np.testing.assert_allclose(_combine([a, b], "weighted", [2.0, 0.0]), a, rtol=1e-6)


@given(members())
@settings(deadline=None)
def test_equal_weights_give_the_geometric_mean(probs):
    np.testing.assert_allclose(_combine(probs, "weighted"), _combine(probs, "geometric"), atol=1e-6)


@pytest.mark.parametrize("method", METHODS)
def test_quarantined_clips_stay_without_an_answer(method):
    probs = np.array([[0.5, 0.5], [np.nan, np.nan]], np.float32)
    mean = _combine([probs, probs], method)
    assert np.isnan(mean[1]).all()
    np.testing.assert_allclose(mean[0], 0.5)


def test_a_clip_that_only_one_member_lacks_is_refused():
    whole, gap = np.full((2, 2), 0.5, np.float32), np.array([[0.5, 0.5], [np.nan, np.nan]], np.float32)
    with pytest.raises(ArtifactError, match=r"member 1 has NaN in row 1 .*expected the same quarantined.*dvc repro"):
        combine([whole, gap], method="geometric")


def test_members_of_other_shapes_are_refused():
    with pytest.raises(ArtifactError, match=r"\(2, 2\), \(2, 3\).*expected one shape"):
        combine([np.full((2, 2), 0.5), np.full((2, 3), 1 / 3)], method="arithmetic")


@pytest.mark.parametrize("weights", [None, [1.0], [1.0, -1.0], [0.0, 0.0], [1.0, np.nan]])
def test_weights_that_cannot_be_used_are_refused(weights):
    with pytest.raises(ValueError, match=r"weights: found .*expected 2 finite numbers"):
        combine([np.full((2, 2), 0.5)] * 2, method="weighted", weights=weights)


def test_no_members_are_refused():
    with pytest.raises(ValueError, match=r"^no members to combine; name at least one under members$"):
        combine([], method="geometric")
