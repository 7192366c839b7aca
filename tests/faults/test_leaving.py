"""What leaves a run: read beside one's own folder, told apart, inert."""

import csv
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.files import artifacts, formats
from pipeline.results.submission import submission
from tests.faults.conftest import Project


@pytest.mark.fault(60)
def test_the_labels_read_beside_ones_own_folder(prepared: Project):
    labels = pd.read_csv(prepared.data / "labels" / "labels.csv", keep_default_na=False)
    assert all((prepared.sounds / path).is_file() for path in labels["path"])
    own = pd.read_csv(prepared.sounds / "clips.csv").merge(labels, on="path", suffixes=("", "_decided"))
    assert len(own) == 12
    assert (own["label"] == own["given"]).all()


@pytest.mark.fault(60)
def test_a_path_with_blanks_commas_and_a_formula_is_the_same_in_the_labels(project: Project):
    names = ["=1+1.wav", "deep, er/a b.wav", "-x.wav", "Ünï/ç.wav"]
    for number, name in enumerate(names):
        target = project.sounds / name
        target.parent.mkdir(exist_ok=True)
        (project.sounds / f"{number:02d}.wav").rename(target)
    rows = [line.split(",") for line in project.rows()]
    for number, name in enumerate(names):
        rows[number + 1][0] = f'"{name}"'
    project.table("\n".join(map(",".join, rows)) + "\n")
    project.passes("prepare")
    clips = artifacts.read_answers(project.data / "clips")
    assert set(names) < set(clips["path"])
    assert all((project.sounds / path).is_file() for path in clips["path"])


@pytest.mark.fault(68)
def test_no_table_of_a_run_holds_a_formula(prepared: Project):
    tables = sorted(prepared.data.rglob("*.csv"))
    assert {path.name for path in tables} >= {"clips.csv", "labels.csv", "targets.csv", "files.csv", "index.csv"}
    for path in tables:
        with open(path, encoding="utf-8", newline="") as file:
            cells = [cell for row in csv.reader(file) for cell in row]
        assert not [cell for cell in cells if cell.startswith(("=", "+", "@", "\t", "\r"))], path


def run_of(paths: list[str], classes: list[str]) -> Any:
    """A run of test clips alone, the last of which could not be read; clip `i` is likeliest of class `i`."""
    n = len(paths)
    probs = np.full((n, len(classes)), 0.1)
    probs[np.arange(n), np.arange(n) % len(classes)] = 0.9
    probs[-1] = np.nan
    return SimpleNamespace(
        train=np.zeros(n, bool),
        trusted=np.zeros(n, bool),
        classes=classes,
        probs=probs,
        answers=pd.DataFrame({"path": paths}),
        labels=pd.DataFrame({"label": [classes[0]] * n}),
    )


@pytest.mark.fault(59)
def test_clips_of_one_file_name_are_told_apart():
    table = submission(run_of(["click/001.wav", "noise/001.wav", "x.wav"], ["click", "noise", "hum", "pop"]))
    assert list(table.columns) == ["path", "label_1", "label_2", "label_3"]
    assert table["path"].tolist() == ["click/001.wav", "noise/001.wav", "x.wav"]
    assert table["label_1"].tolist() == ["click", "noise", "click"]


@pytest.mark.fault(59)
@pytest.mark.parametrize("blank", [" ", "\u00a0", "\t", "\u3000"])
def test_labels_with_blanks_are_told_apart(blank: str):
    classes = [f"dog{blank}bark", "dog", "bark"]
    table = submission(run_of(["a.wav", "b.wav", "c.wav"], classes))
    assert table[["label_1", "label_2", "label_3"]].iloc[0].tolist() == classes
    assert "fname" not in table


@pytest.mark.fault(59)
def test_the_form_of_the_competition_where_it_says_what_it_means():
    table = submission(run_of(["test/a.wav", "test/b.wav"], ["Hi-hat", "Oboe"]))
    assert table.to_dict("list") == {"fname": ["a.wav", "b.wav"], "label": ["Hi-hat Oboe", "Hi-hat Oboe"]}


NAMES = st.lists(st.text(st.sampled_from("ab ./=\r\n,"), min_size=1, max_size=5), min_size=1, max_size=6, unique=True)


@pytest.mark.fault(59)
@given(paths=NAMES, classes=NAMES)
def test_whatever_the_names_two_runs_that_differ_submit_what_differs(
    tmp_path_factory: pytest.TempPathFactory, paths: list[str], classes: list[str]
):
    path = tmp_path_factory.mktemp("submission") / "submission.csv"
    run = run_of(paths, classes)
    formats.write_table(path, submission(cast(Any, run)))
    found = formats.read_table(path)
    names = found.iloc[:, 0].tolist()
    assert len(set(names)) == len(names) == len(paths)
    if "fname" in found:
        assert names == [Path(path).name for path in paths]
        best = [label.split(" ") for label in found["label"]]
    else:
        assert names == paths
        best = found.iloc[:, 1:].to_numpy().tolist()
    assert [row[0] for row in best[:-1]] == [classes[i % len(classes)] for i in range(len(paths) - 1)]
    assert all(len(row) == min(3, len(classes)) and set(row) <= set(classes) for row in best)
