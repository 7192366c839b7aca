"""The learning rate rises and falls once over all rounds of a network, and is the one that is told of."""

from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from pipeline.files.frames import Frames
from pipeline.params.networks import Optimisation

pytestmark = pytest.mark.keras

N, FRAMES, BINS, EPOCHS, BATCH, RATE = 24, 4, 3, 3, 8, 0.02


@pytest.fixture(scope="module", autouse=True)
def _on_the_cpu() -> None:
    from pipeline.networks import backend

    backend.configure("cpu", "float32")


@pytest.fixture(scope="module")
def features() -> Frames:
    index = pd.DataFrame({"clip_id": [f"{i:03d}" for i in range(N)], "start": np.arange(N) * FRAMES})
    frames = np.random.default_rng(0).random((N * FRAMES, BINS)).astype(np.float16)
    return Frames(frames=frames, index=index.assign(n_frames=FRAMES, status="ok"), settings={"n_bins": BINS})


def batches(n_batches: int) -> Any:
    import keras

    class Made(keras.utils.PyDataset):
        num_batches = n_batches

        def __getitem__(self, index: int) -> tuple[np.ndarray, np.ndarray]:
            return np.ones((2, 4), np.float32), np.array([[1, 0], [1, 0]], np.float32)

    return Made(workers=1)


def small() -> Any:
    import keras

    from pipeline.networks import backend

    backend.fresh(0)
    return keras.Sequential([keras.Input((4,)), keras.layers.Dense(2, activation="softmax")])


def rates(part: tuple[int, int], epochs: int = EPOCHS, schedule: str = "cosine", n_batches: int = 5) -> list[float]:
    from pipeline.networks import fitting

    settings = Optimisation(learning_rate=RATE, schedule=schedule)
    loss = "categorical_crossentropy"
    table = fitting.fit(small(), batches(n_batches), None, settings, epochs=epochs, loss=loss, part=part)
    return table["learning_rate"].tolist()


@pytest.mark.parametrize("parts", [2, 3])
def test_parts_have_the_rates_of_one_fit_of_all_their_epochs(parts: int) -> None:
    whole = rates((1, 1), epochs=parts * EPOCHS)
    joined = [rate for number in range(1, parts + 1) for rate in rates((number, parts))]
    assert joined == pytest.approx(whole, rel=1e-6)
    # It rises for a twentieth of the steps, so that the first epoch ends on the way down.
    assert all(later < earlier for earlier, later in pairwise(joined))
    assert joined[0] > 0.9 * RATE
    assert joined[-1] < 0.01 * RATE


def test_a_part_is_as_much_of_the_schedule_as_another_however_many_steps_it_has() -> None:
    """As many epochs of thrice as many steps end at the same rates, but for a step's worth."""
    np.testing.assert_allclose(rates((2, 2), n_batches=60), rates((2, 2), n_batches=20), atol=0.02 * RATE)


def test_a_constant_rate_is_that_in_every_part() -> None:
    assert rates((1, 2), schedule="constant") == rates((2, 2), schedule="constant") == [RATE] * EPOCHS


@pytest.mark.parametrize("part", [(1, 1), (1, 30), (15, 30), (30, 30)])
def test_the_rate_that_is_told_of_is_the_one_of_the_step(part: tuple[int, int]) -> None:
    """The first step of Adam moves weights by the learning rate, whatever the gradient."""
    from pipeline.networks import fitting

    network = small()
    before = network.get_weights()[0]
    settings = Optimisation(learning_rate=RATE)
    table = fitting.fit(network, batches(1), None, settings, epochs=1, loss="categorical_crossentropy", part=part)
    moved = np.abs(network.get_weights()[0] - before).max()
    assert moved == pytest.approx(table["learning_rate"].iloc[0], rel=0.01)


def learner_of(features: Frames, member: Any, *, restart: bool = False, rounds: int = 3, epochs: int = EPOCHS) -> Any:
    from pipeline.networks.learner import KerasLearner

    settings = member(
        network={"name": "vgg", "width": 2, "depth": 1, "dense": 4, "dropout": 0.0},
        patches={"crop": {"frames": FRAMES, "test_crops": 1}},
        training={"batch_size": BATCH, "learning_rate": RATE, "schedule": "cosine"},
        epochs=epochs,
    )
    return KerasLearner(features, settings, 3, seed=0, name="m", restart=restart, rounds=rounds)


def fit(learner: Any, number: int, n: int = N) -> list[float]:
    rows = np.arange(n)
    table = learner.fit(number, rows, np.eye(3, dtype=np.float32)[rows % 3], np.zeros(n, bool))
    return table["learning_rate"].tolist()


def test_the_rounds_of_a_learner_share_one_schedule(features, member) -> None:
    learner = learner_of(features, member)
    joined = [rate for number in (1, 2, 3) for rate in fit(learner, number)]
    whole = fit(learner_of(features, member, rounds=1, epochs=3 * EPOCHS), 1)
    assert joined == pytest.approx(whole, rel=1e-6)


def test_each_round_that_restarts_has_a_schedule_of_its_own(features, member) -> None:
    learner = learner_of(features, member, restart=True)
    own = fit(learner_of(features, member, rounds=1), 1)
    assert [fit(learner, number) for number in (1, 2, 3)] == [own] * 3
    assert own[-1] < 0.1 * RATE < 0.5 * RATE < own[0]


def test_rounds_of_more_and_more_clips_fall_to_the_same_end(features, member) -> None:
    learner = learner_of(features, member)
    joined = [rate for number, n in ((1, 8), (2, 16), (3, 24)) for rate in fit(learner, number, n)]
    assert all(later < earlier for earlier, later in pairwise(joined[1:]))
    assert joined[-1] < 0.02 * RATE


def test_a_learner_that_is_resumed_goes_on_in_the_schedule(features, member, tmp_path: Path) -> None:
    whole = learner_of(features, member)
    fit(whole, 1)
    whole.save(tmp_path)
    rest = [fit(whole, number) for number in (2, 3)]
    resumed = learner_of(features, member)
    resumed.restore(1, tmp_path)
    assert [fit(resumed, number) for number in (2, 3)] == rest
    for found, expected in zip(resumed.weights, whole.weights, strict=True):
        np.testing.assert_array_equal(found, expected)
