"""Do labels that Earmark promotes and corrects help? Its methods beside the field's, with the truth in hand.

Data sets x noise x rates x seeds x methods, 40% of the training labels verified. Kinds of row:

    judge      what a method says of each unverified label: precision and recall of what it keeps, AUROC
    logistic   the same logistic regression on the same fixed features, for methods that bring no network
    network    the same networks and number of training steps from new weights, on what each method makes of the labels
    continued  the same, but all go on from the weights of Earmark's judges, as the members of the presets do
    longer     from new weights, for as many steps in all as the judges and what goes on from them (only when asked for)

    python -m benchmarks.label_quality --data esc10 demo --root ../shared/data/esc10
    python -m benchmarks.label_quality --smoke --data demo --seeds 0 --rates 0.3

Rows are appended to `--out` as they are measured and skipped when they are there already, so that a run that was cut
off goes on. Each process trains on one thread; one process a core.
"""

import argparse
import os
import platform
import tempfile
from pathlib import Path
from typing import Any

import joblib

from benchmarks.common import parallel
from benchmarks.label_quality import results
from benchmarks.label_quality.job import KEYS, KINDS, RATES, ROWS, Job, rows_of


def main() -> None:
    """Measure what is missing, print the table, draw the figure."""
    at = _arguments()
    out = at.out or Path("benchmarks/results") / ("label_quality_smoke.csv" if at.smoke else "label_quality.csv")
    done = results.done(out, KEYS)
    wanted = (tuple(at.rows), tuple(at.networks) if at.networks else None)
    store = at.store or Path(tempfile.gettempdir()) / "earmark-label-quality"
    rates, roots = tuple(at.rates), {"esc10": at.root, "digits": at.digits_root}
    size = (1, 0, True) if at.smoke else (at.members, at.more_tests, False)
    todo = [
        Job(data, roots.get(data), kind, rates, seed, store, done, *wanted, *size)
        for seed in at.seeds
        for kind in at.kinds
        for data in at.data
    ]
    processes = min(at.processes or joblib.cpu_count(), len(todo))
    for row in parallel.measure(rows_of, todo, processes):
        results.append(out, row)
        print(_line(row), flush=True)
    print(
        f"\n{platform.processor() or platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}\n"
    )
    print(results.markdown(results.read(out)))
    results.figure(results.read(out), out.with_suffix(".png"))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        "python -m benchmarks.label_quality",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--data", nargs="+", default=["esc10", "demo"], help="presets, digits among them")
    parser.add_argument("--root", default="../shared/data/esc10", help="where ESC-10 lies")
    parser.add_argument("--digits-root", default="../shared/data/fsdd", help="where the spoken digits lie")
    parser.add_argument("--kinds", nargs="+", default=["within_family"], choices=KINDS)
    parser.add_argument("--rates", nargs="+", type=float, default=list(RATES))
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2, 3, 4])
    parser.add_argument("--rows", nargs="+", default=ROWS[:-1], choices=ROWS, help="which kinds of row")
    parser.add_argument("--networks", nargs="+", help="of network, continued and longer: which methods (default: all)")
    parser.add_argument("--members", type=int, default=2, help="networks a row, joined by their geometric mean")
    parser.add_argument("--more-tests", type=int, default=1800, help="clips that join the test split of the demo")
    parser.add_argument("--processes", type=int, help="default: one a core")
    parser.add_argument(
        "--smoke", action="store_true", help="small networks for a moment: shows that it runs, its figures say nothing"
    )
    parser.add_argument(
        "--store", type=Path, help="where trained networks are kept (default: below the temporary folder)"
    )
    parser.add_argument("--out", type=Path, help="CSV of all rows")
    return parser.parse_args()


def _line(row: dict[str, Any]) -> str:
    names = ("accuracy", "precision", "recall", "auroc")
    figures = ", ".join(f"{name} {row[name]:.3f}" for name in names if row.get(name) is not None)
    return (
        f"{row['dataset']} {row['kind']} {row['rate']:.0%}, seed {row['seed']}, {row['row']} {row['method']}: {figures}"
    )


if __name__ == "__main__":
    main()
