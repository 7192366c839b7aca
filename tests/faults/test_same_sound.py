"""The stage: the same sound twice, under two labels, on both sides of a split."""

import shutil

import pandas as pd
import pytest
import soundfile

from pipeline.files import artifacts, formats, schemas

from .conftest import RATE, Project, tone


def audited(project: Project) -> tuple[pd.DataFrame, pd.DataFrame]:
    project.passes("prepare", "spectrograms", "audit")
    problems = formats.read_table(project.data / "audit" / "audit.csv")
    clips = artifacts.read_answers(project.data / "clips").set_index("clip_id")
    return clips, schemas.check(schemas.AUDIT, problems, "audit.csv")


def copy(project: Project, name: str, of: str = "01.wav") -> None:
    shutil.copy(project.sounds / of, project.sounds / name)


def split_table(project: Project, extra: str) -> None:
    """Give the table a column split."""
    header, *rows = project.rows()
    lines = [f"{header},split", *(f"{row},{'test' if row[:2] in ('10', '11') else 'train'}" for row in rows), extra, ""]
    project.table("\n".join(lines))


def test_where_nothing_is_the_matter_clips_are_as_listed(project: Project) -> None:
    audited(project)
    for name in ("clips.csv", "files.csv", "classes.json", "groupings.json"):
        assert (project.data / "clips" / name).read_bytes() == (project.data / "listed" / name).read_bytes()


@pytest.mark.fault(51)
def test_the_same_sound_shares_a_group_and_a_fold(project: Project) -> None:
    copy(project, "copy.wav")
    soundfile.write(project.sounds / "copy.flac", soundfile.read(project.sounds / "01.wav", dtype="int16")[0], RATE)
    for name in ("copy.wav", "copy.flac"):
        project.add(f"{name},{project.rows()[2].split(',')[1]},0")
    clips, problems = audited(project)
    same = clips.loc[["01.wav", "copy.wav", "copy.flac"]]
    assert same["group"].nunique() == same["fold"].nunique() == 1
    pairs = problems[problems["problem"] == "same_sound"]
    assert set(zip(pairs["clip_id"], pairs["other"], strict=True)) == {
        ("01.wav", "copy.flac"),
        ("01.wav", "copy.wav"),
    }
    assert not (problems["problem"] == "conflict").any()


@pytest.mark.fault(51)
def test_across_a_split_that_was_drawn_the_copies_train_together(project: Project) -> None:
    for number in range(12):
        copy(project, f"copy{number:02d}.wav", of=f"{number:02d}.wav")
        project.add(f"copy{number:02d}.wav,{project.rows()[number + 1].split(',')[1]},1")
    project.params["dataset"]["test_fraction"] = 0.3
    clips, _ = audited(project)
    assert (clips.loc[[f"{n:02d}.wav" for n in range(12)], "split"].to_numpy() == "test").sum() == (
        clips.loc[[f"copy{n:02d}.wav" for n in range(12)], "split"].to_numpy() == "test"
    ).sum()
    assert len(clips[["group", "split", "fold"]].drop_duplicates()) == 12


@pytest.mark.fault(51)
def test_across_a_split_that_came_with_the_data_it_is_refused_or_counted(project: Project) -> None:
    copy(project, "copy.wav", of="10.wav")
    split_table(project, f"copy.wav,{project.rows()[11].split(',')[1]},1,train")
    project.passes("prepare", "spectrograms")
    words = project.refused("audit")
    assert "10.wav (test) and copy.wav (fold " in words
    assert "set audit.across_split to count" in words
    project.params["audit"] = {"across_split": "count"}
    clips, problems = audited(project)
    assert clips.loc[["10.wav", "copy.wav"], "split"].tolist() == ["test", "train"]
    assert clips.loc[["10.wav", "copy.wav"], "group"].nunique() == 2
    (row,) = problems[problems["problem"] == "across_split"].to_dict("records")
    assert (row["clip_id"], row["other"]) == ("10.wav", "copy.wav")
    assert row["detail"].startswith("test and fold")


@pytest.mark.fault(52)
def test_verified_under_two_labels_it_calibrates_nothing_and_is_named(project: Project) -> None:
    rows = [row.split(",") for row in project.rows()[1:]]
    name, label, _ = next(row for row in rows if row[2] == "1")
    other = next(row[1] for row in rows if row[1] != label)
    copy(project, "copy.wav", of=name)
    project.add(f"copy.wav,{other},1")
    clips, problems = audited(project)
    assert not clips.loc[[name, "copy.wav"], "verified"].any()
    assert clips["verified"].sum() == sum(row[2] == "1" for row in rows) - 1
    (row,) = problems[problems["problem"] == "conflict"].to_dict("records")
    assert {row["clip_id"], row["other"]} == {name, "copy.wav"}
    assert set(row["detail"].split(" and ")) == {label, other}


@pytest.mark.fault(52)
def test_a_class_with_nothing_but_conflicts_is_refused_with_the_pairs(project: Project) -> None:
    rows = [row.split(",") for row in project.rows()[1:]]
    mine = sorted({row[1] for row in rows})[0]
    other = next(row[1] for row in rows if row[1] != mine)
    for name, label, verified in rows:
        if (label, verified) == (mine, "1"):
            copy(project, f"copy{name}", of=name)
            project.add(f"copy{name},{other},1")
    project.passes("prepare", "spectrograms")
    words = project.refused("audit")
    assert f"found no verified training clip of '{mine}' whose sound does not stand under another label" in words
    assert "Correct one label of each pair" in words


def test_what_the_decoder_noticed_is_a_problem_and_quarantine_too(project: Project) -> None:
    soundfile.write(project.sounds / "short.wav", tone(400)[:100], RATE, subtype="PCM_16")
    (project.sounds / "text.wav").write_text("no sound")
    label = project.rows()[1].split(",")[1]
    project.add(f"short.wav,{label},0")
    project.add(f"text.wav,{label},0")
    _, problems = audited(project)
    found = dict(zip(problems["clip_id"], problems["problem"], strict=True))
    assert found["short.wav"] == "short"
    assert found["text.wav"] == "quarantined"


def test_it_says_what_it_found(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    copy(project, "copy.wav")
    project.add(f"copy.wav,{project.rows()[2].split(',')[1]},0")
    audited(project)
    said = capsys.readouterr().out
    assert "audit: 13 clips; see data/audit/audit.csv" in said
    assert "1 same sound (the same sound twice)" in said
