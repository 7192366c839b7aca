"""The bench from end to end with small networks: it runs, it goes on where it stopped, and its rows are whole."""

import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from benchmarks.label_quality import job

pytestmark = [pytest.mark.keras, pytest.mark.slow]


@pytest.fixture(scope="module")
def bench(root: Path, tmp_path_factory: pytest.TempPathFactory):
    pytest.importorskip("cleanlab")
    folder = tmp_path_factory.mktemp("bench")

    def run(*more: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "benchmarks.label_quality", "--smoke", "--data", "demo", "--seeds", "0"]
        command += ["--rates", "0.3", "--processes", "1", *more]
        command += ["--store", str(folder / "store"), "--out", str(folder / "rows.csv")]
        return subprocess.run(command, cwd=root, text=True, capture_output=True, check=False)

    run.rows = folder / "rows.csv"  # type: ignore[attr-defined]
    return run


def test_a_smoke_run_measures_every_method_once_and_goes_on_where_it_stopped(bench) -> None:
    started = ("judge", "logistic", "continued", "longer", "--networks", "verified only", "earmark")
    first = bench("--rows", *started)
    assert first.returncode == 0, first.stderr
    before = pd.read_csv(bench.rows)
    assert counts(before) == {"judge": 9, "logistic": 6, "continued": 2, "longer": 2}
    second = bench("--rows", "judge", "logistic", "network")
    assert second.returncode == 0, second.stderr
    rows = pd.read_csv(bench.rows)
    pd.testing.assert_frame_equal(rows.iloc[: len(before)], before)
    assert counts(rows) == counts(before) | {"network": 6}
    networks = rows[rows["row"].isin(["network", "continued", "longer"])]
    assert networks["accuracy"].between(0, 1).all()
    # the others take what steps Earmark takes, as nearly as whole epochs allow
    steps = networks.pivot_table("steps", "method", "row")
    assert steps[["network", "continued"]].max(axis=None) <= 1.35 * steps[["network", "continued"]].min(axis=None)
    assert steps.loc["verified only", "longer"] > 1.5 * steps.loc["verified only", "network"]
    accuracy = networks.pivot_table("accuracy", "method", "row")
    assert accuracy.loc["earmark", "longer"] == accuracy.loc["earmark", "continued"]
    judged = rows[rows["method"] == "both"].iloc[0]
    assert judged["noise_true"] == pytest.approx(0.3, abs=0.02)
    assert 0 <= judged["noise_estimate"] <= 1
    assert "| demo |" in second.stdout
    assert bench.rows.with_suffix(".png").is_file()


def counts(rows: pd.DataFrame) -> dict[str, int]:
    return rows["row"].value_counts().to_dict()


def test_without_a_choice_every_method_is_measured() -> None:
    pytest.importorskip("cleanlab")
    planned = pd.DataFrame(job.plan(job.ROWS, None), columns=["row", "method"])
    assert counts(planned) == {"judge": 9, "logistic": 6, "network": 6, "continued": 5, "longer": 4}
