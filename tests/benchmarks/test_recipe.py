"""What settings of the networks are worth: what is changed is what trains, and each seed is compared with itself."""

import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from benchmarks import recipe
from pipeline.params.schema import load_params


@pytest.fixture
def judge(root: Path):
    return load_params(root / "presets" / "esc10.yaml").judges.network


def test_a_change_sets_its_keys_and_nothing_else(judge) -> None:
    found = recipe.changed(judge, "patches.frames=32 model.dropout=0.5 ema=null")
    assert (found.patches.frames, found.model.settings["dropout"], found.ema) == (32, 0.5, None)
    back = recipe.changed(found, f"patches.frames=96 model.dropout=0 ema={judge.ema}")
    assert back == judge == recipe.changed(judge, "")


@pytest.mark.parametrize("change", ["dropout", "mode.dropout=0.3", "fit.epochs.more=1"])
def test_a_change_of_nothing_is_refused(judge, change: str) -> None:
    with pytest.raises(SystemExit, match=r"expected key=value, with a key below `judges\.network`"):
        recipe.changed(judge, change)


def test_a_change_is_compared_with_the_preset_seed_by_seed() -> None:
    losses = {"": [0.5, 0.9, 0.7], "ema=0.9": [0.4, 0.7, None]}
    rows = pd.DataFrame(
        [
            dict(zip(recipe.KEYS, ("esc10", seed, change, "verified", 600), strict=True))
            | {"accuracy": 0.8, "log_loss": loss, "seconds": 1.0}
            for change, found in losses.items()
            for seed, loss in enumerate(found)
            if loss is not None
        ]
    )
    table = recipe.table(rows).droplevel(["dataset", "trained_on", "steps"])
    assert table.loc["", "better_by"] == 0
    assert table.loc["ema=0.9", ["seeds", "better_by"]].tolist() == [2, 0.15]
    assert table.loc["ema=0.9", "low"] < 0.15 < table.loc["ema=0.9", "high"]
    alone = recipe.table(rows[rows["change"] != ""])
    assert alone["better_by"].isna().all()


@pytest.mark.keras
@pytest.mark.slow
def test_a_run_measures_each_change_once(root: Path, shared: Path, tmp_path: Path) -> None:
    out = tmp_path / "recipe.csv"
    command = [sys.executable, "-m", "benchmarks.recipe", "--root", str(shared / "esc10"), "--seeds", "0"]
    command += ["--steps", "1", "--change", "", "model.width=4", "--store", str(tmp_path), "--out", str(out)]
    first = subprocess.run(command, cwd=root, text=True, capture_output=True, check=False)
    assert first.returncode == 0, first.stderr
    rows = pd.read_csv(out, keep_default_na=False)
    assert sorted(zip(rows["change"], rows["trained_on"], strict=True)) == [
        ("", "all true"),
        ("", "verified"),
        ("model.width=4", "all true"),
        ("model.width=4", "verified"),
    ]
    assert rows["accuracy"].between(0, 1).all()
    assert rows.groupby("trained_on")["log_loss"].nunique().eq(2).all()
    assert subprocess.run(command, cwd=root, capture_output=True, check=False).returncode == 0
    pd.testing.assert_frame_equal(pd.read_csv(out, keep_default_na=False), rows)
