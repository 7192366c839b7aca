"""Folders and file names of strangers, given to `earmark predict`: what is left out is said, and no name has an effect.

What the networks say is made up here; `tests/ensemble/test_predict.py` has the whole command.
"""

import csv
import io
import json
import os
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.ensemble import finding
from pipeline.errors import DataError
from pipeline.files.shown import as_json, lines, plain
from stages.commands import predict

NASTY = {
    "colours": "\x1b[31mred\x1b[0m.wav",
    "a title": "\x1b]0;owned\x07.wav",
    "a forged line": "a.wav\nb.wav   Bark 99.9%",
    "a return": "a.wav\rb.wav   Bark 99.9%",
    "text turned round": "a\u202evaw.exe",
    "marks without width": "a\u200b\u2060.wav",
    "a separator of lines": "a\u2028b\u0085c.wav",
    "eight-bit controls": "a\x9b31mred.wav",
    "no characters": os.fsdecode(b"a\xff\xfe.wav"),
    "a tab and a bell": "a\tb\a.wav",
}


@dataclass
class Prediction:
    path: Path
    labels: list[tuple[str, float]] = field(default_factory=lambda: [("Bark", 0.5), ("\x1b[1mMeow", 0.25)])
    problem: str = ""
    flags: dict[str, str] = field(default_factory=dict)


def printable(text: str) -> bool:
    return all(c.isprintable() or c == "\n" for c in text)


@pytest.mark.fault(67)
@pytest.mark.parametrize("form", [predict._as_table, predict._as_csv, predict._as_json])
@pytest.mark.parametrize("name", NASTY.values(), ids=NASTY)
def test_no_name_has_an_effect_of_its_own(capsys: pytest.CaptureFixture[str], form, name: str):
    form([Prediction(Path(name)), Prediction(Path("b.wav"))], 10)
    out = capsys.readouterr().out
    assert printable(out)
    assert "\nb.wav   Bark 99.9%" not in out
    if form is predict._as_json:
        assert [row["path"] for row in json.loads(out)] == [name, "b.wav"]
    elif form is predict._as_csv:
        assert [row["rank"] for row in csv.DictReader(io.StringIO(out))] == ["1", "2"] * 2
    else:
        assert len(out.splitlines()) == 2


@pytest.mark.fault(67)
@given(st.text())
def test_whatever_is_shown_is_printable_and_json_says_exactly_that(text: str):
    assert printable(plain(text))
    assert "\n" not in plain(text)
    assert printable(lines(text))
    assert printable(as_json([text, {text: text}]))
    assert json.loads(as_json([text, {text: text}])) == [text, {text: text}]
    if text.isprintable():
        assert plain(text) == text


@pytest.mark.fault(67)
def test_what_is_said_on_the_other_stream_is_escaped_too(tmp_path: Path):
    with pytest.raises(DataError) as caught:
        finding.find([tmp_path / "\x1b[31mno\nwhere.wav"])
    assert printable(str(caught.value))
    assert "\n" not in str(caught.value)
    (tmp_path / "a.\x1b[31mred").write_bytes(b"")
    (tmp_path / "b.wav").write_bytes(b"")
    (said,) = finding.find([tmp_path]).left_out()
    assert said.startswith("left out, as their endings are of no sound: 1 .\\x1b[31mred;")
    flagged = [Prediction(Path("a\n.wav"), flags={"silent": ""})]
    assert list(predict._noticed(flagged)) == ["silent: no sound at all: a\\n.wav"]


@pytest.mark.fault(46)
def test_what_is_left_out_is_counted_by_ending(tmp_path: Path):
    names = ["a.wav", "b.M4A", "c.aac", "d.aifc", "e.mp2", "deep/f.webm", "g.txt", "h.TXT", "i.jpg", "README"]
    names += [".hidden.wav", "._a.wav", "Thumbs.db", ".git/x.wav", "__MACOSX/a.wav"]
    for name in names:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"")
    found = finding.find([tmp_path])
    assert [path.name for path in found.files] == ["a.wav", "b.M4A", "c.aac", "d.aifc", "f.webm", "e.mp2"]
    assert found.left_out() == [
        "left out, as their endings are of no sound: 2 .txt, 1 .jpg, 1 without an ending; a file named itself is read",
        "left out, as hidden or left behind by a system: 5",
    ]


@pytest.mark.fault(46)
def test_many_kinds_of_others_are_no_wall_of_text_and_a_file_named_itself_is_read(tmp_path: Path):
    for number in range(30):
        (tmp_path / f"x.k{number:02d}").write_bytes(b"")
    with pytest.raises(DataError, match=r"no audio in this folder; expected .*; left out, .*1 \.k\d\d, 22 others"):
        finding.find([tmp_path])
    assert finding.find([tmp_path / "x.k07"]).files == [tmp_path / "x.k07"]


@pytest.mark.fault(73)
def test_folders_that_cannot_be_looked_into_are_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    for name in ("a.wav", "shut/b.wav", "open/c.wav"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"")
    real = os.scandir

    def scandir(path):  # the tests may run as root, to whom no folder is shut
        if Path(path).name == "shut":
            raise PermissionError(13, "Permission denied", str(path))
        return real(path)

    monkeypatch.setattr(os, "scandir", scandir)
    found = finding.find([tmp_path])
    assert [path.name for path in found.files] == ["a.wav", "c.wav"]
    assert found.left_out() == [f"{tmp_path / 'shut'}: not looked into: Permission denied"]
    with pytest.raises(DataError, match=r"shut: cannot be looked into: Permission denied$"):
        finding.find([tmp_path / "shut"])


@pytest.mark.fault(73)
def test_names_that_no_file_can_have_are_refused_in_a_line(tmp_path: Path):
    for name in ("a" * 300, "a/" * 3000 + "b.wav"):
        with pytest.raises(DataError, match=r"cannot be looked at: File name too long$") as caught:
            finding.find([tmp_path / name])
        assert len(str(caught.value)) < 400
    for name in ("nowhere.wav", "a.wav/b.wav"):
        (tmp_path / "a.wav").write_bytes(b"")
        with pytest.raises(DataError, match="no such file or folder"):
            finding.find([tmp_path / name])


@pytest.mark.fault(73)
def test_pipes_and_circles_of_links_neither_block_nor_loop(tmp_path: Path):
    (tmp_path / "a.wav").write_bytes(b"")
    os.mkfifo(tmp_path / "pipe.wav")
    (tmp_path / "circle.wav").symlink_to("circle.wav")
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "again").symlink_to(tmp_path)
    found = finding.find([tmp_path])
    assert [path.name for path in found.files] == ["a.wav", "circle.wav", "pipe.wav"]
    assert found.left_out() == ["left out, as links to folders: 1; name a folder itself, and it is looked into"]


@pytest.mark.fault(48)
def test_what_was_noticed_of_a_sound_is_said_in_each_form(capsys: pytest.CaptureFixture[str]):
    flags = {"silent": "", "capped": "the first 30 s are read"}
    clips = [Prediction(Path("a.wav"), flags=flags), Prediction(Path("b.wav"))]
    predict._as_table(clips, 5)
    first, second = capsys.readouterr().out.splitlines()
    assert first.endswith("(silent, capped)")
    assert "(" not in second
    predict._as_json(clips, 5)
    assert [row["flags"] for row in json.loads(capsys.readouterr().out)] == [flags, {}]
    predict._as_csv(clips, 5)
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert [row["flags"] for row in rows] == ["silent; capped: the first 30 s are read"] * 2 + [""] * 2


@pytest.mark.fault(48)
def test_many_clips_of_one_kind_are_counted_and_the_first_are_named():
    clips = [Prediction(Path(f"{i}.wav"), flags={"short": ""}) for i in range(9)]
    assert list(predict._noticed(clips)) == ["short: shorter than a window: 0.wav, 1.wav, 2.wav and 6 more"]
