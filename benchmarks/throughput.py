"""Clips a second that a preset's networks train on, with its own patch shapes, on this machine.

    python -m benchmarks.throughput --preset freesound2018-paper
    KERAS_BACKEND=torch python -m benchmarks.throughput --preset freesound2018-paper --device gpu

The data are noise in memory: this measures training steps, not decoding. Each network is compiled and warmed up
first, then timed several times; the figures are the median and the range of the repeats.
"""

import argparse
import platform
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from pipeline.files import formats
from pipeline.networks import backend
from pipeline.params import registry
from pipeline.params.networks import Network, Patches
from pipeline.params.schema import Params
from pipeline.params.training import AutoencoderNetwork
from pipeline.presets import catalogue

N_CLASSES = 41


@dataclass(frozen=True)
class Measured:
    """A network, and what it is trained on: so many outputs, clips a step, and patches."""

    network: Network | AutoencoderNetwork
    outputs: int
    batch_size: int
    patches: Patches


def networks(params: Params) -> dict[str, Measured]:
    """Return the autoencoder and each distinct network of the members, by the first member that has it."""
    auto = params.autoencoder
    found = {"autoencoder": Measured(auto.network, auto.latents, auto.training.batch_size, auto.patches)}
    for name, member in params.members.items():
        one = Measured(member.network, N_CLASSES, member.training.batch_size, member.patches)
        if one not in found.values():
            found[f"members.{name}"] = one
    return found


def measure(params: Params, one: Measured, repeats: int, steps: int) -> list[float]:
    """Return clips a second of each repeat of `steps` training steps."""
    bins = registry.load("features", params.features.name).n_bins(params.features.sr, **params.features.settings)
    shape, outputs, batch = (one.patches.n_frames, int(bins)), one.outputs, one.batch_size
    backend.fresh(0)
    plugin, encodes = one.network, isinstance(one.network, AutoencoderNetwork)
    network = registry.function(plugin.kind(), plugin.name)(shape, outputs, **plugin.settings)
    loss = "mse" if encodes else "categorical_crossentropy"
    network.compile(optimizer="adamw", loss=loss, jit_compile=backend.compiled())
    random = np.random.default_rng(0)
    x = random.random((batch, *shape), dtype=np.float32)
    y = x if encodes else np.eye(outputs, dtype=np.float32)[random.integers(0, outputs, batch)]
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
    parser.add_argument("--preset", required=True)
    parser.add_argument("--device", choices=["auto", "cpu", "gpu"], default="auto")
    parser.add_argument("--precision", choices=["auto", "float32", "mixed_bfloat16", "mixed_float16"], default="auto")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--steps", type=int, default=4)
    parser.add_argument("--machine", default=platform.processor() or platform.machine(), help="what to call it")
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results/throughput.csv"))
    arguments = parser.parse_args()
    machine = backend.configure(arguments.device, arguments.precision)
    params = catalogue.params(arguments.preset)
    rows: list[dict[str, Any]] = []
    for name, one in networks(params).items():
        rates = measure(params, one, arguments.repeats, arguments.steps)
        low, median, high = np.percentile(rates, [0, 50, 100]).round(1)
        row = {
            "preset": arguments.preset,
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
