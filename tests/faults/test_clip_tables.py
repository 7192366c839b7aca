"""What strangers write into a table of clips."""

import re
import shutil
import unicodedata

import pytest
import soundfile

from pipeline.files import artifacts, formats
from tests.faults.conftest import RATE, Project, tone


def another(project: Project, name: str, label: str, verified: int = 0) -> None:
    """Put one more sound beside the others, and into the table."""
    soundfile.write(project.sounds / name, tone(990), RATE)
    project.add(f"{name},{label},{verified}")


@pytest.mark.fault(19)
@pytest.mark.parametrize(
    "path",
    [
        "../../etc/passwd",
        "a/../../secret.wav",
        "/etc/passwd",
        "//server/share/a.wav",
        "\\\\server\\share\\a.wav",
        "..\\secret.wav",
        "C:secret.wav",
        "C:/secret.wav",
        "a\0.wav",
        '"a\n.wav"',
        "",
        ".",
    ],
)
def test_a_path_that_leaves_the_folder_is_refused(project: Project, path: str):
    (project.folder / "secret.wav").write_bytes((project.sounds / "00.wav").read_bytes())
    project.add(f"{path},Bark,0")
    words = project.refused("prepare")
    assert "clips.csv:14: path " in words or "clips.csv:15: path " in words
    assert "expected one relative to and below the data set's folder" in words
    assert not project.state()


@pytest.mark.fault(19)
@pytest.mark.parametrize("name", ["link.wav", "out/secret.wav"])
def test_a_link_that_leads_out_of_the_folder_is_refused(project: Project, name: str):
    outside = project.folder / "outside"
    outside.mkdir()
    (outside / "secret.wav").write_bytes((project.sounds / "00.wav").read_bytes())
    (project.sounds / "link.wav").symlink_to(outside / "secret.wav")
    (project.sounds / "out").symlink_to(outside)
    project.add(f"{name},Bark,0")
    assert f"clips.csv:14: path '{name}' is a link that leads out of" in project.refused("prepare")


@pytest.mark.fault(19)
def test_a_path_that_was_edited_after_the_table_was_read_is_refused(project: Project):
    project.passes("prepare")
    for name in ("files.csv", "clips.csv"):
        path = project.data / "listed" / name
        path.write_text(path.read_text().replace("03.wav,03.wav", "03.wav,../../../secret.wav"))
    assert "clip '03.wav': path '../../../secret.wav'" in project.refused("spectrograms")


@pytest.mark.fault(20)
def test_labels_that_look_like_nothing_are_kept_as_text(project: Project):
    project.table("\n".join(project.rows()).replace("Bark", "NA").replace("Meow", "null") + "\n")
    project.passes("prepare")
    assert artifacts.read_classes(project.data / "listed") == ["NA", "null"]
    assert set(artifacts.read_clips(project.data / "listed")["label"]) == {"NA", "null"}


@pytest.mark.fault(20)
@pytest.mark.parametrize("label", ["NA", "None", "null", "nan"])
def test_labels_that_look_like_nothing_are_refused_where_they_are_no_class(project: Project, label: str):
    another(project, "more.wav", label)
    assert f"found no verified training clip of '{label}'" in project.refused("prepare")


@pytest.mark.fault(21)
@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param("path;sound\na.wav;Bark\n", "clips.csv:1: .*; expected also 'label'", id="semicolons, no label"),
        pytest.param("path\na.wav\n", "clips.csv:1: .*; expected also 'label'", id="no label"),
        pytest.param("path,label,label\na,b,c\n", "clips.csv:1: .*; expected each once", id="label twice"),
        pytest.param("path,label\n\xe4.wav,Bark\n".encode("latin-1"), "clips.csv:2: .*not UTF-8", id="Latin-1"),
        pytest.param("path,label\na.wav,Bark\n".encode("utf-16-le"), "clips.csv:1: .*not UTF-8", id="UTF-16, no mark"),
        pytest.param("path,label\na.wav\n", "clips.csv:2: found 1 cells, expected 2", id="too few cells"),
        pytest.param('path,label\n"a.wav,Bark\n', "clips.csv:2: not CSV", id="an open quote"),
        pytest.param("", "clips.csv:1: found the columns none", id="empty"),
    ],
)
def test_what_is_no_table_is_refused_with_its_line(project: Project, text: str | bytes, words: str):
    project.table(text)
    assert re.search(words, project.refused("prepare"))


@pytest.mark.fault(21)
def test_a_byte_order_mark_is_accepted(project: Project):
    project.table("\ufeff" + "\r\n".join([*project.rows(), ""]))
    project.passes("prepare")
    assert len(artifacts.read_clips(project.data / "listed")) == 12


@pytest.mark.fault(22)
def test_a_clip_with_two_labels_is_refused_with_both_rows(project: Project):
    project.add("00.wav,Meow,1")
    words = project.refused("prepare")
    assert "clips.csv:14: the same clip as in line 2: '00.wav' as 'Bark' and '00.wav' as 'Meow'" in words


@pytest.mark.fault(22)
@pytest.mark.parametrize(
    ("one", "other"),
    [("moewe.wav", "MOEWE.wav"), ("möwe.wav", unicodedata.normalize("NFD", "möwe.wav")), ("a.wav", "./a.wav")],
)
def test_clips_whose_names_are_alike_are_refused(project: Project, one: str, other: str):
    another(project, one, "Bark")
    another(project, other, "Bark")
    words = project.refused("prepare")
    assert "clips.csv:15: the same clip as in line 14" in words
    assert repr(one) in words
    assert repr(other) in words


@pytest.mark.fault(22)
@pytest.mark.parametrize("label", ["bark", "BARK"])
def test_classes_whose_names_are_alike_are_refused(project: Project, label: str):
    another(project, "more.wav", label, verified=1)
    words = project.refused("prepare")
    assert "'Bark'" in words
    assert repr(label) in words
    assert "differ by case, Unicode form or spaces only" in words


@pytest.mark.fault(22)
def test_classes_of_two_unicode_forms_are_refused(project: Project):
    for number, form in enumerate(("NFC", "NFD")):
        another(project, f"more{number}.wav", unicodedata.normalize(form, "Möwe"), verified=1)
    assert "differ by case, Unicode form or spaces only" in project.refused("prepare")


@pytest.mark.fault(23)
def test_a_file_without_a_row_is_counted(project: Project, capsys):
    shutil.copy(project.sounds / "00.wav", project.sounds / "nobody.wav")
    project.passes("prepare")
    assert "1 audio files are in no row" in capsys.readouterr().out
    assert list(formats.read_table(project.data / "listed" / "ignored.csv")["path"]) == ["nobody.wav"]
    assert len(artifacts.read_clips(project.data / "listed")) == 12


@pytest.mark.fault(24)
def test_a_class_that_nobody_verified_is_refused_by_name(project: Project):
    another(project, "more.wav", "Moo")
    assert "found no verified training clip of 'Moo', expected at least one a class" in project.refused("prepare")


@pytest.mark.fault(24)
def test_a_test_label_that_is_no_class_is_refused_by_name(project: Project):
    lines = [f"{row},{'train' if i else 'split'}" for i, row in enumerate(project.rows())]
    soundfile.write(project.sounds / "more.wav", tone(990), RATE)
    project.table("\n".join([*lines, "more.wav,Moo,1,test", ""]))
    assert "test clip 'more.wav': label 'Moo', expected one of the training split" in project.refused("prepare")


@pytest.mark.fault(25)
@pytest.mark.parametrize("label", ["Ba\x1b[2Jrk", "Ba\0rk", '"Ba\nrk"', " "])
def test_a_label_that_a_terminal_would_obey_is_refused(project: Project, label: str):
    another(project, "more.wav", label, verified=1)
    assert "found blanks alone or a control character, expected a name" in project.refused("prepare")
