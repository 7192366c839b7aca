"""What are settings of the networks worth? One network on few clips and on many, scored on the clips it never heard.

A network of the judges, changed as each `--change` says (keys below `judges.network`; an empty one is the preset as it
is), is trained from new weights for `--steps` steps: on the verified clips alone (40%), and scored on all other clips;
on all training clips with their true labels, and scored on the test clips. By default on draws of ESC-10 that the
tables of `benchmarks.label_quality` do not rest on; its 400 clips are the same.

    python -m benchmarks.recipe --change "" "network.dropout=0.3" "patches.crop.frames=64"

Rows are appended to `--out` as they are measured and skipped when they are there already.
"""

import argparse
import json
import os
import platform
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import joblib

KEYS = ["dataset", "seed", "change", "trained_on", "steps"]
FIGURES = ["accuracy", "log_loss", "seconds"]
TRAINED_ON = ("verified", "all true")


@dataclass(frozen=True)
class Job:
    """One data set and seed."""

    dataset: str
    root: str | None
    seed: int
    changes: tuple[str, ...]
    steps: int
    store: Path
    done: frozenset[tuple[Any, ...]]


def rows_of(job: Job) -> Iterator[dict[str, Any]]:
    """Yield the rows of a job that are not done yet."""
    from benchmarks.common import datasets
    from benchmarks.common.bench import computed
    from pipeline.presets import catalogue

    params = computed(catalogue.params(job.dataset))
    clean = datasets.clean(params, job.root, job.seed, job.store)
    # Only who is verified is read: neither the kind of noise nor its rate matters.
    data = datasets.noisy(clean, "within_family", 0.3, seed=job.seed)
    for change in job.changes:
        for trained_on in TRAINED_ON:
            key = (job.dataset, job.seed, change, trained_on, job.steps)
            if key not in job.done:
                yield dict(zip(KEYS, key, strict=True)) | _score(
                    data, changed(params.judges.network, change), trained_on, job
                )


def changed(judge: Any, change: str) -> Any:
    """Return the section `judge` with the keys of `change`, such as `network.dropout=0.1 training.keep=last`, set.

    Raises:
        SystemExit: a part is no `key=value`, or no key of the section.
    """
    from pipeline.params.training import Judge

    found = judge.model_dump()
    for part in change.split():
        name, equals, value = part.partition("=")
        *path, last = name.split(".")
        place = found
        for step in path:
            place = place.get(step) if isinstance(place, dict) else None
        if not equals or not isinstance(place, dict):
            raise SystemExit(
                f"--change: found {part!r}, expected key=value, with a key below `judges.network` of params.yaml"
            )
        place[last] = _value(value)
    return Judge.model_validate(found)


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _score(data: Any, judge: Any, trained_on: str, job: Job) -> dict[str, float]:
    import time

    import numpy as np
    from sklearn.metrics import log_loss

    from pipeline.judges.network import fitted
    from pipeline.judges.network.cross_fitting import Lesson
    from pipeline.networks import patches

    heard = data.verified if trained_on == "verified" else data.train
    rows, asked = np.flatnonzero(heard), np.flatnonzero(~heard & data.features.ok)
    epochs = max(1, round(job.steps / -(-len(rows) // judge.training.batch_size)))
    judge = judge.model_copy(update={"epochs": epochs})
    classes = np.arange(len(data.classes))
    judge = judge.model_copy(update={"patches": patches.resolve(data.features, judge.patches, data.train)})
    fit = fitted.fit_and_score(data.features, judge, len(classes), seed=job.seed)
    begun = time.perf_counter()
    targets = np.eye(len(classes))[data.truth[rows]]
    probs = fit(Lesson(rows, targets, np.zeros(len(rows), bool), asked, "recipe")).probs
    truth = data.truth[asked]
    return {
        "accuracy": float((probs.argmax(axis=1) == truth).mean()),
        "log_loss": float(log_loss(truth, probs, labels=classes)),
        "seconds": round(time.perf_counter() - begun, 1),
    }


def main() -> None:
    """Measure what is missing and print the means over seeds, and the differences from the preset."""
    import pandas as pd

    from benchmarks.common import parallel
    from pipeline.files import formats

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", default="esc10", choices=["demo", "digits", "esc10"])
    parser.add_argument("--root", default="../shared/data/esc10", help="where ESC-10 lies")
    parser.add_argument("--digits-root", default="../shared/data/fsdd", help="where the spoken digits lie")
    parser.add_argument("--seeds", type=int, nargs="+", default=[15, 16, 17, 18, 19])
    parser.add_argument(
        "--change", nargs="+", default=[""], help='settings below `judges.network`, "key=value key=value"'
    )
    parser.add_argument("--steps", type=int, default=600)
    parser.add_argument("--processes", type=int, default=joblib.cpu_count())
    parser.add_argument("--store", type=Path, default=Path(tempfile.gettempdir()) / "earmark-label-quality")
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results/recipe.csv"))
    at = parser.parse_args()
    rows = pd.read_csv(at.out, keep_default_na=False) if at.out.is_file() else pd.DataFrame(columns=KEYS)
    done = frozenset(rows[KEYS].itertuples(index=False, name=None))
    root = {"esc10": at.root, "digits": at.digits_root}.get(at.data)
    todo = [Job(at.data, root, seed, tuple(at.change), at.steps, at.store, done) for seed in at.seeds]
    for row in parallel.measure(rows_of, todo, min(at.processes, len(todo))):
        rows = pd.concat([rows, pd.DataFrame([row])], ignore_index=True)
        formats.write_table(at.out, rows)
        print(", ".join(f"{name} {value:.3f}" if name in FIGURES else f"{value}" for name, value in row.items()))
    print(f"\n{platform.processor() or platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    print(table(rows).to_string())


def table(rows: Any) -> Any:
    """Return, a row a data set, kind of training and change: means over seeds, and differences from the preset.

    `better_by` is how much lower the log loss is than the preset's on the same seed, in nats, with the ends of its 95%
    interval by Student's t over the seeds that both have; NaN where the preset was not measured.
    """
    import numpy as np
    import pandas as pd

    from benchmarks.common.stats import interval

    setting, found = ["dataset", "trained_on", "steps"], []
    for values, part in rows.groupby(setting, sort=False):
        loss = part.pivot_table("log_loss", "seed", "change")
        for change, own in part.groupby("change", sort=False):
            gain = loss[""] - loss[change] if "" in loss else loss[change] * np.nan
            low, mean, high = interval(gain.to_numpy())
            line = dict(zip(setting, values, strict=True)) | {"change": change, "seeds": len(own)}
            line |= {name: own[name].mean() for name in FIGURES}
            found.append(line | {"better_by": mean, "low": low, "high": high})
    return pd.DataFrame(found).set_index([*setting, "change"]).round(3)


if __name__ == "__main__":
    main()
