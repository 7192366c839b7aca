"""A long run, killed every minute or so and started again, is to end as one that was left alone.

    python -m benchmarks.soak --minutes 30 --every 60 --rounds 30

The demo, with one member that trains in `--rounds` rounds, runs once undisturbed while the memory of its stages is
sampled every second. Then it runs anew, lap after lap, while at random times of mean `--every` seconds someone is hit:
all of its processes, DVC alone (its stage may live on as an orphan), or the stage alone. After each kill `dvc repro`
is started again at once; where it is refused because an orphan is still at work, it is tried again later. When
`--minutes` are over, the last lap is left to come to its end. Each lap has to end with the files of the undisturbed
run, byte for byte.

Kills, refusals and laps go to `--out`, a row each; memory goes beside it as `*_memory.csv` and `*_memory.png`. The
exit code is 1 if a lap differs, a run fails of itself, or a lap cannot be finished.
"""

import argparse
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.soak import memory, process, project
from benchmarks.soak.compare import checksums, compare
from benchmarks.soak.lap import Clock, Lap, last_error
from benchmarks.soak.process import TRAINING, round_reached, rounds_again, rounds_in
from benchmarks.soak.table import COLUMNS, markdown
from pipeline.files import formats
from pipeline.seeding import rng

ROOT = Path(__file__).resolve().parents[2]
SAMPLE = 1.0  # seconds
Note = Callable[[dict[str, Any]], None]


def undisturbed(lap: Lap) -> pd.DataFrame:
    """Run to the end; return a row a sample: seconds, stage, round (the one under way), mb.

    Raises:
        SystemExit: the run fails.
    """
    attempt, begun, rows = lap.start(), time.monotonic(), []
    while attempt.code is None:
        time.sleep(SAMPLE)
        now = lap.alive()
        mb = process.memory(set(now.sessions) - {attempt.session})
        for stage in now.stages.values():
            rows.append((round(time.monotonic() - begun, 1), stage, round_reached(attempt.text) + 1, round(mb, 1)))
    if attempt.code:
        sys.exit(f"error: the undisturbed run failed: {last_error(attempt.text)}; see {attempt.log}")
    return pd.DataFrame(rows, columns=["seconds", "stage", "round", "mb"])


def disturbed(folder: Path, number: int, clock: Clock, random: np.random.Generator, note: Note) -> bool:
    """Run lap `number`, note what happens in it, and say whether it ended as the undisturbed run did.

    What differs is printed, and the lap's folder kept; one that is the same is removed.
    """
    here, begun = folder / f"lap-{number}", time.monotonic()
    project.fresh(folder / "snapshot", here)
    with _left_none(Lap(here, folder / "logs" / here.name, note)) as lap:
        ended = lap.run(clock, random)
    again = rounds_again(lap.said)
    row = {
        "record": "lap",
        "ended": ended,
        "took": round(time.monotonic() - begun),
        "rounds": sum(len(rounds_in(said)) for said in lap.said),
        "rounds_again": again,
    }
    if not ended:
        note(row)
        return False
    differing = compare(folder / "undisturbed", here)
    for file, what, largest in differing.itertuples(index=False):
        print(f"lap {number}: {file} {what}, its numbers by {largest:g}", flush=True)
    largest = differing["largest"].max() if len(differing) else 0.0
    note(row | {"files": len(checksums(here)), "differing": len(differing), "largest": largest})
    if differing.empty:
        shutil.rmtree(here)
    return differing.empty


def soak(at: argparse.Namespace, folder: Path) -> bool:
    """Do the whole of it in `folder`, write and print what came of it, and say whether all went well."""
    project.snapshot(ROOT, folder / "snapshot", rounds=at.rounds, clips=at.clips)
    project.fresh(folder / "snapshot", folder / "undisturbed")
    begun, number, rows = time.monotonic(), 0, []

    def note(row: dict[str, Any]) -> None:
        rows.append({"lap": number, "seconds": round(time.monotonic() - begun)} | row)
        print(", ".join(f"{key} {value}" for key, value in rows[-1].items()), flush=True)
        formats.write_table(at.out, pd.DataFrame(rows, columns=list(COLUMNS)))

    with _left_none(Lap(folder / "undisturbed", folder / "logs" / "undisturbed", note)) as lap:
        samples = undisturbed(lap)
    note({"record": "undisturbed", "ended": True, "took": round(time.monotonic() - begun)})
    trained = samples[(samples["stage"] == TRAINING) & (samples["round"] <= at.rounds)]
    by_round = memory.by_round(trained)
    formats.write_table(at.out.with_name(f"{at.out.stem}_memory.csv"), by_round)
    memory.figure(trained, at.out.with_name(f"{at.out.stem}_memory.png"))
    random, well = rng(at.seed, "soak"), True
    clock = Clock(random, every=at.every, seconds=60 * at.minutes)
    while number == 0 or not clock.over:
        number += 1
        well &= disturbed(folder, number, clock, random, note)
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    print(markdown(table, samples, memory.slope(by_round)))
    return well and not table["record"].eq("failed").any()


@contextmanager
def _left_none(lap: Lap) -> Iterator[Lap]:
    """Leave nothing of a lap running, whatever happens."""
    try:
        yield lap
    finally:
        lap.stop()


@contextmanager
def _workplace(given: Path | None) -> Iterator[Path]:
    """Yield an empty folder: the one that is given, which stays, or one that goes."""
    if given is None:
        with tempfile.TemporaryDirectory(prefix="earmark-soak-") as name:
            yield Path(name)
    else:
        given.mkdir(parents=True, exist_ok=True)
        if any(given.iterdir()):
            sys.exit(f"error: --folder {given}: is not empty; name another or empty it")
        yield given.resolve()


def main() -> None:
    """Run the soak and write `--out`; exit with 1 if anything went wrong."""
    parser = argparse.ArgumentParser(
        "python -m benchmarks.soak", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--minutes", type=float, default=30, help="how long there are kills")
    parser.add_argument("--every", type=float, default=60, help="seconds from one kill to the next, on average")
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--clips", type=int, default=720)
    parser.add_argument("--seed", type=int, default=0, help="of when who is hit")
    parser.add_argument("--folder", type=Path, help="where to run; it stays (default: a temporary one)")
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results/soak.csv"))
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))  # as Ctrl-C: nothing is left running
    with _workplace(arguments.folder) as folder:
        well = soak(arguments, folder)
    sys.exit(0 if well else 1)


if __name__ == "__main__":
    main()
