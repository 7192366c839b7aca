import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.optimize import approx_fprime

from pipeline.posterior import evidence
from pipeline.posterior.evidence import Calibration, calibrate, join


def _distributions(raw):
    return raw / raw.sum(axis=-1, keepdims=True)


def _judges(seed=0, n=300, k=5, models=1, sharp=2.0):
    """Return models' and spreading's probabilities, families and classes; the models' are what they should be.

    A model's log-probabilities are those of normal scores around the class, hence calibrated.
    """
    random = np.random.default_rng(seed)
    y = random.integers(0, k, n)
    network = np.stack([_softmax(sharp * (random.normal(size=(n, k)) + sharp * np.eye(k)[y])) for _ in range(models)])
    family = np.arange(k) >= 2
    inside = family[y][:, np.newaxis] == family
    spread = _distributions(np.where(inside, _softmax(random.normal(size=(n, k)) + np.eye(k)[y]), 0))
    return network, spread, inside, y


def _softmax(scores):
    return _distributions(np.exp(scores - scores.max(axis=1, keepdims=True)))


@given(
    raw=arrays(float, (2, 6, 4), elements=st.floats(0, 1)),
    within=arrays(float, (6, 4), elements=st.floats(0, 1)),
    exponents=st.tuples(*[st.floats(0.02, 20)] * 3),
    doubt=st.floats(0, 0.7),
    asked=st.sampled_from(["models", "one", "spread", "all"]),
    silent=st.integers(0, 6),
)
def test_rows_sum_to_one_and_a_group_keeps_its_share_whatever_is_said_within(
    raw, within, exponents, doubt, asked, silent
):
    family = np.arange(4) >= 2
    inside = family[[0, 1, 2, 3, 0, 3]][:, np.newaxis] == family
    network = raw.copy()
    network[:, :silent] = np.nan
    spread = np.where(inside, within, 0)
    spread[2:4] = np.nan
    if asked == "spread":
        joined = join(None, spread, inside, Calibration(np.array(exponents[:1]), doubt))
        np.testing.assert_allclose(joined[~inside], 0)
    else:
        models = network[0] if asked == "one" else network
        used = np.array(exponents[: 1 if asked == "one" else 2])
        joined = join(models, None, inside, Calibration(used, doubt))
        both = join(models, spread, inside, Calibration(np.append(used, exponents[2]), doubt))
        np.testing.assert_allclose((both * inside).sum(axis=1), (joined * inside).sum(axis=1), atol=1e-9)
        np.testing.assert_allclose(both[~inside], joined[~inside], atol=1e-9)
        joined = joined if asked == "models" else both
    assert (joined >= 0).all()
    np.testing.assert_allclose(joined.sum(axis=1), 1, atol=1e-9)


def test_two_judges_are_joined_as_by_hand():
    network, spread = np.array([[0.5, 0.2, 0.3]]), np.array([[0.2, 0.8, 0.0]])
    joined = join(network, spread, np.array([[True, True, False]]), Calibration(np.array([2.0, 1.0]), 0.1))
    tempered = np.array([0.25, 0.04, 0.09]) / 0.38
    pair = np.array([0.25 * 0.2, 0.04 * 0.8]) / (0.25 * 0.2 + 0.04 * 0.8)
    mass = np.array([*(tempered[:2].sum() * pair), tempered[2]])
    np.testing.assert_allclose(joined[0], 0.9 * mass + 0.1 / 3)


def test_a_clip_that_no_judge_knows_gets_equal_shares():
    nothing, inside = np.full((1, 4), np.nan), np.array([[True, True, False, False]])
    np.testing.assert_allclose(join(nothing, nothing, inside, Calibration(np.ones(2), 0.1)), 0.25)
    alone = join(None, nothing, inside, Calibration(np.ones(1), 0.1))
    np.testing.assert_allclose(alone, [[0.5, 0.5, 0, 0]])


@pytest.mark.parametrize("models", [0, 1, 2])
@pytest.mark.parametrize("with_spread", [True, False])
def test_the_slope_is_that_of_the_likelihood(models, with_spread):
    if not models and not with_spread:
        return
    network, spread, inside, y = _judges(n=40, models=max(models, 1))
    network, spread = network if models else None, spread if with_spread else None
    weight = np.arange(40.0)
    logs = evidence._models(network, inside), evidence._within(spread, inside)

    def value(at):
        calibration = evidence._at(at)
        joined = join(network, spread, inside, calibration)[np.arange(40), y]
        assert evidence._log_likelihood(*logs, inside, y, weight, calibration)[0] == pytest.approx(
            weight @ np.log(joined)
        )
        return weight @ np.log(joined)

    at = np.linspace(-0.5, 0.7, models + with_spread + 1)
    slope = evidence._log_likelihood(*logs, inside, y, weight, evidence._at(at))[1]
    np.testing.assert_allclose(slope, approx_fprime(at, value, 1e-6), rtol=1e-4, atol=1e-2)


def test_a_judge_with_the_right_probabilities_is_taken_at_its_word():
    network, _, inside, y = _judges(n=3000)
    found = calibrate(network[0], None, inside, y, np.ones(len(y)))
    assert found.exponents == pytest.approx([1], abs=0.1)
    assert found.doubt < 0.01


@pytest.mark.parametrize("times", [0.5, 2.0])
def test_a_judge_that_is_too_sure_or_too_shy_is_put_right(times):
    network, _, inside, y = _judges(n=2000, sharp=1.5)
    told = _softmax(times * np.log(network[0]))
    found = calibrate(told, None, inside, y, np.ones(len(y)))
    assert found.exponents * times == pytest.approx([1], abs=0.15)
    said = join(told, None, inside, found)
    assert said.max(axis=1).mean() == pytest.approx((said.argmax(axis=1) == y).mean(), abs=0.02)


def test_labels_against_all_that_is_said_raise_doubt():
    network, _, inside, y = _judges(n=2000, sharp=4.0)
    wrong = np.random.default_rng(1).random(2000) < 0.2
    found = calibrate(network[0], None, inside, np.where(wrong, (y + 1) % 5, y), np.ones(2000))
    assert found.doubt == pytest.approx(0.2 * 5 / 4, abs=0.05)


def test_independent_judges_are_worth_more_together():
    network, spread, inside, y = _judges(n=1000, models=2, sharp=1.0)
    rows = np.arange(len(y))

    def likelihood(*judges):
        found = calibrate(*judges, inside, y, np.ones(len(y)))
        return np.log(join(*judges, inside, found)[rows, y]).mean()

    alone, pair, all_three = likelihood(network[0], None), likelihood(network, None), likelihood(network, spread)
    assert all_three > pair + 0.02
    assert pair > alone + 0.02


def test_a_silent_judge_changes_nothing():
    network, spread, inside, y = _judges()
    silent, weight = np.full_like(spread, np.nan), np.ones(len(y))
    alone = calibrate(network[0], None, inside, y, weight)
    for judges in ((network[0], silent), (np.stack([network[0], silent]), None)):
        found = calibrate(*judges, inside, y, weight)
        assert found.exponents == pytest.approx([alone.exponents[0], 1], rel=1e-3)
        np.testing.assert_allclose(join(*judges, inside, found), join(network[0], None, inside, alone), atol=1e-4)


def test_without_verified_clips_judges_are_taken_nearly_at_their_word():
    network, spread, inside, y = _judges()
    found = calibrate(network[:, :0], spread[:0], inside[:0], y[:0], np.ones(0))
    assert found.exponents == pytest.approx([1, 1])
    assert found.doubt == pytest.approx(0.03)


def test_weights_count_clips():
    network, spread, inside, y = _judges(n=60)
    weight = np.random.default_rng(0).integers(0, 4, 60)
    rows = np.repeat(np.arange(60), weight)
    counted = calibrate(network[0], spread, inside, y, weight.astype(float))
    repeated = calibrate(network[0][rows], spread[rows], inside[rows], y[rows], np.ones(len(rows)))
    np.testing.assert_allclose(counted.exponents, repeated.exponents, rtol=1e-3)
    assert counted.doubt == pytest.approx(repeated.doubt, rel=1e-2)


@settings(max_examples=15)
@given(order=st.permutations(range(5)))
def test_naming_classes_in_another_order_permutes_the_columns(order):
    network, spread, inside, y = _judges(n=80)
    order = np.array(order)
    column = np.argsort(order)
    one = calibrate(network[0], spread, inside, y, np.ones(80))
    other = calibrate(network[0][:, order], spread[:, order], inside[:, order], column[y], np.ones(80))
    np.testing.assert_allclose(other.exponents, one.exponents, rtol=1e-3)
    joined = join(network[0], spread, inside, one)
    moved = join(network[0][:, order], spread[:, order], inside[:, order], one)
    np.testing.assert_allclose(moved, joined[:, order], atol=1e-12)
