"""How good the training recipe itself is, and how steady, with every label of ESC-10 true.

Every seed trains the members of the preset `esc10` on four official folds and tests them on the fifth, five times, so
that it is scored on all 400 clips; seeds differ in weights and batches alone. There is nothing to judge and
nothing to select, so that all begin with new weights and train in one round of as many steps.

    python -m benchmarks.steadiness --root ../shared/data/esc10 --seeds 0 1 2 3 4

Rows are appended to `--out` as they are measured and skipped when they are there already.
"""

import argparse
import os
import platform
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import joblib

KEYS = ["seed", "fold", "method"]
# What a seed draws stays what it was when members were called otherwise.
_DRAWS = {"one": "small", "two": "second"}


@dataclass(frozen=True)
class Job:
    """One seed and test fold."""

    root: str
    seed: int
    fold: int
    members: tuple[str, ...]
    store: Path


def rows_of(job: Job) -> Iterator[dict[str, Any]]:
    """Train the members and score each of them and their ensemble on the test fold."""
    import numpy as np

    from benchmarks.common import datasets
    from pipeline.networks import backend, patches
    from pipeline.networks.learner import KerasLearner
    from pipeline.presets import catalogue
    from pipeline.probs import metrics
    from pipeline.probs.pooling import combine

    backend.configure("cpu", "float32")
    params = catalogue.params("esc10")
    clean = datasets.clean(params, job.root, job.fold, job.store)
    given = np.array([clean.classes.index(name) for name in clean.table["label"]])
    test = (clean.table["split"] == "test").to_numpy()
    rows, hot = np.flatnonzero(~test), np.eye(len(clean.classes))
    target, probs = np.where(test, given, -1), []
    for name in job.members:
        member = params.members[name]
        resolved = patches.resolve(clean.features, member.patches, ~test)
        epochs = member.epochs * member.rounds.number
        member = member.model_copy(update={"patches": resolved, "epochs": epochs})
        drawn = _DRAWS.get(name, name)
        learner = KerasLearner(clean.features, member, len(clean.classes), seed=job.seed, name=drawn)
        learner.fit(1, rows, hot[given[rows]], np.zeros(len(rows), bool))
        probs.append(learner.predict())
        yield {"seed": job.seed, "fold": job.fold, "method": name, "accuracy": metrics.accuracy(probs[-1], target)}
    if len(probs) > 1:
        joined = combine(probs, method="geometric")
        yield {"seed": job.seed, "fold": job.fold, "method": "ensemble", "accuracy": metrics.accuracy(joined, target)}


def main() -> None:
    """Measure what is missing and print mean and spread."""
    import pandas as pd

    from benchmarks.common import parallel
    from pipeline.files import formats

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", default="../shared/data/esc10")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2, 3, 4])
    parser.add_argument("--members", nargs="+", default=["one", "two"], help="of the preset esc10")
    parser.add_argument("--processes", type=int, default=joblib.cpu_count())
    parser.add_argument("--store", type=Path, default=Path(tempfile.gettempdir()) / "earmark-label-quality")
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results/steadiness.csv"))
    at = parser.parse_args()
    rows = pd.read_csv(at.out) if at.out.is_file() else pd.DataFrame(columns=KEYS)
    last = at.members[0] if len(at.members) == 1 else "ensemble"
    whole = rows[rows["method"] == last]
    done = set(zip(whole["seed"], whole["fold"], strict=True))
    todo = [
        Job(at.root, seed, fold, tuple(at.members), at.store)
        for seed in at.seeds
        for fold in range(5)
        if (seed, fold) not in done
    ]
    for row in parallel.measure(rows_of, todo, at.processes) if todo else []:
        rows = pd.concat([rows, pd.DataFrame([row])], ignore_index=True).drop_duplicates(KEYS, keep="last")
        formats.write_table(at.out, rows)
        print(f"seed {row['seed']}, fold {row['fold'] + 1}, {row['method']}: {row['accuracy']:.4f}", flush=True)
    seeds = rows.groupby(["method", "seed"])["accuracy"].agg(["mean", "count"]).query("count == 5").reset_index()
    table = (100 * seeds.groupby("method")["mean"].agg(["mean", "std", "min", "max"])).round(2)
    print(f"\n{platform.processor() or platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    print(table.assign(seeds=seeds.groupby("method")["seed"].count()).to_string())


if __name__ == "__main__":
    main()
