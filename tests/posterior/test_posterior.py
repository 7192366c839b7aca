import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import beta

from pipeline.posterior import noise_rates
from pipeline.posterior.noise_rates import estimate_noise
from pipeline.posterior.posterior import Noise, believe, likelihood, promote, ways

PRIOR = (noise_rates._PRIOR_WRONG, noise_rates._PRIOR_RIGHT, noise_rates._PRIOR_ELSEWHERE, noise_rates._PRIOR_WITHIN)
TWO_FAMILIES = np.array([0, 0, 0, 1, 1, 1, 1, 1])


def _labels(seed, rate, *, n=1500, sharp=2.0, family_of=TWO_FAMILIES, elsewhere=0.0):
    """Return calibrated evidence, given labels and the true classes; `rate`: one a family."""
    random = np.random.default_rng(seed)
    k = len(family_of)
    y = random.integers(0, k, n)
    scores = sharp * (random.normal(size=(n, k)) + sharp * np.eye(k)[y])
    evidence = np.exp(scores - scores.max(axis=1, keepdims=True))
    given = y.copy()
    for i in np.flatnonzero(random.random(n) < np.array(rate)[family_of[y]]):
        anywhere = random.random() < elsewhere
        others = np.flatnonzero((family_of == family_of[y[i]]) & (np.arange(k) != y[i]))
        given[i] = random.choice(np.delete(np.arange(k), y[i]) if anywhere or not others.size else others)
    return evidence / evidence.sum(axis=1, keepdims=True), given, y


@pytest.mark.parametrize("rate", [(0.1, 0.1), (0.2, 0.2), (0.3, 0.3), (0.4, 0.4), (0.4, 0.1)])
@pytest.mark.parametrize("seed", range(3))
def test_the_rate_of_each_family_is_found_without_the_truth(rate, seed):
    evidence, given, y = _labels(seed, rate)
    found = estimate_noise(evidence, TWO_FAMILIES, given, np.ones(len(y)))
    real = [(given != y)[TWO_FAMILIES[y] == family].mean() for family in (0, 1)]
    np.testing.assert_allclose(found.rate, real, atol=0.04)
    assert found.rate @ [3 / 8, 5 / 8] == pytest.approx((given != y).mean(), abs=0.03)
    assert found.elsewhere < 0.1
    belief = believe(evidence, found, TWO_FAMILIES, given)
    assert belief[np.arange(len(y)), given].mean() == pytest.approx((given == y).mean(), abs=0.02)


def test_labels_of_another_family_are_told_from_those_within():
    evidence, given, y = _labels(0, (0.3, 0.3), n=4000, elsewhere=0.6)
    found = estimate_noise(evidence, TWO_FAMILIES, given, np.ones(len(y)))
    assert found.elsewhere == pytest.approx(0.6, abs=0.08)


def test_a_belief_is_right_as_often_as_it_says():
    evidence, given, y = _labels(3, (0.35, 0.35), n=8000, sharp=1.5)
    belief = believe(evidence, estimate_noise(evidence, TWO_FAMILIES, given, np.ones(len(y))), TWO_FAMILIES, given)
    own, right = belief[np.arange(len(y)), given], given == y
    for low, high in [(0, 0.2), (0.2, 0.5), (0.5, 0.8), (0.8, 0.95), (0.95, 1)]:
        inside = (own >= low) & (own <= high)
        assert inside.sum() > 100
        assert own[inside].mean() == pytest.approx(right[inside].mean(), abs=0.05)


@pytest.mark.parametrize("family_of", [[0, 0, 0, 0], [0, 0, 1, 1], [0, 0, 0, 1]])
def test_the_rates_are_those_of_the_greatest_likelihood(family_of):
    """No rate on a grid is likelier, prior included (as if labels of odds `PRIOR` had been seen before)."""
    family_of = np.array(family_of)
    evidence, given, y = _labels(1, [0.3, 0.2], n=200, sharp=1.2, family_of=family_of)

    def value(rate, elsewhere):
        told = (evidence * likelihood(Noise(rate, elsewhere), family_of, given)).sum(axis=1)
        wrong, right, beyond, near = PRIOR
        prior = (wrong * np.log(rate) + right * np.log(1 - rate)).sum()
        prior += beyond * np.log(elsewhere) + near * np.log(1 - elsewhere)
        return np.log(told).sum() + prior

    found = estimate_noise(evidence, family_of, given, np.ones(len(y)))
    best = value(found.rate, found.elsewhere)
    for family in np.unique(family_of):
        for other in np.linspace(0.01, 0.99, 50):
            rate = np.where(np.arange(len(found.rate)) == family, other, found.rate)
            assert value(rate, found.elsewhere) <= best + 1e-2
    assert all(value(found.rate, other) <= best + 1e-2 for other in np.linspace(0.01, 0.99, 50))


def _open_labels(seed, outside, *, n=1500, form=(0.4, 12.0)):
    """Return evidence, labels, p-values and the true classes, -1 for a share of sounds of no class."""
    evidence, given, y = _labels(seed, (0.2, 0.2), n=n)
    random = np.random.default_rng(seed + 100)
    gone = random.random(n) < outside
    given = np.where(gone, random.integers(0, 8, n), given)
    return evidence, given, np.where(gone, random.beta(*form, n), random.random(n)), np.where(gone, -1, y)


@pytest.mark.parametrize("outside", [0.0, 0.1, 0.3])
@pytest.mark.parametrize("seed", range(3))
def test_the_share_of_no_class_is_found_without_the_truth(outside, seed):
    evidence, given, p_values, y = _open_labels(seed, outside)
    noise = estimate_noise(evidence, TWO_FAMILIES, given, np.ones(len(y)), p_values=p_values)
    gone = y < 0
    assert noise.outside == pytest.approx(gone.mean(), abs=0.04)
    real = [(given != y)[~gone & (TWO_FAMILIES[y] == family)].mean() for family in (0, 1)]
    np.testing.assert_allclose(noise.rate, real, atol=0.05)
    belief = believe(evidence, noise, TWO_FAMILIES, given, p_values)
    assert belief[np.arange(len(y)), given].mean() == pytest.approx((given == y).mean(), abs=0.03)
    left = 1 - belief.sum(axis=1)
    for low, high in [(0, 0.2), (0.2, 0.6), (0.6, 1)]:
        inside = (left >= low) & (left <= high)
        if inside.sum() > 100:
            assert left[inside].mean() == pytest.approx(gone[inside].mean(), abs=0.1)


def test_without_p_values_each_clip_is_of_a_class():
    evidence, given, _, _ = _open_labels(0, 0.3)
    noise = estimate_noise(evidence, TWO_FAMILIES, given, np.ones(len(given)))
    assert noise.outside == 0
    np.testing.assert_allclose(believe(evidence, noise, TWO_FAMILIES, given).sum(axis=1), 1)


def test_rates_and_form_are_those_of_the_greatest_likelihood():
    evidence, given, p_values, _ = _open_labels(1, 0.2, n=200)
    centre, deviation = noise_rates._FORM, noise_rates._FORM_DEVIATION

    def value(rate, elsewhere, outside, a, b):
        told = (evidence * likelihood(Noise(rate, elsewhere), TWO_FAMILIES, given)).sum(axis=1)
        told = (1 - outside) * told + outside * beta.pdf(p_values, a, b) / 8
        odds = [(share, PRIOR[0], PRIOR[1]) for share in rate] + [(elsewhere, PRIOR[2], PRIOR[3])]
        odds += [(outside, noise_rates._PRIOR_OUTSIDE, noise_rates._PRIOR_INSIDE)]
        prior = sum(up * np.log(share) + down * np.log(1 - share) for share, up, down in odds)
        away = (np.array([np.log(a / (1 - a)), np.log(b - 1)]) - centre) / deviation
        return np.log(told).sum() + prior - away @ away / 2

    found = estimate_noise(evidence, TWO_FAMILIES, given, np.ones(200), p_values=p_values)
    a, b = found.form
    best = value(found.rate, found.elsewhere, found.outside, a, b)
    grid = np.linspace(0.01, 0.99, 50)
    assert all(value(found.rate, found.elsewhere, other, a, b) <= best + 1e-2 for other in grid)
    assert all(value(found.rate, found.elsewhere, found.outside, other, b) <= best + 1e-2 for other in grid)
    assert all(value(found.rate, found.elsewhere, found.outside, a, 1 + other) <= best + 1e-2 for other in 60 * grid)
    assert all(value(found.rate, other, found.outside, a, b) <= best + 1e-2 for other in grid)
    for other in grid:
        assert value(np.array([other, found.rate[1]]), found.elsewhere, found.outside, a, b) <= best + 1e-2


@pytest.mark.parametrize("open_set", [False, True])
def test_slopes_are_those_of_the_likelihood_and_of_the_prior(open_set):
    evidence, given, p_values, _ = _open_labels(1, 0.2, n=40)
    parts = [(evidence * part) @ np.eye(2)[TWO_FAMILIES] for part in ways(TWO_FAMILIES, given)]
    labels, prior = noise_rates._Labels(*parts, 8, p_values if open_set else None), noise_rates._Prior(2, open_set)
    at = prior.start + np.random.default_rng(0).normal(size=len(prior.start))
    for i, step in enumerate(1e-5 * np.eye(len(at))):
        up, down = (np.log(labels.told(at + side * step)[0]) for side in (1, -1))
        np.testing.assert_allclose(labels.told(at)[1][:, i], (up - down) / 2e-5, rtol=1e-4, atol=1e-6)
        slope, curve = (prior.value(at + step) - prior.value(at - step)) / 2e-5, prior.slope(at + step)[i]
        assert prior.slope(at)[i] == pytest.approx(slope, rel=1e-4)
        assert prior.curvature(at)[i] == pytest.approx((prior.slope(at - step)[i] - curve) / 2e-5, rel=1e-4)


def test_p_values_that_are_not_known_leave_what_was_believed_before():
    evidence, given, _ = _labels(0, (0.2, 0.2), n=300)
    unknown = np.full(300, np.nan)
    noise = estimate_noise(evidence[:0], TWO_FAMILIES, given[:0], np.zeros(0), p_values=unknown[:0])
    total = noise_rates._PRIOR_OUTSIDE + noise_rates._PRIOR_INSIDE
    assert noise.outside == pytest.approx(noise_rates._PRIOR_OUTSIDE / total, abs=1e-3)
    left = 1 - believe(evidence, noise, TWO_FAMILIES, np.full(300, -1), unknown).sum(axis=1)
    np.testing.assert_allclose(left, noise.outside)


def test_drawn_shares_of_no_class_lie_about_the_likeliest():
    evidence, given, p_values, _ = _open_labels(0, 0.2, n=800)
    random, ones = np.random.default_rng(0), np.ones(800)
    drawn = [estimate_noise(evidence, TWO_FAMILIES, given, ones, random, p_values).outside for _ in range(60)]
    likeliest = estimate_noise(evidence, TWO_FAMILIES, given, ones, p_values=p_values).outside
    assert np.median(drawn) == pytest.approx(likeliest, abs=0.5 * np.std(drawn))
    assert 0.005 < np.std(drawn) < 0.05


def test_weights_count_labels():
    evidence, given, _ = _labels(0, (0.3, 0.3), n=200)
    weight = np.random.default_rng(0).integers(0, 4, 200)
    rows = np.repeat(np.arange(200), weight)
    counted = estimate_noise(evidence, TWO_FAMILIES, given, weight.astype(float))
    repeated = estimate_noise(evidence[rows], TWO_FAMILIES, given[rows], np.ones(len(rows)))
    np.testing.assert_allclose(counted.rate, repeated.rate, atol=1e-3)


def test_drawn_rates_lie_about_the_likeliest_as_far_as_labels_allow():
    def spread(n, sharp):
        evidence, given, _ = _labels(0, (0.3, 0.3), n=n, sharp=sharp)
        random = np.random.default_rng(0)
        drawn = [estimate_noise(evidence, TWO_FAMILIES, given, np.ones(n), random).rate for _ in range(60)]
        likeliest = estimate_noise(evidence, TWO_FAMILIES, given, np.ones(n)).rate
        np.testing.assert_allclose(np.median(drawn, axis=0), likeliest, atol=0.5 * np.std(drawn, axis=0).max())
        return np.std(drawn, axis=0)

    known, few, silent = spread(1500, 3.0), spread(150, 3.0), spread(1500, 0.0)
    binomial = np.sqrt(0.3 * 0.7 / (1500 * np.array([3, 5]) / 8))
    np.testing.assert_allclose(known, binomial, rtol=0.3)
    assert (few > 2 * known).all()
    assert (silent > 0.12).all()


def test_no_label_at_all_leaves_the_prior():
    found = estimate_noise(np.zeros((0, 8)), TWO_FAMILIES, np.zeros(0, int), np.zeros(0))
    np.testing.assert_allclose(found.rate, PRIOR[0] / (PRIOR[0] + PRIOR[1]), atol=1e-3)


def test_bayes_by_hand():
    """Classes a, b of one family and c alone; a clip labelled a."""
    noise = Noise(rate=np.array([0.2, 0.4]), elsewhere=0.5)
    evidence = np.array([[0.5, 0.3, 0.2]])
    of_a = 0.8
    of_b = 0.2 * (0.5 * 1 + 0.5 * 1 / 2)  # within the family there is only a to be called; anywhere, a or c
    of_c = 0.4 * (1 / 2)  # alone in its family, it can only be called a or b
    joint = np.array([0.5 * of_a, 0.3 * of_b, 0.2 * of_c])
    belief = believe(evidence, noise, np.array([0, 0, 1]), np.array([0]))
    np.testing.assert_allclose(belief, [joint / joint.sum()])


def test_bayes_by_hand_where_a_clip_may_be_of_no_class():
    """Two classes of one family, a clip labelled a and one without a label; a fifth of the clips is of no class."""
    noise = Noise(rate=np.array([0.2]), elsewhere=0.0, outside=0.2, form=(0.5, 3.0))
    evidence, p_values = np.array([[0.6, 0.4], [0.6, 0.4]]), np.array([0.05, np.nan])
    belief = believe(evidence, noise, np.array([0, 0]), np.array([0, -1]), p_values)
    joint = np.array([0.8 * 0.6 * 0.8, 0.8 * 0.4 * 0.2, 0.2 * beta.pdf(0.05, 0.5, 3.0) / 2])
    np.testing.assert_allclose(belief[0], joint[:2] / joint.sum())
    np.testing.assert_allclose(belief[1], [0.8 * 0.6, 0.8 * 0.4])


def test_an_unlabelled_clip_is_believed_to_be_what_it_sounds_like():
    evidence, _, _ = _labels(0, (0.3, 0.3), n=5)
    noise = Noise(np.array([0.3, 0.2]), 0.1)
    np.testing.assert_allclose(believe(evidence, noise, TWO_FAMILIES, np.full(5, -1)), evidence)


@given(
    rate=arrays(float, 3, elements=st.floats(0, 1)),
    elsewhere=st.floats(0, 1),
    family_of=st.lists(st.integers(0, 2), min_size=2, max_size=7),
)
def test_the_labels_of_a_class_are_a_distribution(rate, elsewhere, family_of):
    """Over all labels that a clip of a class may have been given, probabilities add up to one."""
    k = len(family_of)
    found = likelihood(Noise(rate, elsewhere), np.array(family_of), np.arange(k))
    assert (found >= 0).all()
    np.testing.assert_allclose(found.sum(axis=0), 1)


BELIEFS = st.lists(st.one_of(st.floats(0, 1), st.sampled_from([0.3, 0.6, 0.9, 0.97, 1.0])), max_size=30)


@settings(max_examples=200)
@given(belief=BELIEFS, precision=st.floats(0, 1))
def test_as_many_are_promoted_as_the_precision_allows(belief, precision):
    belief = np.array(belief, dtype=float)
    taken = promote(belief, precision)
    if taken.any():
        assert belief[taken].mean() >= precision - 1e-9
        assert belief[taken].min() > 0.5
        assert belief[~taken].max(initial=0) < belief[taken].min()  # the surest, and ties together
    for bound in np.unique(belief[~taken & (belief > 0.5)]):
        assert belief[belief >= bound].mean() < precision + 1e-9


@given(belief=BELIEFS, seed=st.integers(0, 1000))
def test_promotion_does_not_depend_on_the_order(belief, seed):
    belief = np.array(belief, dtype=float)
    order = np.random.default_rng(seed).permutation(len(belief))
    np.testing.assert_array_equal(promote(belief[order], 0.9), promote(belief, 0.9)[order])
