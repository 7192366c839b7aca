"""Mutation testing: what can be changed in the modules that decide without a test noticing it.

    python -m benchmarks.mutants

mutmut changes one thing at a time (an operator, a number, a text, an argument, an assignment) in the functions of a
copy of the project and runs the tests that call the function: a mutant is killed if one fails. `[mutmut]` in setup.cfg
names the modules and their tests. The constants of a module are left as they are. What was not killed is printed.
"""

import argparse
import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

import pandas as pd

from pipeline.files import formats

ROOT = Path(__file__).parents[1]
NEEDED = ("pipeline", "benchmarks", "tests", "setup.cfg")
# Mutants are tested side by side, and on few rows threads wait for each other more than they compute.
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")


def mutmut(folder: Path, *words: str, quiet: bool = True) -> str:
    """Run a command of mutmut in `folder`; return what it says, unless that goes to the terminal.

    Raises:
        subprocess.CalledProcessError: it failed, for one because tests fail without any change.
    """
    out = subprocess.PIPE if quiet else None
    done = subprocess.run(
        ["mutmut", *words], cwd=folder, env=os.environ | ONE_THREAD, stdout=out, encoding="utf-8", check=True
    )
    return done.stdout or ""


def copy(folder: Path) -> None:
    """Put what the tests need into `folder`."""
    for name in NEEDED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, folder)


def parse(text: str) -> pd.DataFrame:
    """Return what `mutmut results` lists, a row a mutant: its name, its module and what became of it."""
    rows = [line.strip().split(": ") for line in text.splitlines() if "__mutmut_" in line]
    table = pd.DataFrame(rows, columns=["name", "status"])
    return table.assign(module=table["name"].str.rsplit(".", n=1).str[0])


def count(table: pd.DataFrame) -> pd.DataFrame:
    """Return a row a module; what was neither killed nor timed out has survived."""
    status = table["status"].map({"killed": "killed", "timeout": "timed out"}).fillna("survived")
    counts = pd.crosstab(table["module"], status).reindex(columns=["killed", "survived", "timed out"], fill_value=0)
    return counts.assign(mutants=counts.sum(axis=1))[["mutants", *counts.columns]].reset_index()


def change(diff: str) -> str:
    """Return the lines of `mutmut show` that were changed, before and after."""
    lines = diff.splitlines()
    return "\n".join(line for line in lines if line.startswith(("+", "-")) and line[:3] not in ("+++", "---"))


def main() -> None:
    """Test every mutant, print those that were not killed and write the counts to `--out`."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results/mutants.csv"))
    arguments = parser.parse_args()
    begin = time.perf_counter()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        copy(folder)
        mutmut(folder, "run", quiet=False)
        table = parse(mutmut(folder, "results", "--all", "True"))
        for row in table[table["status"] != "killed"].itertuples():
            print(f"\n{row.name}: {row.status}\n{change(mutmut(folder, 'show', str(row.name)))}")
    counts = count(table)
    minutes = (time.perf_counter() - begin) / 60
    print(f"\n{counts.to_string(index=False)}\n\n{len(table):,} mutants in {minutes:.0f} min")
    formats.write_table(arguments.out, counts)


if __name__ == "__main__":
    main()
