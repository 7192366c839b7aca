"""The loop: what people said of clips reruns the labelling and what follows, and nothing before it."""

import json

import pandas as pd
import pytest

from pipeline.corrections import store

pytestmark = [pytest.mark.keras, pytest.mark.slow]

AFTER = ["spread", "self_train@one", "self_train@two", "ensemble", "report"]


def read(project, name: str) -> pd.DataFrame:
    return pd.read_csv(project.folder / name, dtype=str, keep_default_na=False)


def flip(project, n: int) -> pd.DataFrame:
    """Relabel `n` unverified clips to the class after theirs."""
    classes = json.loads((project.folder / "data/clips/classes.json").read_text())
    labels = read(project, "data/labels/labels.csv")
    chosen = labels[(labels["verified"] == "False") & (labels["outcome"] != "test")].head(n)
    run = json.loads((project.folder / "data/labels/run.json").read_text())["run_id"]
    rows = pd.DataFrame("", columns=store.COLUMNS, index=chosen.index)
    rows = rows.assign(clip_id=chosen["clip_id"], given_label=chosen["given"], decision="relabel", reviewer="Ada")
    new = [classes[(classes.index(name) + 1) % len(classes)] for name in chosen["given"]]
    rows = rows.assign(new_label=new, run_id=run).reset_index(drop=True)
    store.write(project.folder / "data/corrections.csv", rows)
    return rows


def test_ten_flipped_labels_rerun_the_labelling_and_what_follows(copied) -> None:
    before = read(copied, "data/labels/labels.csv")
    rows = flip(copied, 10)
    assert copied.would_run() == AFTER
    done = copied.dvc("repro").stdout
    assert [line.split("'")[1] for line in done.splitlines() if line.startswith("Running stage")] == AFTER
    assert "0 accepted, 0 rejected, 10 relabelled, 0 unsure" in done
    after = read(copied, "data/labels/labels.csv").set_index("clip_id")
    reviewed = after.loc[rows["clip_id"]]
    assert list(reviewed["target"]) == list(rows["new_label"])
    assert set(reviewed["outcome"]) == {"reviewed"}
    assert set(reviewed["verified"]) == {"True"}
    assert list(reviewed["given"]) == list(rows["given_label"])
    others = before[~before["clip_id"].isin(rows["clip_id"])]
    assert list(after.loc[others["clip_id"], "given"]) == list(others["given"])
    assert json.loads((copied.folder / "reports/metrics.json").read_text())["review.relabelled"] == 10
    assert copied.would_run() == []


def test_a_correction_that_cannot_be_followed_stops_before_anything_is_lost(copied) -> None:
    before = (copied.folder / "data/labels/labels.csv").read_bytes()
    path = copied.folder / "data/corrections.csv"
    path.write_text(path.read_text() + "nobody,Bell,Bell,accept,,,,\n")
    done = copied.dvc("repro", check=False)
    assert done.returncode != 0
    assert "data/corrections.csv:2: found no clip 'nobody'" in done.stdout + done.stderr
    assert (copied.folder / "data/labels/labels.csv").read_bytes() == before
