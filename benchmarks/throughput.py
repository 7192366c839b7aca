"""Clips a second that a preset's networks train on, with its own patch shapes, on this machine.

    python -m benchmarks.throughput --params presets/freesound2018-paper.yaml
    KERAS_BACKEND=torch python -m benchmarks.throughput --params presets/freesound2018-paper.yaml --device gpu

The data are noise in memory: this measures training steps, not decoding. Each network is compiled and warmed up
first, then timed several times; the figures are the median and the range of the repeats.
"""

import argparse
import platform
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from pipeline.files import formats
from pipeline.networks import backend
from pipeline.params import registry
from pipeline.params.schema import Params, load_params
from pipeline.params.training import AutoencoderModel, Model


def networks(params: Params) -> dict[str, tuple[Model | AutoencoderModel, int, int]]:
    """Return (model, outputs, batch size) of the autoencoder and of each distinct network of the members."""
    auto = params.autoencoder
    found: dict[str, tuple[Model | AutoencoderModel, int, int]] = {
        "autoencoder": (auto.model, auto.latents, auto.fit.batch_size)
    }
    for member in params.members.values():
        found.setdefault(member.model.name, (member.model, 41, member.fit.batch_size))
    return found


def measure(params: Params, name: str, repeats: int, steps: int) -> list[float]:
    """Return clips a second of each repeat of `steps` training steps."""
    model, outputs, batch = networks(params)[name]
    settings = params.autoencoder.patches if name == "autoencoder" else next(iter(params.members.values())).patches
    bins = registry.load("features", params.features.kind_).n_bins(params.features.sr, **params.features.settings)
    assert isinstance(settings.frames, int)
    shape = (settings.frames, int(bins))
    backend.fresh(0)
    network = registry.function(model.kind(), model.name)(shape, outputs, **model.settings)
    loss = "mse" if name == "autoencoder" else "categorical_crossentropy"
    network.compile(optimizer="adamw", loss=loss, jit_compile=backend.compiled())
    random = np.random.default_rng(0)
    x = random.random((batch, *shape), dtype=np.float32)
    y = x if name == "autoencoder" else np.eye(outputs, dtype=np.float32)[random.integers(0, outputs, batch)]
    network.train_on_batch(x, y)
    network.train_on_batch(x, y)
    return [batch * steps_per_second(network, x, y, steps) for _ in range(repeats)]


def steps_per_second(network: Any, x: np.ndarray, y: np.ndarray, steps: int) -> float:
    """Time some training steps of a compiled network, on one batch."""
    begin = time.perf_counter()
    for _ in range(steps):
        loss = network.train_on_batch(x, y)
    float(np.asarray(loss))
    return steps / (time.perf_counter() - begin)


def main() -> None:
    """Measure every network of the preset and append the figures to `--out`."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--params", type=Path, required=True)
    parser.add_argument("--device", choices=["auto", "cpu", "gpu"], default="auto")
    parser.add_argument("--precision", choices=["auto", "float32", "mixed_bfloat16", "mixed_float16"], default="auto")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--steps", type=int, default=4)
    parser.add_argument("--machine", default=platform.processor() or platform.machine(), help="what to call it")
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results/throughput.csv"))
    arguments = parser.parse_args()
    machine = backend.configure(arguments.device, arguments.precision)
    params = load_params(arguments.params)
    rows: list[dict[str, Any]] = []
    for name in networks(params):
        rates = measure(params, name, arguments.repeats, arguments.steps)
        low, median, high = np.percentile(rates, [0, 50, 100]).round(1)
        row = {
            "preset": arguments.params.stem,
            "network": name,
            "machine": arguments.machine,
            "backend": machine.backend,
            "device": machine.device,
            "precision": machine.precision,
        }
        rows.append(row | {"clips_per_second": median, "low": low, "high": high, "repeats": len(rates)})
        print(f"{name}: {median} clips/s ({low} to {high}), {machine.device}, {machine.precision}", flush=True)
    before = pd.read_csv(arguments.out) if arguments.out.is_file() else pd.DataFrame()
    formats.write_table(arguments.out, pd.concat([before, pd.DataFrame(rows)], ignore_index=True))


if __name__ == "__main__":
    main()
