"""The bench from end to end with two epochs a network: it runs, it goes on where it stopped, and its rows are whole."""

import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

ROWS = ("judge", "logistic", "network", "continued", "longer")
ENDS = ("verified only", "all as given", "oracle")

pytestmark = [pytest.mark.keras, pytest.mark.slow]


@pytest.fixture(scope="module")
def bench(root: Path, tmp_path_factory: pytest.TempPathFactory):
    pytest.importorskip("cleanlab")
    folder = tmp_path_factory.mktemp("bench")

    def run(*more: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "benchmarks.label_quality", "--smoke", "--data", "demo", "--seeds", "0"]
        command += ["--store", str(folder / "store"), "--out", str(folder / "rows.csv"), "--processes", "1", *more]
        return subprocess.run(command, cwd=root, text=True, capture_output=True, check=False)

    run.rows = folder / "rows.csv"  # type: ignore[attr-defined]
    return run


def test_a_smoke_run_measures_every_method_once_and_goes_on_where_it_stopped(bench) -> None:
    first = bench("--rates", "0.3", "--rows", *ROWS)
    assert first.returncode == 0, first.stderr
    rows = pd.read_csv(bench.rows)
    counts = rows["row"].value_counts().to_dict()
    assert counts == {"judge": 9, "logistic": 6, "network": 6, "continued": 5, "longer": 4}
    networks = rows[rows["row"].isin(["network", "continued", "longer"])]
    assert networks["accuracy"].between(0, 1).all()
    # verified only, all as given and the oracle take what steps Earmark takes, as nearly as whole epochs allow
    steps = networks.pivot_table("steps", "method", "row")
    assert steps[["network", "continued"]].max(axis=None) <= 1.35 * steps[["network", "continued"]].min(axis=None)
    assert (steps.loc[list(ENDS), "longer"] > 1.5 * steps.loc[list(ENDS), "network"]).all()
    accuracy = networks.pivot_table("accuracy", "method", "row")
    assert accuracy.loc["earmark", "longer"] == accuracy.loc["earmark", "continued"]
    judged = rows[rows["method"] == "both"].iloc[0]
    assert judged["noise_true"] == pytest.approx(0.3, abs=0.02)
    assert 0 <= judged["noise_estimate"] <= 1
    assert "| demo |" in first.stdout
    assert bench.rows.with_suffix(".png").is_file()
    again = bench("--rates", "0.3", "--rows", *ROWS)
    assert again.returncode == 0, again.stderr
    pd.testing.assert_frame_equal(pd.read_csv(bench.rows), rows)
