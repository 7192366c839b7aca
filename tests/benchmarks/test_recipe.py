"""What settings of the networks are worth: what is changed is what trains, and each seed is compared with itself."""

import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from benchmarks import recipe
from pipeline.presets import catalogue


@pytest.fixture
def judge():
    return catalogue.params("esc10").judges.network


def test_a_change_sets_its_keys_and_nothing_else(judge) -> None:
    found = recipe.changed(judge, "patches.crop.frames=32 network.dropout=0.5 training.keep.average=0.95")
    assert (found.patches.frames, found.network.settings["dropout"], found.training.keep.average) == (32, 0.5, 0.95)
    back = f"patches.crop.frames=96 network.dropout=0 training.keep.average={judge.training.keep.average}"
    assert recipe.changed(found, back) == judge == recipe.changed(judge, "")


def test_another_choice_takes_the_place_of_the_one_that_was_made(judge) -> None:
    found = recipe.changed(judge, 'training.keep=last patches={"resize":{"frames":32}}')
    assert (found.training.keep.chosen, found.patches.chosen, found.patches.frames) == ("last", "resize", 32)


@pytest.mark.parametrize("change", ["dropout", "model.dropout=0.3", "epochs.more=1"])
def test_a_change_of_nothing_is_refused(judge, change: str) -> None:
    with pytest.raises(SystemExit, match=r"expected key=value, with a key below `judges\.network`"):
        recipe.changed(judge, change)


def test_a_change_is_compared_with_the_preset_seed_by_seed() -> None:
    losses = {"": [0.5, 0.9, 0.7], "training.keep.average=0.9": [0.4, 0.7, None]}
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
    assert table.loc["training.keep.average=0.9", ["seeds", "better_by"]].tolist() == [2, 0.15]
    assert table.loc["training.keep.average=0.9", "low"] < 0.15 < table.loc["training.keep.average=0.9", "high"]
    alone = recipe.table(rows[rows["change"] != ""])
    assert alone["better_by"].isna().all()


@pytest.fixture
def few(shared: Path, tmp_path: Path) -> Path:
    """Two clips of each class and fold of ESC-10."""
    table = pd.read_csv(shared / "esc10" / "meta" / "esc50.csv", dtype=str)
    table = table[table["esc10"] == "True"].groupby(["category", "fold"]).head(2)
    root = tmp_path / "few"
    for folder in ("meta", "audio"):
        (root / folder).mkdir(parents=True)
    table.to_csv(root / "meta" / "esc50.csv", index=False)
    for name in table["filename"]:
        shutil.copy(shared / "esc10" / "audio" / name, root / "audio")
    return root


@pytest.mark.keras
@pytest.mark.slow
def test_a_run_measures_each_change_once(root: Path, few: Path, tmp_path: Path) -> None:
    out = tmp_path / "recipe.csv"
    command = [sys.executable, "-m", "benchmarks.recipe", "--root", str(few), "--seeds", "0"]
    command += ["--steps", "1", "--change", "", "network.width=4", "--store", str(tmp_path), "--out", str(out)]
    first = subprocess.run(command, cwd=root, text=True, capture_output=True, check=False)
    assert first.returncode == 0, first.stderr
    rows = pd.read_csv(out, keep_default_na=False)
    assert sorted(zip(rows["change"], rows["trained_on"], strict=True)) == [
        ("", "all true"),
        ("", "verified"),
        ("network.width=4", "all true"),
        ("network.width=4", "verified"),
    ]
    assert rows["accuracy"].between(0, 1).all()
    assert rows.groupby("trained_on")["log_loss"].nunique().eq(2).all()
    assert subprocess.run(command, cwd=root, capture_output=True, check=False).returncode == 0
    pd.testing.assert_frame_equal(pd.read_csv(out, keep_default_na=False), rows)
