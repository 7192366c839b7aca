"""The network behind the rounds: what doubt, no validation and averaged weights do to it."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pipeline.errors import DataError
from pipeline.files import formats
from pipeline.files.checkpoints import Checkpoints
from pipeline.files.frames import Frames
from pipeline.members.roles import Split
from pipeline.members.self_training import run_rounds
from pipeline.params.networks import Crop, Network, Optimisation, Patches
from pipeline.params.overlay import lay
from pipeline.params.training import Member

pytestmark = pytest.mark.keras

N, FRAMES, BINS = 36, 8, 6
NETWORK = {"name": "vgg", "width": 4, "depth": 1, "dense": 8, "dropout": 0.0, "pooling": "mean_and_max"}
BASE = {
    "network": NETWORK,
    "patches": {"crop": {"frames": FRAMES, "test_crops": 1}},
    "training": {"batch_size": 12, "learning_rate": 0.02, "schedule": "constant"},
    "epochs": 6,
    "rounds": 1,
    "train_on": "posterior",
}


@pytest.fixture(scope="module", autouse=True)
def _on_the_cpu() -> None:
    from pipeline.networks import backend

    backend.configure("cpu", "float32")


@pytest.fixture(scope="module")
def features() -> Frames:
    """Clips of three classes, each louder in its own pair of bins."""
    random = np.random.default_rng(0)
    frames = random.random((N, FRAMES, BINS)) * 0.5
    for i in range(N):
        frames[i, :, 2 * (i % 3) : 2 * (i % 3) + 2] += 0.5
    index = pd.DataFrame({"clip_id": [f"{i:03d}" for i in range(N)], "start": np.arange(N) * FRAMES})
    settings = {"kind": "mel", "n_bins": BINS, "sr": 8000, "trim_db": 60.0, "max_seconds": 30.0, "settings": {}}
    packed = frames.reshape(-1, BINS).astype(np.float16)
    return Frames(frames=packed, index=index.assign(n_frames=FRAMES, status="ok"), settings=settings)


def roles(doubtful_target: int | None) -> Split:
    """Even rows trusted; odd ones doubtful, of the class `doubtful_target`, or resting."""
    given, even = np.arange(N) % 3, np.arange(N) % 2 == 0
    posterior = np.full((N, 3), np.nan, np.float32)
    if doubtful_target is not None:
        posterior[~even] = np.eye(3)[doubtful_target]
    return Split(
        given=given,
        target=np.where(even, given, -1),
        posterior=posterior,
        trusted=even,
        pool=~even,
        doubtful=~even & (doubtful_target is not None),
        validation=np.zeros(N, bool),
        ruled_out=np.zeros((N, 3), bool),
    )


def train(features: Frames, member, folder: Path, split: Split, **changes: object):
    from pipeline.networks.learner import KerasLearner

    settings = member(**lay(BASE, changes, Member))
    learner = KerasLearner(features, settings, 3, seed=0, name="m")
    state = run_rounds(split, settings, learner, Checkpoints(folder, "k"), say=lambda line: None)
    assert state.probs is not None
    return settings, learner, state


@pytest.mark.parametrize("loss", ["crossentropy", "gce"])
def test_doubtful_clips_pull_as_much_as_they_weigh(features, member, tmp_path, loss) -> None:
    """All doubtful clips are said to be of class 0: the heavier, the more goes to it."""
    shares = []
    for weight in (0.05, 5.0):
        training = {"doubtful": {"loss": loss, "weight": weight}}
        _, _, state = train(features, member, tmp_path / str(weight), roles(0), training=training)
        shares.append(state.probs[:, 0].mean())
    assert shares[1] > shares[0] + 0.1


def test_the_augmentations_that_there_are_fit_targets_with_doubt(features, member, tmp_path) -> None:
    augment = {"mixup": {"alpha": 0.4}, "specaugment": {}, "gain_tilt": {}}
    training = {"augment": augment, "doubtful": {"loss": "gce"}}
    _, _, state = train(features, member, tmp_path, roles(1), training=training)
    np.testing.assert_allclose(state.probs.sum(axis=1), 1, atol=1e-5)
    assert np.isfinite(state.history["loss"]).all()


def test_without_a_fold_a_member_is_written_and_used(features, member, tmp_path) -> None:
    from pipeline.members import saved

    changes = {"hold_out": None, "rounds": {"number": 2}, "training": {"keep": {"average": 0.9}}}
    settings, learner, state = train(features, member, tmp_path / "c", roles(None), **changes)
    assert state.history[["val_loss", "val_accuracy"]].isna().all(axis=None)
    assert state.history[["loss", "accuracy"]].notna().all(axis=None)
    clips = features.index[["clip_id"]]
    written = {"features": features, "clips": clips, "classes": list("abc"), "split": roles(None)}
    saved.write(tmp_path / "one", settings, state, learner, **written)
    network, card = saved.load(tmp_path / "one")
    assert card["hold_out"] is None
    found = saved.probabilities(network, card, [features.clip(row) for row in range(N)])
    np.testing.assert_allclose(found, state.probs, atol=1e-6)
    header = formats.read_table(tmp_path / "one" / "history.csv")
    assert set(header["val_accuracy"]) == {""}


def test_averaged_weights_are_normalised_by_their_own_statistics(features) -> None:
    """The moving statistics after a fit are the mean of the batches' own, under the averaged weights."""
    import keras

    from pipeline.networks import building, fitting
    from pipeline.networks.patches import PatchDataset

    network = building.build(Network(**NETWORK), (FRAMES, BINS), 3, seed=0)
    momentum = [getattr(layer, "momentum", None) for layer in network.layers]
    hot = np.eye(3, dtype=np.float32)[np.arange(N) % 3]
    common = {"patches": Patches(crop=Crop(frames=FRAMES)), "batch_size": 12, "seed": 0}
    batches = PatchDataset(features, np.arange(N), hot, **common)
    settings = Optimisation(learning_rate=0.05, schedule="constant", keep={"average": 0.9})
    fitting.fit(network, batches, None, settings, epochs=3, loss="categorical_crossentropy")
    first = next(layer for layer in network.layers if isinstance(layer, keras.layers.BatchNormalization))
    before = keras.Model(network.input, first.input)
    batches.epoch = 3
    seen = [np.asarray(before(batches[i][0]), np.float64) for i in range(batches.num_batches)]
    mean = np.mean([x.mean(axis=(0, 1, 2)) for x in seen], axis=0)
    spread = np.mean([x.var(axis=(0, 1, 2)) for x in seen], axis=0)
    np.testing.assert_allclose(np.asarray(first.moving_mean), mean, rtol=1e-3, atol=1e-5)
    np.testing.assert_allclose(np.asarray(first.moving_variance), spread, rtol=1e-3, atol=1e-6)
    assert [getattr(layer, "momentum", None) for layer in network.layers] == momentum


@pytest.fixture
def before(features, member, tmp_path) -> list[np.ndarray]:
    """Weights of a network that has learned what the even clips are."""
    _, learner, state = train(features, member, tmp_path / "before", roles(None), epochs=30)
    assert (state.probs.argmax(axis=1) == np.arange(N) % 3).mean() > 0.8
    return learner.weights


def begun(features, settings, folder: Path, start: list[np.ndarray] | None):
    from pipeline.networks.learner import KerasLearner

    learner = KerasLearner(features, settings, 3, seed=0, name="m", start=start)
    return run_rounds(roles(None), settings, learner, Checkpoints(folder, "k"), say=lambda line: None)


SLOW = lay(BASE, {"epochs": 1, "training": {"learning_rate": 1e-6}}, Member)


def test_a_member_goes_on_from_the_weights_it_is_given(features, member, before, tmp_path) -> None:
    settings, right = member(**SLOW), np.arange(N) % 3
    old = begun(features, settings, tmp_path / "old", before).probs
    assert (old.argmax(axis=1) == right).mean() > 0.8
    new = begun(features, settings, tmp_path / "new", None).probs
    assert (new.argmax(axis=1) == right).mean() < 0.6


@pytest.mark.parametrize("restart", [False, True])
def test_rounds_that_restart_begin_with_the_weights_that_were_given(
    features, member, before, tmp_path, restart
) -> None:
    """Wrong labels in round 1 unlearn what there was; in round 2 hardly anything moves any more."""
    from pipeline.networks.learner import KerasLearner

    rounds = {"rounds": {"number": 2, "restart": restart}}
    settings, slow = member(**BASE | rounds | {"epochs": 20}), member(**SLOW | rounds)
    rows, sure = np.arange(0, N, 2), np.zeros(N // 2, bool)
    first = KerasLearner(features, settings, 3, seed=0, name="m", start=before, restart=restart)
    first.fit(1, rows, np.eye(3, dtype=np.float32)[(rows + 1) % 3], sure)
    second = KerasLearner(features, slow, 3, seed=0, name="m", start=before, restart=restart)
    second.weights = first.weights
    second.fit(2, rows, np.eye(3, dtype=np.float32)[rows % 3], sure)
    right = (second.predict().argmax(axis=1) == np.arange(N) % 3).mean()
    assert (right > 0.8) == restart


def test_weights_of_another_network_are_refused(features, member, before, tmp_path) -> None:
    wider = member(**lay(BASE, {"network": {"width": 8}}, Member))
    with pytest.raises(
        DataError, match=r"m: the weights to go on from are of another network \(expected .*same network"
    ):
        begun(features, wider, tmp_path / "c", before)
