"""What do rounds of self-training cost or bring, beside one round of as many steps? One network each, tested.

The judges of a preset are asked first, for fewer epochs than it has them so that it can be afforded: `--judge-epochs`
(40; 0: as the preset has them) and none with the sound of unverified clips. Then a network goes on from the weights of
one of them, on what is believed of each clip, with within-family noise at each rate: in one round, or in three with a
third of the epochs each, whose thresholds rise from 0.35 to 0.65. Ways differ in what a round selects, and in whether
the learning rate falls once over all rounds (`once`) or anew in each (`anew`).

    python -m benchmarks.rounds --data demo esc10 --seeds 0 1 2 3 4

Rows are appended to `--out` as they are measured and skipped when they are there already, whatever the judges' epochs:
name another `--out` for others.
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

from pipeline.params.schema import Params
from pipeline.params.training import Rounds

KEYS = ["dataset", "seed", "rate", "way"]
FIGURES = ["accuracy", "log_loss", "selected", "selected_right"]
RATES = (0.1, 0.3)
ONE = "one round"
_SOFT, _RELABEL = (
    Rounds.model_validate({"number": 3, "thresholds": {"lower": [0.35, 0.65]}, "select": select})
    for select in ("soft", "agree_or_relabel")
)
# The rounds, and whether one schedule is for all of them.
WAYS = {
    ONE: (Rounds(number=1), True),
    "soft, once": (_SOFT, True),
    "agree_or_relabel, once": (_RELABEL, True),
    "soft, anew": (_SOFT, False),
    "agree_or_relabel, anew": (_RELABEL, False),
}


@dataclass(frozen=True)
class Job:
    """One data set and seed: the judges are the same at every rate."""

    dataset: str
    root: str | None
    seed: int
    ways: tuple[str, ...]
    judge_epochs: int
    more_tests: int
    store: Path
    done: frozenset[tuple[Any, ...]]


def rows_of(job: Job) -> Iterator[dict[str, Any]]:
    """Yield the rows of a job that are not done yet."""
    from benchmarks.common import datasets
    from benchmarks.common.bench import Bench, computed
    from pipeline.presets import catalogue

    params = computed(judged_for(job.judge_epochs, catalogue.params(job.dataset)))
    clean = datasets.clean(params, job.root, job.seed, job.store, more_tests=job.more_tests)
    for rate in RATES:
        bench = Bench(datasets.noisy(clean, "within_family", rate, seed=job.seed), clean.params, job.store, 1)
        for way in job.ways:
            key = (job.dataset, job.seed, rate, way)
            if key not in job.done:
                yield dict(zip(KEYS, key, strict=True)) | _measured(bench, *WAYS[way])


def judged_for(epochs: int, params: Params) -> Params:
    """Return `params` with judges of `epochs` epochs and none with the sound of unverified clips; 0: as they are."""
    if not epochs:
        return params
    assert params.judges.network is not None
    network = params.judges.network.model_copy(update={"epochs": epochs, "unverified_epochs": 0})
    return params.model_copy(update={"judges": params.judges.model_copy(update={"network": network})})


def _measured(bench: Any, rounds: Rounds, once: bool) -> dict[str, float]:
    """Train one network and score it on the test clips; of what its last round selected, the share that is right."""
    import numpy as np
    from sklearn.metrics import log_loss

    from pipeline.files.checkpoints import Checkpoints
    from pipeline.members import self_training
    from pipeline.members.roles import split_clips
    from pipeline.networks.learner import KerasLearner
    from pipeline.probs import metrics

    data, settings = bench.data, bench.member
    weighed = bench.weighed("both")
    update = {"train_on": "posterior", "rounds": rounds, "epochs": settings.epochs // rounds.number}
    member = settings.model_copy(update=update)
    posterior = weighed.belief.posterior.astype(np.float32)
    split = split_clips(bench.clips, weighed.labels, posterior, bench.classes, data.features.ok, member)
    learner = KerasLearner(
        data.features,
        member,
        len(bench.classes),
        seed=bench.params.seed,
        name="bench",
        start=bench.judges[0],
        rounds=rounds.number if once else 1,
    )
    with tempfile.TemporaryDirectory(dir=bench.store) as scratch:
        state = self_training.run_rounds(
            split, member, learner, Checkpoints(Path(scratch) / "rounds", "rounds"), say=lambda line: None
        )
    assert state.probs is not None
    asked = metrics.scored(state.probs, data.test_target)
    answers = state.probs[asked].astype(np.float64)
    answers /= answers.sum(axis=1, keepdims=True)
    last = state.selections[state.selections["round"] == rounds.number]
    return {
        "accuracy": metrics.accuracy(state.probs, data.test_target),
        "log_loss": float(log_loss(data.test_target[asked], answers, labels=np.arange(len(bench.classes)))),
        "selected": len(last) / max(1, int(split.pool.sum())),
        "selected_right": float((last["target"].to_numpy() == data.truth[last["row"].to_numpy()]).mean()),
    }


def main() -> None:
    """Measure what is missing, and print the differences from one round over seeds and rates."""
    import pandas as pd

    from benchmarks.common import parallel
    from pipeline.files import formats

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", nargs="+", default=["demo", "esc10"], choices=["demo", "esc10"])
    parser.add_argument("--root", default="../shared/data/esc10", help="where ESC-10 lies")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2, 3, 4])
    parser.add_argument("--ways", nargs="+", default=list(WAYS)[:3], choices=list(WAYS))
    parser.add_argument("--judge-epochs", type=int, default=40, help="of the judges; 0: as the preset has them")
    parser.add_argument("--more-tests", type=int, default=720, help="clips of another draw that test the demo too")
    parser.add_argument("--processes", type=int, default=joblib.cpu_count())
    parser.add_argument("--store", type=Path, default=Path(tempfile.gettempdir()) / "earmark-label-quality")
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results/rounds.csv"))
    at = parser.parse_args()
    rows = pd.read_csv(at.out) if at.out.is_file() else pd.DataFrame(columns=KEYS)
    done = frozenset(rows[KEYS].itertuples(index=False, name=None))
    todo = [
        Job(
            name,
            at.root if name == "esc10" else None,
            seed,
            tuple(at.ways),
            at.judge_epochs,
            at.more_tests,
            at.store,
            done,
        )
        for seed in at.seeds
        for name in at.data
    ]
    for row in parallel.measure(rows_of, todo, min(at.processes, len(todo))):
        rows = pd.concat([rows, pd.DataFrame([row])], ignore_index=True)
        formats.write_table(at.out, rows)
        told = (f"{name} {value:.3f}" if name in FIGURES else f"{value}" for name, value in row.items())
        print(", ".join(told), flush=True)
    print(f"\n{platform.processor() or platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    print(table(rows).to_string())


def table(rows: Any) -> Any:
    """Return, a row a data set and way, the means over seeds and rates, and the mean difference from one round.

    `points`, `low` and `high`: that difference, at the same seed and rate, and its 95% interval by Student's t over the
    seeds, whose rates are joined first; NaN where one round was not measured.
    """
    import pandas as pd

    from benchmarks.common.stats import interval

    found = []
    for dataset, part in rows.groupby("dataset", sort=False):
        wide = part.pivot_table("accuracy", ["seed", "rate"], "way").reindex(columns=list(WAYS))
        for way in [name for name in WAYS if part["way"].eq(name).any()]:
            own = part[part["way"] == way]
            ahead = (wide[way] - wide[ONE]).groupby("seed").mean().to_numpy()
            low, mean, high = (100 * value for value in interval(ahead))
            line = {"dataset": dataset, "way": way, "seeds": own["seed"].nunique()}
            line |= {name: round(own[name].mean(), 3) for name in FIGURES}
            found.append(line | {"points": round(mean, 2), "low": round(low, 2), "high": round(high, 2)})
    return pd.DataFrame(found)


if __name__ == "__main__":
    main()
