"""Losses against their closed forms in numpy, at their limits, and through mixup."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from pipeline.params.networks import Doubtful

pytestmark = pytest.mark.keras


def distributions(rows: int = 6, classes: int = 4) -> st.SearchStrategy[np.ndarray]:
    raw = arrays.arrays(np.float64, (rows, classes), elements=st.floats(0.01, 1))
    return raw.map(lambda a: a / a.sum(axis=1, keepdims=True))


def value(loss: Callable[..., object], *arguments: np.ndarray, **settings: float) -> np.ndarray:
    from keras import ops

    return np.asarray(ops.convert_to_numpy(loss(*(ops.convert_to_tensor(a, "float32") for a in arguments), **settings)))


def crossentropy(t: np.ndarray, p: np.ndarray) -> np.ndarray:
    return -(t * np.log(p)).sum(axis=1)


@given(t=distributions(), p=distributions(), q=st.floats(0.05, 1))
def test_generalised_crossentropy_is_its_closed_form(t: np.ndarray, p: np.ndarray, q: float) -> None:
    from pipeline.networks.losses import generalised_crossentropy

    expected = (t * (1 - p**q) / q).sum(axis=1)
    np.testing.assert_allclose(value(generalised_crossentropy, t, p, q=q), expected, rtol=1e-4, atol=1e-6)


@given(t=distributions(), p=distributions())
def test_generalised_crossentropy_runs_from_crossentropy_to_the_mean_absolute_error(
    t: np.ndarray, p: np.ndarray
) -> None:
    from pipeline.networks.losses import generalised_crossentropy

    np.testing.assert_allclose(value(generalised_crossentropy, t, p, q=1e-4), crossentropy(t, p), rtol=1e-3)
    hot = np.eye(4)[t.argmax(axis=1)]
    np.testing.assert_allclose(
        value(generalised_crossentropy, hot, p, q=1.0), np.abs(hot - p).sum(axis=1) / 2, rtol=1e-4, atol=1e-6
    )


@given(t=distributions(), p=distributions(), beta=st.floats(0.05, 1))
def test_soft_bootstrap_is_its_closed_form(t: np.ndarray, p: np.ndarray, beta: float) -> None:
    from pipeline.networks.losses import soft_bootstrap

    expected = crossentropy(beta * t + (1 - beta) * p, p)
    np.testing.assert_allclose(value(soft_bootstrap, t, p, beta=beta), expected, rtol=1e-4)
    np.testing.assert_allclose(value(soft_bootstrap, t, p, beta=1.0), crossentropy(t, p), rtol=1e-4)


@pytest.mark.parametrize("loss", ["crossentropy", "gce"])
@given(t=distributions(), p=distributions(), share=st.floats(0, 1))
def test_a_clip_that_may_be_of_no_class_counts_less(loss: str, t: np.ndarray, p: np.ndarray, share: float) -> None:
    from pipeline.networks.losses import ClipLoss, with_doubt

    call, doubt = ClipLoss(Doubtful(loss=loss), 0.0).call, np.ones(len(t), bool)
    whole, part = (value(call, with_doubt(targets, doubt), p) for targets in (t, share * t))
    np.testing.assert_allclose(part, share * whole, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("loss", ["crossentropy", "gce", "bootstrap"])
def test_certain_and_wrong_is_finite_and_dearer_than_right(loss: str) -> None:
    from pipeline.networks.losses import ClipLoss, with_doubt

    probs = np.array([[0.0, 1.0, 0.0], [1.0, 0.0, 0.0]])
    y = with_doubt(np.array([[1, 0, 0], [1, 0, 0]], np.float32), np.array([True, True]))
    wrong, right = value(ClipLoss(Doubtful(loss=loss), 0.0).call, y, probs)
    assert np.isfinite([wrong, right]).all()
    assert wrong > right + 1
    assert right == pytest.approx(0, abs=1e-5)


@pytest.mark.parametrize("loss", ["crossentropy", "gce", "bootstrap"])
def test_gradients_are_finite_where_a_probability_is_zero(loss: str) -> None:
    import keras

    from pipeline.networks import backend, fitting
    from pipeline.networks.losses import ClipLoss, with_doubt
    from pipeline.params.networks import Optimisation

    backend.fresh(0)
    scores = keras.Input((3,))
    network = keras.Model(scores, keras.layers.Softmax()(keras.layers.Dense(3, use_bias=False)(scores)))
    network.set_weights([np.eye(3, dtype=np.float32)])
    y = with_doubt(np.eye(3, dtype=np.float32)[[1, 2]], np.array([True, False]))

    class One(keras.utils.PyDataset):
        num_batches = 1

        def __getitem__(self, index: int) -> tuple[np.ndarray, np.ndarray]:
            return np.array([[500.0, 0, 0], [500.0, 0, 0]], np.float32), y

    fitting.fit(network, One(), None, Optimisation(), epochs=2, loss=ClipLoss(Doubtful(loss=loss), 0.1))
    assert np.isfinite(network.get_weights()[0]).all()


CLOSED = {
    "crossentropy": crossentropy,
    "gce": lambda t, p: (t * (1 - p**0.5) / 0.5).sum(axis=1),
    "bootstrap": lambda t, p: crossentropy(0.6 * t + 0.4 * p, p),
}


@pytest.mark.parametrize("loss", CLOSED)
@given(t=distributions(), p=distributions(), doubt=arrays.arrays(np.float64, 6, elements=st.floats(0, 1)))
def test_a_clip_costs_by_its_doubt(loss: str, t: np.ndarray, p: np.ndarray, doubt: np.ndarray) -> None:
    from pipeline.networks.losses import ClipLoss

    with_its_own = {"gce": {"q": 0.5}, "bootstrap": {"beta": 0.6}}
    settings = Doubtful(loss={loss: with_its_own.get(loss)}, weight=0.7)
    found = value(ClipLoss(settings, 0.0).call, np.column_stack([t, doubt]), p)
    expected = (1 - doubt) * crossentropy(t, p) + doubt * 0.7 * CLOSED[loss](t, p)
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-6)


@given(t=distributions(), p=distributions(), doubt=arrays.arrays(np.bool_, 6))
def test_crossentropy_of_weight_one_is_keras_own_for_every_clip(
    t: np.ndarray, p: np.ndarray, doubt: np.ndarray
) -> None:
    import keras

    from pipeline.networks.losses import ClipLoss, with_doubt

    own = value(keras.losses.CategoricalCrossentropy(label_smoothing=0.1), t, p)
    np.testing.assert_allclose(value(ClipLoss(Doubtful(), 0.1), with_doubt(t, doubt), p), own, rtol=1e-5)


def test_labels_of_trusted_clips_are_smoothed_whatever_the_loss_of_doubtful_ones() -> None:
    from pipeline.networks.losses import ClipLoss, with_doubt

    t, p = np.array([[1.0, 0.0]]), np.array([[0.8, 0.2]])
    found = value(ClipLoss(Doubtful(loss="gce"), 0.2).call, with_doubt(t, np.array([False])), p)
    np.testing.assert_allclose(found, crossentropy(np.array([[0.9, 0.1]]), p), rtol=1e-5)


def test_mixup_mixes_the_doubt_as_it_mixes_the_targets() -> None:
    from pipeline.networks.losses import with_doubt
    from pipeline.plugins.augment.mixup import augment

    random = np.random.default_rng(0)
    t = np.eye(5, dtype=np.float32)[np.arange(20) % 5]
    doubtful = np.arange(20) % 5 < 2
    _, y = augment(np.zeros((20, 2, 2), np.float32), with_doubt(t, doubtful), random, alpha=0.5)
    np.testing.assert_allclose(y[:, :5].sum(axis=1), 1, rtol=1e-5)
    # Which clips are doubtful follows from their class here, so the mixed doubt follows from the mixed targets.
    np.testing.assert_allclose(y[:, 5], y[:, :2].sum(axis=1), rtol=1e-5, atol=1e-6)
    assert ((y[:, 5] > 0.01) & (y[:, 5] < 0.99)).any()


def test_accuracy_does_not_look_at_the_doubt() -> None:
    from pipeline.networks.losses import accuracy, with_doubt

    metric = accuracy()
    assert metric.name == "accuracy"
    # The doubt of 1 is the greatest of each row.
    y = with_doubt(np.array([[0.6, 0.4], [0.4, 0.6]], np.float32), np.array([True, True]))
    metric.update_state(y, np.array([[0.9, 0.1], [0.9, 0.1]], np.float32))
    assert float(metric.result()) == 0.5
