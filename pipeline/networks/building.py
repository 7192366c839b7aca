"""Networks that classify, as params.yaml describes them."""

from typing import Any

import keras

from pipeline.networks import backend
from pipeline.params import registry
from pipeline.params.networks import Network


def build(described: Network, input_shape: tuple[int, int], n_outputs: int, *, seed: int) -> keras.Model:
    """Return the network that is described, its weights drawn from `seed`; earlier networks are forgotten."""
    backend.fresh(seed)
    return rebuild(described.name, described.settings, input_shape, n_outputs)


def rebuild(name: str, settings: dict[str, Any], input_shape: tuple[int, int], n_outputs: int) -> keras.Model:
    """Return the network of a plugin and its settings; its weights are to be loaded."""
    return registry.function("models", name)(input_shape, n_outputs, **settings)
