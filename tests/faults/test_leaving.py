"""What leaves a run: read beside one's own folder, told apart, inert."""

import csv
import hashlib
import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import DataError
from pipeline.files import artifacts, formats, inside
from pipeline.labels import intervals
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
    clips = artifacts.read_answers(project.data / "listed")
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


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    """A folder of links as `prepare` makes it, and a file that is nobody's business."""
    (tmp_path / "sounds").mkdir()
    (tmp_path / "sounds" / "a.wav").write_bytes(b"sound")
    (tmp_path / "secret.txt").write_bytes(b"secret")
    (tmp_path / "raw" / "deep").mkdir(parents=True)
    for name in ("a.wav", "deep/a.wav"):
        (tmp_path / "raw" / name).symlink_to(tmp_path / "sounds" / "a.wav")
    return tmp_path / "raw"


SUM = hashlib.sha256(b"sound").hexdigest()


@pytest.mark.fault(76)
def test_a_sound_is_opened_as_it_was_heard(raw: Path):
    for name in ("a.wav", "deep/a.wav"):
        with inside.heard(raw, name, SUM) as file:
            assert file.read() == b"sound"
    other = raw.parent / "elsewhere"
    other.symlink_to(raw, target_is_directory=True)
    with inside.heard(other, "a.wav", SUM) as file:  # where the run itself lies is the user's choice
        assert file.read() == b"sound"


@pytest.mark.fault(76)
@pytest.mark.parametrize(
    ("swap", "words"),
    [
        ("a secret", "another sound than the run has heard"),
        ("a secret named in between", "another sound than the run has heard"),
        ("a device", "is no regular file"),
        ("a pipe", "is no regular file"),
        ("a folder", "is no regular file"),
        ("itself", "cannot be opened"),
        ("nothing", "cannot be opened"),
        ("other bytes", "another sound"),
        ("a folder that is a link", "one of its folders is a link"),
    ],
)
def test_a_link_that_was_swapped_is_not_opened(raw: Path, swap: str, words: str):
    link = raw / "deep" / "a.wav"
    secret = raw.parent / "secret.txt"
    targets = {"a secret": secret, "a device": "/dev/zero", "a folder": raw.parent, "itself": "a.wav", "nothing": "b"}
    if swap == "other bytes":
        (raw.parent / "sounds" / "a.wav").write_bytes(b"other")
    elif swap == "a folder that is a link":
        (raw.parent / "away").mkdir()
        (raw.parent / "away" / "a.wav").write_bytes(b"sound")
        link.unlink()
        link.parent.rmdir()
        link.parent.symlink_to(raw.parent / "away")
    else:
        link.unlink()
        if swap == "a pipe":
            os.mkfifo(link)
        elif swap == "a secret named in between":
            (raw / "between").symlink_to(secret)
            link.symlink_to("../between")
        else:
            link.symlink_to(targets[swap])
    with pytest.raises(DataError, match=rf"^deep/a\.wav: .*{words}"):
        inside.heard(raw, "deep/a.wav", SUM)


@pytest.mark.fault(76)
@pytest.mark.parametrize("path", ["../secret.txt", "/etc/passwd", "deep/../../secret.txt", "", ".", "a\0b"])
def test_a_path_that_leads_out_is_not_opened(raw: Path, path: str):
    with pytest.raises(DataError, match="leads out of the folder of sounds"):
        inside.heard(raw, path, SUM)


@pytest.mark.fault(61)
@pytest.mark.parametrize(
    ("belief", "promoted", "verified"), [(0.997, 18, 24), (1.0, 18, 24), (0.9999, 3, 6), (1.0, 1, 1)]
)
def test_an_interval_holds_its_estimate_and_stays_open(belief: float, promoted: int, verified: int):
    random = np.random.default_rng(0)
    drawn = [np.stack([np.full(promoted, belief), np.zeros(promoted), random.random(promoted)]) for _ in range(100)]
    out = intervals.came_out(drawn, np.ones(promoted, bool), verified, random)
    low, high = intervals.interval([draw[:, 0].mean(axis=1) for draw in out], belief)
    assert low is not None
    assert high is not None
    assert low < 0.96 < belief <= high <= 1


TEXTS = {
    "a return alone": "Ann\rBob",
    "a return at the end": "Ann\r",
    "both line ends": "a\r\nb\nc",
    "NUL": "a\0b",
    "quotes": '"a","b"',
    "an apostrophe and a formula": "'=1+1",
    "a mark of byte order": "\ufeffa",
    "separators of lines": "a\u2028b\x85c\x1cd",
    "blanks alone": "  ",
    "a word for nothing": "NaN",
}


@pytest.mark.fault(66)
@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_a_text_does_not_break_out_of_its_cell(tmp_path: Path, text: str):
    table = pd.DataFrame({text: [text, "next"], "other": ["a", text]})
    formats.write_table(tmp_path / "t.csv", table)
    found = formats.read_table(tmp_path / "t.csv")
    assert found.to_dict("list") == table.to_dict("list")
