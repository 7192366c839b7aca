"""Schedule, rules, bounds and caps."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from pipeline.members.roles import Split
from pipeline.members.selection import RULES, lower_bound, select
from pipeline.params.training import Rounds, Select
from pipeline.probs.pooling import without


def pool_of(
    n: int,
    given: np.ndarray | None = None,
    posterior: np.ndarray | None = None,
    classes: int = 3,
    ruled_out: np.ndarray | None = None,
) -> Split:
    none = np.zeros(n, bool)
    return Split(
        given=np.zeros(n, int) if given is None else given,
        target=np.full(n, -1),
        posterior=np.full((n, classes), np.nan, np.float32) if posterior is None else posterior,
        trusted=none,
        pool=~none,
        doubtful=none,
        validation=none,
        ruled_out=np.zeros((n, classes), bool) if ruled_out is None else ruled_out,
    )


def settings_of(
    rule: str = "predicted", lower: tuple[float, float] = (0, 0), upper: float = 1.0, least: float = 0.9, **more: object
) -> Rounds:
    select = {rule: {"least": least}} if rule == "agree_or_relabel" else rule
    given = {"number": 4, "thresholds": {"lower": list(lower), "upper": upper}, "select": select}
    return Rounds.model_validate(given | more)


probs_arrays = arrays.arrays(np.float32, (12, 3), elements=st.floats(0.015625, 1, width=32)).map(
    lambda a: (a / a.sum(axis=1, keepdims=True)).astype(np.float32)
)


def test_the_lower_bound_rises_in_a_line() -> None:
    bounds = [lower_bound(settings_of(lower=(0.35, 0.65)), number) for number in (1, 2, 3, 4)]
    np.testing.assert_allclose(bounds, [0.35, 0.45, 0.55, 0.65])
    assert lower_bound(Rounds.model_validate(1), 1) == 0.35


def test_every_rule_that_params_allow_exists_and_no_other() -> None:
    assert set(RULES) == set(Select.model_fields)


@given(
    probs=probs_arrays,
    posterior=probs_arrays,
    rule=st.sampled_from(sorted(RULES)),
    lower=st.floats(0, 0.9),
    upper=st.floats(0.9, 1),
    cap=st.none() | st.integers(1, 3),
    given_labels=arrays.arrays(np.int64, 12, elements=st.integers(-1, 2)),
)
def test_what_is_selected(
    probs: np.ndarray,
    posterior: np.ndarray,
    rule: str,
    lower: float,
    upper: float,
    cap: int | None,
    given_labels: np.ndarray,
) -> None:
    probs, posterior = probs.copy(), posterior.copy()
    probs[5] = posterior[5] = posterior[7] = np.nan
    split = pool_of(12, given_labels, posterior)
    split.pool[:3] = False
    settings = settings_of(rule, upper=upper, least=0.8, max_per_class=cap)
    chosen = select(probs, split, settings, lower)
    assert split.pool[chosen.rows].all()
    assert 5 not in chosen.rows
    assert (np.diff(chosen.rows) > 0).all()
    assert (chosen.probability >= lower).all()
    assert (chosen.probability <= upper).all()
    assert chosen.targets.dtype == np.float32
    assert chosen.targets.shape == (len(chosen.rows), 3)
    np.testing.assert_allclose(chosen.targets.sum(axis=1), 1, atol=1e-5)
    likeliest = chosen.targets.argmax(axis=1)
    if rule == "soft":
        np.testing.assert_allclose(chosen.targets.max(axis=1), chosen.probability)
    else:
        np.testing.assert_array_equal(likeliest, probs[chosen.rows].argmax(axis=1))
        assert set(np.unique(chosen.targets)) <= {0.0, 1.0}
    if rule == "agree":
        np.testing.assert_array_equal(likeliest, given_labels[chosen.rows])
    if rule == "agree_or_relabel":
        assert (chosen.probability[likeliest != given_labels[chosen.rows]] >= 0.8).all()
    counts = np.bincount(likeliest, minlength=3)
    free = select(probs, split, settings.model_copy(update={"max_per_class": None}), lower)
    assert set(chosen.rows) <= set(free.rows)
    of = np.bincount(free.targets.argmax(axis=1), minlength=3)
    np.testing.assert_array_equal(counts, of if cap is None else np.minimum(of, cap))


def test_a_cap_keeps_the_most_probable() -> None:
    probs = np.array([[0.9, 0.1], [0.6, 0.4], [0.8, 0.2]], np.float32)
    chosen = select(probs, pool_of(3, classes=2), settings_of(max_per_class=2), 0.0)
    assert list(chosen.rows) == [0, 2]


@pytest.mark.parametrize("rule", RULES)
def test_an_empty_pool_gives_nothing(rule: str) -> None:
    split = pool_of(3)
    split.pool[:] = False
    chosen = select(np.full((3, 3), 1 / 3, np.float32), split, settings_of(rule, max_per_class=1), 0.0)
    assert chosen.targets.shape == (0, 3)


class TestSoft:
    settings = settings_of("soft")

    @given(probs=probs_arrays, posterior=probs_arrays)
    def test_targets_are_the_normalised_geometric_mean(self, probs: np.ndarray, posterior: np.ndarray) -> None:
        chosen = select(probs, pool_of(12, posterior=posterior), self.settings, 0.0)
        mean = np.sqrt(probs.astype(np.float64) * posterior)
        np.testing.assert_allclose(chosen.targets, mean / mean.sum(axis=1, keepdims=True), rtol=1e-4, atol=1e-7)

    def test_what_is_believed_to_be_of_no_class_keeps_its_share(self) -> None:
        probs, posterior = np.array([[0.5, 0.5]] * 2, np.float32), np.array([[0.32, 0.08], [0.1, 0.3]], np.float32)
        ruled_out = np.array([[False, False], [False, True]])
        chosen = select(probs, pool_of(2, posterior=posterior, classes=2, ruled_out=ruled_out), self.settings, 0.0)
        np.testing.assert_allclose(chosen.targets, [[0.4 * 2 / 3, 0.4 / 3], [0.4, 0]], rtol=1e-5)
        np.testing.assert_allclose(chosen.probability, [0.4 * 2 / 3, 0.4], rtol=1e-5)

    def test_the_known_one_counts_where_the_other_is_not_known(self) -> None:
        unknown, known = [np.nan, np.nan], [0.3, 0.7]
        probs = np.array([unknown, known, unknown], np.float32)
        posterior = np.array([known, unknown, unknown], np.float32)
        chosen = select(probs, pool_of(3, posterior=posterior, classes=2), self.settings, 0.0)
        assert list(chosen.rows) == [0, 1]
        np.testing.assert_array_equal(chosen.targets, np.array([known, known], np.float32))

    def test_judges_that_disagree_with_certainty_do_not_give_a_nan(self) -> None:
        probs, posterior = np.array([[1, 0, 0]], np.float32), np.array([[0, 1, 0]], np.float32)
        chosen = select(probs, pool_of(1, posterior=posterior), self.settings, 0.0)
        np.testing.assert_allclose(chosen.targets, [[0.5, 0.5, 0]], atol=1e-5)
        assert not len(select(probs, pool_of(1, posterior=posterior), self.settings, 0.6).rows)


@pytest.mark.parametrize("rule", sorted(RULES))
@given(
    probs=probs_arrays,
    posterior=probs_arrays,
    ruled_out=arrays.arrays(bool, (12, 3)),
    labels=arrays.arrays(int, 12, elements=st.integers(-1, 2)),
)
def test_no_clip_is_selected_as_what_a_person_ruled_out(rule, probs, posterior, ruled_out, labels) -> None:
    split = pool_of(12, labels, without(posterior, ruled_out), ruled_out=ruled_out)
    settings = settings_of(rule, least=0.0)
    chosen = select(probs, split, settings, 0.0)
    assert (chosen.targets[ruled_out[chosen.rows]] == 0).all()
    np.testing.assert_allclose(chosen.targets.sum(axis=1), 1, rtol=1e-5)
    free = ~ruled_out.any(axis=1)
    before = select(probs, pool_of(12, labels, posterior), settings, 0.0)
    kept, same = np.isin(chosen.rows, np.flatnonzero(free)), np.isin(before.rows, np.flatnonzero(free))
    np.testing.assert_array_equal(chosen.rows[kept], before.rows[same])
    np.testing.assert_array_equal(chosen.targets[kept], before.targets[same])


def test_the_next_class_takes_what_was_ruled_out() -> None:
    probs, ruled_out = np.array([[0.7, 0.2, 0.1]] * 2, np.float32), np.zeros((2, 3), bool)
    ruled_out[0, 0] = True
    chosen = select(probs, pool_of(2, ruled_out=ruled_out), settings_of("predicted"), 0.6)
    assert list(chosen.rows) == [0, 1]
    np.testing.assert_array_equal(chosen.targets, np.eye(3, dtype=np.float32)[[1, 0]])
    np.testing.assert_allclose(chosen.probability, [2 / 3, 0.7], rtol=1e-6)
