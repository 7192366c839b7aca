"""`earmark new`: what it says, what it writes and never writes, and folders that are none of sounds."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.intake.conftest import ROOT, lines, sound
from tests.intake.test_layouts import a_folder_a_class, own_tsv, speaker_and_class, split_and_class


def state(project: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in project.rglob("*") if path.is_file()}


class TestWriting:
    def test_looking_writes_nothing(self, folder, project, new):
        a_folder_a_class(folder)
        before = state(project)
        assert "nothing was written" in new(folder)
        assert state(project) == before

    def test_of_params_yaml_two_places_change_and_all_else_stays(self, folder, project, new):
        a_folder_a_class(folder)
        before = (project / "params.yaml").read_text().splitlines()
        before.insert(0, "# mine, to be kept")
        (project / "params.yaml").write_text("\n".join([*before, ""]))
        new(folder, "--write")
        after = (project / "params.yaml").read_text().splitlines()
        start = before.index(next(line for line in before if line.startswith("folds:")))
        assert after[: before.index(next(line for line in before if line.startswith("dataset:")))] == before[: 4 + 2]
        changed = set(after) - set(before)
        assert {line.split(":")[0].strip() for line in changed} == {
            "name",
            "table",
            "audio",
            "test_fraction",
            "grouping",
        }
        assert after[-(len(before) - start) :][0] == before[start]

    def test_the_second_time_nothing_changes(self, folder, project, new):
        a_folder_a_class(folder)
        assert "data/sounds/clips.csv: written" in new(folder, "--write")
        before = state(project)
        assert "nothing changed: all of it is written already" in new(folder, "--write")
        assert state(project) == before

    def test_a_table_that_somebody_edited_is_not_replaced_without_force(self, folder, project, new):
        a_folder_a_class(folder)
        new(folder, "--write")
        table = project / "data/sounds/clips.csv"
        table.write_text(table.read_text().replace("dog/dog_0.wav,dog,0", "dog/dog_0.wav,cat,1"))
        before = state(project)
        assert "clips.csv: there already and not what would be written" in new(folder, "--write")
        assert state(project) == before
        assert "clips.csv: replaced" in new(folder, "--write", "--force")

    def test_a_section_that_somebody_wrote_is_not_replaced_without_force(self, folder, project, new):
        a_folder_a_class(folder)
        text = (project / "params.yaml").read_text()
        (project / "params.yaml").write_text(text.replace("clips: 720", "clips: 96"))
        before = state(project)
        assert "params.yaml: dataset: found neither" in new(folder, "--write")
        assert state(project) == before

    def test_without_a_params_file_one_is_written(self, folder, project, new, prepare):
        a_folder_a_class(folder)
        (project / "params.yaml").unlink()
        assert "params.yaml: written" in new(folder, "--write", "--verified", "all")
        assert "3 classes" in prepare()

    def test_sounds_in_the_project_need_no_other_place(self, project, new, prepare):
        a_folder_a_class(project / "data/sounds")
        new("data/sounds", "--write", "--verified", "all")
        assert "audio:" not in (project / "params.yaml").read_text()
        assert "3 classes" in prepare()

    def test_a_table_of_ours_that_lies_with_the_sounds_stays_as_it_is(self, project, new, prepare):
        a_folder_a_class(project / "data/sounds")
        rows = [f"dog/dog_{n}.wav,dog,yes,,dog" for n in range(10)] + [f"cat/cat_{n}.wav,cat,no,," for n in range(10)]
        lines(
            project / "data/sounds/clips.csv",
            "path,label,verified,group,truth",
            *rows[:11],
            *rows[12:],
            "Möwe/Möwe_1.wav,cat,yes,,",
        )
        before = (project / "data/sounds/clips.csv").read_bytes()
        assert "dataset and spread.grouping set" in new("data/sounds", "--write")
        assert (project / "data/sounds/clips.csv").read_bytes() == before
        assert "20 clips of 2 classes" in prepare()

    def test_a_sound_that_is_gone_leaves_no_link_that_dvc_would_end_at(self, folder, project, new, prepare):
        a_folder_a_class(folder)
        new(folder, "--write", "--verified", "all")
        prepare()
        (folder / "dog" / "dog_3.wav").unlink()
        (project / "data/raw/dog/dog_3.wav").lstat()
        assert "check: 1 sounds of the last run are no longer in" in prepare()
        assert not (project / "data/raw/dog/dog_3.wav").is_symlink()

    def test_a_params_file_with_sections_on_one_line_is_taken(self, folder, project, new, prepare):
        a_folder_a_class(folder)
        text = (project / "params.yaml").read_text()
        start, end = text.index("dataset:"), text.index("folds:")
        text = f"{text[:start]}dataset: {{name: demo, root: data/sounds, clips: 720}}  # old\n{text[end:]}"
        text = text.replace("grouping: two ", "grouping:\n    a: [x]\n    b:\n      - y\n  # kept\n  #")
        (project / "params.yaml").write_text(text)
        new(folder, "--write", "--verified", "all")
        assert "# kept" in (project / "params.yaml").read_text()
        assert "3 classes" in prepare()


class TestOptions:
    def test_columns_are_those_that_are_named(self, folder, project, new):
        own_tsv(folder)
        told = new(
            folder, "--labels", "speaker_id", "--verified", "none", "--group", "none", "--split", "none", "--write"
        )
        assert "10 classes" in told
        assert (
            (project / "data/sounds/clips.csv")
            .read_text()
            .startswith("path,label,verified\nclips/000.wav,speaker0,0\n")
        )
        assert "test_fraction: 0" in (project / "params.yaml").read_text()

    @pytest.mark.parametrize("option", ["--labels", "--group", "--verified", "--split"])
    def test_a_column_that_is_not_there_is_refused_with_those_that_are(self, option, folder, new):
        own_tsv(folder)
        words = new(folder, option, "colour")
        assert words.startswith(f"error: {option} colour: no such column, found ")
        assert "'species'" in words

    def test_a_table_elsewhere_is_read(self, folder, project, new, tmp_path):
        own_tsv(folder)
        (folder / "list.tsv").rename(tmp_path / "elsewhere.tsv")
        assert "none: no table names the sounds" in new(folder)
        assert "2 classes: cat 15, dog 15" in new(folder, "--table", tmp_path / "elsewhere.tsv")

    def test_a_table_that_names_other_sounds_is_refused(self, folder, new, tmp_path):
        a_folder_a_class(folder)
        lines(tmp_path / "other.csv", "path,label", "nowhere.wav,x")
        assert "other.csv: no column names sounds of" in new(folder, "--table", tmp_path / "other.csv")

    @pytest.mark.parametrize("share", ["1", "-0.1", "nan"])
    def test_a_share_that_is_none_is_refused(self, share, folder, new):
        a_folder_a_class(folder)
        assert f"--split {share}: expected a share from 0 to below 1" in new(folder, f"--split={share}")

    def test_a_split_that_parts_groups_gives_way_to_a_group_that_is_named(self, folder, new, project):
        rows = []
        for number in range(40):
            sound(folder / f"{number}.wav")
            rows.append(f"{number}.wav,{'ab'[number % 2]},s{number // 4},{'test' if number % 4 == 3 else 'train'}")
        lines(folder / "t.csv", "file,label,speaker,split", *rows)
        assert "not as given, where 10 groups are in both" in new(folder)
        assert "split     column 'split'" in new(folder, "--group", "none")


class TestWhatIsSaid:
    def test_labels_that_nobody_checked_are_said_with_what_to_do(self, folder, new):
        a_folder_a_class(folder)
        told = new(folder)
        assert "no label is verified" in told
        assert "`earmark review --start`" in told
        assert "--verified all" in told

    def test_all_classes_that_are_too_small_are_listed(self, folder, new):
        a_folder_a_class(folder)
        for number in range(40):
            sound(folder / f"rare{number}" / "a.wav")
        told = new(folder)
        assert all(f"rare{number} (1)" in told for number in range(40))

    def test_classes_that_look_alike_are_said(self, folder, new):
        a_folder_a_class(folder)
        for number in range(4):
            sound(folder / "d\u043eg" / f"{number}.wav")
        assert "look alike, but for U+043E CYRILLIC SMALL LETTER O" in new(folder)

    def test_a_control_character_in_a_label_is_refused(self, folder, new):
        rows = []
        for number in range(6):
            sound(folder / f"{number}.wav")
            rows.append(f'{number}.wav,"do\rg{number % 2}"')
        lines(folder / "t.csv", "file,label", *rows)
        words = new(folder)
        assert "U+000D" in words
        assert "6 texts to mend" in words

    def test_what_is_left_out_is_counted_and_named(self, folder, new, tmp_path):
        a_folder_a_class(folder)
        sound(tmp_path / "outside.wav")
        (folder / "dog" / "link.wav").symlink_to(tmp_path / "outside.wav")
        (folder / "dog" / "loop").symlink_to("..")
        (folder / "dog" / "DOG_1.wav").touch()
        (folder / "dog" / "a\nb.wav").touch()
        (folder / "dog" / "._dog_1.wav").touch()
        (folder / "list.xlsx").touch()
        (Path(os.fsdecode(os.fsencode(folder) + b"/\xff.wav"))).touch()
        told = new(folder)
        assert "1 links that lead out of the folder: dog/link.wav" in told
        assert "1 links to folders, which are not followed: dog/loop" in told
        assert "1 sounds named like another but for case" in told
        assert "names hold control characters, '\\' or a drive: rename them: dog/a\\nb.wav" in told
        assert "1 hidden, or left behind by a system: dog/._dog_1.wav" in told
        assert "1 spreadsheets: save them as 'CSV UTF-8' to have them read: list.xlsx" in told
        assert "names are not UTF-8: rename them: \\udcff.wav" in told

    def test_a_folder_that_cannot_be_read_is_said(self, folder, new, monkeypatch):
        a_folder_a_class(folder)
        real = os.scandir

        def refusing(path):
            if str(path).endswith("dog"):
                raise PermissionError(13, "Permission denied")
            return real(path)

        monkeypatch.setattr(os, "scandir", refusing)
        assert "left out: 1 folders that cannot be read (Permission denied): dog" in new(folder)

    def test_a_table_in_another_encoding_is_said_with_the_command(self, folder, new):
        for number in range(4):
            sound(folder / f"{number}.wav")
        lines(folder / "t.csv", "Datei;Tier", "0.wav;Möwe", encoding="cp1252")
        assert "iconv -f WINDOWS-1252" in new(folder)
        assert "iconv -f WINDOWS-1252" in new(folder, "--table", folder / "t.csv")

    def test_a_speaker_above_or_below_the_class_is_told_apart(self, folder, new):
        speaker_and_class(folder)
        assert "2 classes: angry 24, calm 24" in new(folder)

    def test_validation_belongs_to_the_training(self, folder, new):
        split_and_class(folder)
        assert "test as test, train as train, valid as train" in new(folder)


class TestNoFolderOfSounds:
    def test_each_is_said_in_a_line(self, folder, project, new, tmp_path, tmp_path_factory, monkeypatch):
        homes = tmp_path_factory.mktemp("homes")
        (homes / "mine").mkdir()
        monkeypatch.setenv("HOME", str(homes / "mine"))
        lines(folder / "notes.md", "nothing")
        said = {
            "~": "is a home folder",
            homes: "is all home folders",
            "/": "is the whole disk",
            folder / "notes.md": "is a file, expected a folder of sounds; did you mean its folder",
            tmp_path / "nowhere": "found no such folder",
            folder: "found no sound in it among 1 files (1 .md)",
            ".": "which holds 'data/raw', where a run writes",
            "..": "which holds 'data/raw', where a run writes",
            "data": "which holds 'data/raw', where a run writes",
        }
        for where, words in said.items():
            told = new(os.path.expanduser(where))
            assert told.startswith("error: ")
            assert words in told
            assert len(told.splitlines()) == 1

    def test_an_empty_folder_is_said_to_be_empty(self, folder, new):
        assert "found no sound in it, it is empty" in new(folder)

    def test_links_in_a_circle_are_said(self, tmp_path, new):
        (tmp_path / "a").symlink_to("b")
        (tmp_path / "b").symlink_to("a")
        assert new(tmp_path / "a").startswith("error: ")

    def test_a_folder_that_may_not_be_read_is_said(self, folder, new, monkeypatch):
        def refusing(path):
            raise PermissionError(13, "Permission denied")

        monkeypatch.setattr(os, "scandir", refusing)
        assert "cannot be read (Permission denied)" in new(folder)


def test_a_hundred_thousand_files_are_looked_at_without_opening_them(folder, new, monkeypatch):
    """By the number of files that are opened, not by the clock: see docs/new.md for that."""
    from pipeline.intake import folder as looking

    for number in range(3000):
        path = folder / f"c{number % 3}" / f"{number}.wav"
        path.parent.mkdir(exist_ok=True)
        path.touch()
    opened = []
    real = looking.soundfile.info
    monkeypatch.setattr(looking.soundfile, "info", lambda path: opened.append(path) or real(path))
    assert "3,000 in" in new(folder)
    assert len(opened) == 200


def test_help_says_what_to_do_first():
    done = subprocess.run(
        [sys.executable, "-m", "stages.cli", "--help"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert "earmark new FOLDER --write" in done.stdout
    assert (
        done.stdout.index("earmark new FOLDER") < done.stdout.index("make repro") < done.stdout.index("earmark predict")
    )
