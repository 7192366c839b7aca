"""What every network promises, whichever is added."""

from typing import Any

import numpy as np
import pytest

from pipeline.params import registry
from pipeline.params.networks import Network, Optimisation

pytestmark = pytest.mark.keras

CLASSIFIERS, AUTOENCODERS = registry.names("models"), registry.names("autoencoders")
SMALL = {"width": 2, "depth": 2}


def settings(name: str, kind: str = "models") -> dict[str, int]:
    declared = registry.settings_model(kind, name).model_fields
    return {key: value for key, value in (SMALL | {"dense": 4}).items() if key in declared}


# By name: each once, and what the report calls its large one.
NETWORKS = {name: Network(name=name, **settings(name)) for name in CLASSIFIERS}
NETWORKS["vgg of three"] = Network(name="vgg", convs=3, **settings("vgg"))


@pytest.fixture(scope="module", autouse=True)
def _configured() -> None:
    from pipeline.networks import backend

    backend.configure("cpu", "float32")


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("shape", [(16, 8), (21, 13), (5, 64)])
def test_a_classifier_gives_distributions_for_any_patch(name: str, shape: tuple[int, int]) -> None:
    from pipeline.networks import building, inference

    network = building.build(NETWORKS[name], shape, 5, seed=1)
    x = np.random.default_rng(0).random((3, *shape), dtype=np.float32)
    probs = inference.predict(network, x)
    assert probs.shape == (3, 5)
    assert probs.dtype == np.float32
    np.testing.assert_allclose(probs.sum(axis=1), 1, atol=1e-5)


def autoencoder(name: str, shape: tuple[int, int], latents: int) -> Any:
    return registry.function("autoencoders", name)(shape, latents, **settings(name, "autoencoders"))


@pytest.mark.parametrize("name", AUTOENCODERS)
@pytest.mark.parametrize("shape", [(16, 8), (21, 13), (439, 33)])
def test_an_autoencoder_gives_back_any_shape(name: str, shape: tuple[int, int]) -> None:
    from pipeline.networks import inference

    network = autoencoder(name, shape, 7)
    x = np.zeros((2, *shape), np.float32)
    assert inference.predict(network, x).shape == (2, *shape)
    assert inference.predict(inference.part(network, "latent"), x).shape == (2, 7)


@pytest.mark.parametrize("name", NETWORKS)
def test_the_same_seed_gives_the_same_weights_and_another_gives_others(name: str) -> None:
    from pipeline.networks import building

    def weights(seed: int) -> np.ndarray:
        network = building.build(NETWORKS[name], (16, 8), 3, seed=seed)
        return np.concatenate([w.ravel() for w in network.get_weights()])

    np.testing.assert_array_equal(weights(1), weights(1))
    assert (weights(1) != weights(2)).any()


class Batches:
    """Two classes that a mean tells apart, as a Keras PyDataset."""

    def __new__(cls, shape: tuple[int, int], reconstruct: bool = False):
        import keras

        random = np.random.default_rng(0)
        y = np.arange(32) % 2
        x = (random.random((32, *shape)) * 0.2 + y[:, None, None] * 0.6).astype(np.float32)
        targets = x if reconstruct else np.eye(2, dtype=np.float32)[y]

        class Made(keras.utils.PyDataset):
            num_batches = 4

            def __getitem__(self, index: int) -> tuple[np.ndarray, np.ndarray]:
                part = slice(index * 8, index * 8 + 8)
                return x[part], targets[part]

        return Made(workers=1)


@pytest.mark.parametrize(
    ("kind", "name"), [("models", name) for name in NETWORKS] + [("autoencoders", name) for name in AUTOENCODERS]
)
def test_a_few_steps_lower_the_loss_and_weights_survive_the_disk(kind: str, name: str, tmp_path) -> None:
    from pipeline.networks import building, fitting, inference

    auto, shape = kind == "autoencoders", (16, 8)

    def built() -> Any:
        if auto:
            return autoencoder(name, shape, 2)
        return building.rebuild(NETWORKS[name].name, NETWORKS[name].settings, shape, 2)

    network = built()
    wanted, loss = Optimisation(learning_rate=0.01, schedule="cosine"), "mse" if auto else "categorical_crossentropy"
    data = Batches(shape, reconstruct=auto)
    history = fitting.fit(network, data, data, wanted, epochs=8, loss=loss)
    assert list(history["epoch"]) == list(range(1, 9))
    assert history["loss"].iloc[-1] < history["loss"].iloc[0]
    x = data[0][0]
    before = inference.predict(network, x)
    fitting.save_weights(network, tmp_path / "a.weights.h5")
    again = built()
    fitting.load_weights(again, tmp_path / "a.weights.h5")
    np.testing.assert_array_equal(inference.predict(again, x), before)


def test_a_loss_that_explodes_is_an_error_in_words() -> None:
    from pipeline.errors import DataError
    from pipeline.networks import fitting

    data = Batches((16, 8), reconstruct=True)
    data[0][0][:] = np.inf
    network = autoencoder("conv", (16, 8), 2)
    with pytest.raises(DataError, match="no longer a number"):
        fitting.fit(network, data, None, Optimisation(), epochs=2, loss="mse", title="autoencoder")


def test_weights_of_another_network_are_refused(tmp_path) -> None:
    from pipeline.errors import ArtifactError
    from pipeline.networks import building, fitting

    network = building.build(NETWORKS["vgg"], (16, 8), 2, seed=1)
    fitting.save_weights(network, tmp_path / "a.weights.h5")
    other = building.build(Network(name="vgg", width=3, depth=2, dense=4), (16, 8), 2, seed=1)
    with pytest.raises(ArtifactError, match="do not fit"):
        fitting.load_weights(other, tmp_path / "a.weights.h5")


def test_a_gpu_that_is_not_there_is_refused_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    from pipeline.errors import ParamsError
    from pipeline.networks import backend

    monkeypatch.setitem(backend._DEVICES, backend.keras.backend.backend(), (lambda: None, lambda: 0))
    with pytest.raises(ParamsError, match=r"compute\.device: gpu"):
        backend.configure("gpu", "float32")
