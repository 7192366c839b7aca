"""What TensorFlow's fused kernel saves: a training step of a preset's first member, with and without.

    python -m benchmarks.normalisation --preset demo

The same network three times: with Keras' own BatchNormalization, with ours, and without any. They take turns, so that
whatever else the machine does hits all; the figures are ratios of each turn, their median and quartiles. The data are
noise in memory.
"""

import argparse
import platform
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import pandas as pd

from benchmarks.throughput import steps_per_second
from pipeline.files import formats
from pipeline.networks import backend, building
from pipeline.params.schema import Params
from pipeline.plugins.models import _blocks
from pipeline.presets import catalogue

N_CLASSES = 12


def _layers() -> dict[str, Callable[[str], Any]]:
    import keras  # once the backend is set, which keeps what TensorFlow says as it loads off the terminal

    return {
        "Keras' own": lambda norm: keras.layers.BatchNormalization(momentum=0.9),
        "fused": _blocks.normalisation,
        "none": lambda norm: lambda x: x,
    }


def measure(params: Params, repeats: int, steps: int) -> dict[str, np.ndarray]:
    """Return float64 (repeats,), steps a second, of the network with each kind of normalisation."""
    member = next(iter(params.members.values()))
    random = np.random.default_rng(0)
    x = random.random((member.training.batch_size, member.patches.n_frames, 64), dtype=np.float32)
    y = np.eye(N_CLASSES, dtype=np.float32)[random.integers(0, N_CLASSES, len(x))]
    networks = {}
    for name, layer in _layers().items():
        with patch.object(_blocks, "normalisation", layer):
            networks[name] = building.rebuild(member.network.name, member.network.settings, x.shape[1:], N_CLASSES)
        networks[name].compile(optimizer="adamw", loss="categorical_crossentropy", jit_compile=backend.compiled())
        networks[name].train_on_batch(x, y)
    turns = [[steps_per_second(network, x, y, steps) for network in networks.values()] for _ in range(repeats)]
    return dict(zip(networks, np.array(turns).T, strict=True))


def main() -> None:
    """Measure, print, and write `--out`."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--preset", default="demo")
    parser.add_argument("--repeats", type=int, default=30)
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--machine", default=platform.processor() or platform.machine(), help="what to call it")
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results/normalisation.csv"))
    at = parser.parse_args()
    backend.configure("cpu", "float32", threads=1)
    found = measure(catalogue.params(at.preset), at.repeats, at.steps)
    rows = []
    for name, rate in found.items():
        low, median, high = np.percentile(found["Keras' own"] / rate, [25, 50, 75]).round(3)
        print(f"{name}: a step takes {median} times as long as with Keras' own ({low} to {high})")
        row = {"preset": at.preset, "machine": at.machine, "normalisation": name, "repeats": len(rate)}
        rows.append(row | {"time": median, "low": low, "high": high})
    formats.write_table(at.out, pd.DataFrame(rows))


if __name__ == "__main__":
    main()
