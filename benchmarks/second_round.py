"""How many epochs with the sound of unverified clips do the judges need? What they are worth to the belief.

The judges of a preset, once trained on the verified clips, go on for each of `--epochs` (their `unverified_epochs`; 0:
they do not). Scored are the unverified clips that are of a class, within-family noise at each rate: the log loss of
what is believed of them, and precision and recall of what is promoted. By default on seeds of the demo that the tables
of `benchmarks.label_quality` do not rest on.

    python -m benchmarks.second_round --data demo --seeds 10 11 --epochs 0 8 16 24

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

from benchmarks.label_quality.job import RATES

KEYS = ["dataset", "seed", "epochs", "rate"]
FIGURES = ["log_loss", "precision", "recall"]


@dataclass(frozen=True)
class Job:
    """One data set and seed: round 1 is trained once for all numbers of epochs."""

    dataset: str
    root: str | None
    seed: int
    epochs: tuple[int, ...]
    store: Path
    done: frozenset[tuple[Any, ...]]


def rows_of(job: Job) -> Iterator[dict[str, Any]]:
    """Yield the rows of a job that are not done yet."""
    from benchmarks.common import datasets
    from benchmarks.common.bench import Bench, computed
    from pipeline.judges.network import cross_fitting
    from pipeline.presets import catalogue

    params = computed(catalogue.params(job.dataset))
    clean = datasets.clean(params, job.root if job.dataset == "esc10" else None, job.seed, job.store)
    benches = {
        rate: Bench(datasets.noisy(clean, "within_family", rate, seed=job.seed), clean.params, job.store, 1)
        for rate in RATES
    }
    one = benches[RATES[0]]
    first: dict[str, cross_fitting.Answer] = {}
    for epochs in job.epochs:
        left = [rate for rate in RATES if (job.dataset, job.seed, epochs, rate) not in job.done]
        if not left:
            continue
        settings = one.judge.model_copy(update={"unverified_epochs": epochs})
        fit = one.fit(settings)

        def once(lesson: cross_fitting.Lesson, fit: cross_fitting.FitAndScore = fit) -> cross_fitting.Answer:
            if lesson.start is not None:
                return fit(lesson)
            if lesson.name not in first:
                first[lesson.name] = fit(lesson)
            return first[lesson.name]

        # No given label of an unverified clip is read, so that all noise rates have the same judges.
        judged = one.judge_by(settings, once).probs
        for rate in left:
            yield dict(zip(KEYS, (job.dataset, job.seed, epochs, rate), strict=True)) | _scores(benches[rate], judged)


def _scores(bench: Any, judged: Any) -> dict[str, float]:
    import numpy as np
    from sklearn.metrics import log_loss

    from benchmarks.common import peers

    weighed = bench.weighed("both", judged)
    belief, labels = weighed.belief, weighed.labels
    data = bench.data
    known = data.unverified & (data.truth >= 0)
    sure = labels["promoted"].to_numpy(bool)
    kept = peers.judge_scores(sure.astype(float), sure, data.given, data.truth, data.unverified)
    loss = log_loss(data.truth[known], belief.posterior[known], labels=np.arange(len(data.classes)))
    return {"log_loss": float(loss), "precision": kept["precision"], "recall": kept["recall"]}


def main() -> None:
    """Measure what is missing and print the means over seeds."""
    import pandas as pd

    from benchmarks.common import parallel
    from pipeline.files import formats

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", nargs="+", default=["demo"], choices=["demo", "esc10"])
    parser.add_argument("--root", default="../shared/data/esc10", help="where ESC-10 lies")
    parser.add_argument("--seeds", type=int, nargs="+", default=[10, 11])
    parser.add_argument("--epochs", type=int, nargs="+", default=[0, 8, 16, 24])
    parser.add_argument("--processes", type=int, default=joblib.cpu_count())
    parser.add_argument("--store", type=Path, default=Path(tempfile.gettempdir()) / "earmark-label-quality")
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results/second_round.csv"))
    at = parser.parse_args()
    rows = pd.read_csv(at.out) if at.out.is_file() else pd.DataFrame(columns=KEYS)
    done = frozenset(rows[KEYS].itertuples(index=False, name=None))
    todo = [Job(data, at.root, seed, tuple(at.epochs), at.store, done) for data in at.data for seed in at.seeds]
    for row in parallel.measure(rows_of, todo, min(at.processes, len(todo))):
        rows = pd.concat([rows, pd.DataFrame([row])], ignore_index=True)
        formats.write_table(at.out, rows)
        print(", ".join(f"{name} {value:.4g}" if name in FIGURES else f"{value}" for name, value in row.items()))
    print(f"\n{platform.processor() or platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    print(rows.pivot_table(FIGURES, ["dataset", "epochs"], "rate").round(4).to_string())


if __name__ == "__main__":
    main()
