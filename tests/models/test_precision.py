"""The precision that is asked for is what networks compute in; `auto` asks for what the machine is fast at."""

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import numpy as np
import pytest

from pipeline.params import registry

pytestmark = pytest.mark.keras

INTEL = "processor\t: 0\nflags\t\t: fpu sse avx512f avx512_bf16 amx_tile\nbugs\t\t: spectre_v1\n"
OLDER = INTEL.replace("avx512_bf16 ", "")


@pytest.fixture(autouse=True)
def float32_afterwards() -> Iterator[None]:
    from pipeline.networks import backend

    yield
    backend.configure("cpu", "float32")


@pytest.mark.parametrize(("kind", "name"), [("models", "vgg"), ("autoencoders", "conv")])
@pytest.mark.parametrize("precision", ["float32", "mixed_bfloat16"])
def test_networks_compute_as_asked_and_answer_in_float32(
    kind: str, name: str, precision: Literal["float32", "mixed_bfloat16"]
) -> None:
    from pipeline.networks import backend

    backend.configure("cpu", precision)
    backend.fresh(1)
    network = registry.function(kind, name)((16, 16), 3, width=2, depth=2)
    convolutions = [layer for layer in network.layers if "conv" in layer.name and "transpose" not in layer.name]
    assert {layer.compute_dtype for layer in convolutions} == {precision.removeprefix("mixed_")}
    assert {weight.dtype for weight in network.trainable_variables} == {"float32"}
    assert network.output.dtype == "float32"
    network.compile(optimizer="adam", loss="mse")
    x = np.random.default_rng(0).random((4, 16, 16)).astype(np.float32)
    y = x if kind == "autoencoders" else np.eye(3, dtype=np.float32)[[0, 1, 2, 0]]
    assert np.isfinite(network.train_on_batch(x, y))


def test_threads_that_are_asked_for_after_a_process_has_computed_are_not_claimed() -> None:
    import keras

    from pipeline.networks import backend

    backend.configure("cpu", "float32")
    keras.ops.matmul(keras.ops.ones((2, 2)), keras.ops.ones((2, 2)))
    assert backend.configure("cpu", "float32", threads=7).threads != 7


@pytest.mark.parametrize(
    ("backend_name", "device", "cpuinfo", "expected"),
    [
        ("tensorflow", "cpu", INTEL, "mixed_bfloat16"),
        ("tensorflow", "cpu", OLDER, "float32"),
        ("tensorflow", "cpu", None, "float32"),
        ("jax", "cpu", INTEL, "float32"),
        ("torch", "gpu", OLDER, "mixed_bfloat16"),
    ],
)
def test_auto_takes_bfloat16_where_the_machine_multiplies_it(
    backend_name: str, device: str, cpuinfo: str | None, expected: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pipeline.networks import backend

    path = tmp_path / "cpuinfo"
    if cpuinfo is not None:
        path.write_text(cpuinfo)
    monkeypatch.setattr(backend, "CPUINFO", path)
    assert backend.choose_precision(backend_name, device) == expected
