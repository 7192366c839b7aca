"""The rows of `benchmarks.label_quality` that one data set, kind of noise and seed give.

Nothing here loads TensorFlow before a job begins (see `benchmarks.common.parallel`).
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

KINDS = ("within_family", "symmetric", "open_set")
RATES = (0.1, 0.2, 0.3, 0.4)
ROWS = ("judge", "logistic", "network", "continued", "longer")
KEYS = ["dataset", "kind", "rate", "seed", "row", "method"]
# Of a smoke run: small networks for a moment.
SMOKE = {
    "patches": {"crop": {"frames": 16, "test_crops": 1}},
    "network": {"width": 4, "depth": 1, "dense": 16},
    "autoencoder": {"network": {"width": 4, "depth": 1}, "latents": 16, "epochs": 1},
    "judges": {"network": {"epochs": 1, "unverified_epochs": 1}},
    "self_train": {"epochs": 1},
}


@dataclass(frozen=True)
class Job:
    """One data set, kind of noise and seed: all rates, one after the other, so that they share what they can."""

    dataset: str
    root: str | None
    kind: str
    rates: tuple[float, ...]
    seed: int
    store: Path
    done: frozenset[tuple[Any, ...]]
    rows: tuple[str, ...]
    networks: tuple[str, ...] | None
    members: int
    more_tests: int
    smoke: bool


def rows_of(job: Job) -> Iterator[dict[str, Any]]:
    """Yield the rows of a job that are not done yet."""
    from benchmarks.common import datasets
    from benchmarks.common.bench import Bench, computed
    from benchmarks.label_quality.methods import measure

    params = computed(load(job.dataset, smoke=job.smoke))
    clean = datasets.clean(params, job.root, job.seed, job.store, more_tests=job.more_tests)
    for rate in job.rates:
        data = datasets.noisy(clean, job.kind, rate, seed=job.seed)  # type: ignore[arg-type]
        bench = Bench(data, clean.params, job.store, job.members)
        for row, method in plan(job.rows, job.networks):
            keys = (job.dataset, job.kind, rate, job.seed, row, method)
            if keys in job.done:
                continue
            started = time.perf_counter()
            measured = measure(bench, row, method)
            seconds = round(time.perf_counter() - started, 1)
            yield dict(zip(KEYS, keys, strict=True)) | measured | {"seconds": seconds}


def plan(rows: tuple[str, ...], methods: tuple[str, ...] | None) -> list[tuple[str, str]]:
    """Return the rows of one noise and rate: judges first, they are cheap; `methods` limits the networks'."""
    from benchmarks.label_quality.methods import JUDGES, LOGISTIC
    from benchmarks.label_quality.networks import NETWORKS

    networks = {
        row: tuple(name for name in names if methods is None or name in methods) for row, names in NETWORKS.items()
    }
    every = {"judge": JUDGES, "logistic": LOGISTIC, **networks}
    return [(row, method) for row, names in every.items() if row in rows for method in names]


def load(preset: str, *, smoke: bool) -> Any:
    """Read a preset; for a smoke run with small networks, and with the fewest clips and folds that will do."""
    from pipeline.params.overlay import lay
    from pipeline.params.schema import Params, check
    from pipeline.presets import catalogue

    data = catalogue.settings(preset)
    if smoke:
        data = lay(data, SMOKE, Params)
        if data["dataset"]["name"] == "demo":
            data = lay(data, {"dataset": {"clips": 240}, "folds": 2}, Params)
    return check(Path(f"the preset {preset}"), data)
