"""Tables as programs write them, and texts that look like others."""

import re
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from pipeline.errors import DataError, ParamsError
from pipeline.files import artifacts
from pipeline.params.schema import load_params
from pipeline.presets import catalogue
from stages import check
from tests.faults.conftest import Project

INVISIBLE = {
    "zero width space": "Ba\u200brk",
    "soft hyphen": "Ba\u00adrk",
    "no-break space at the end": "Bark\u00a0",
    "word joiner": "\u2060Bark",
    "a byte-order mark": "\ufeffBark",
    "bidi mark": "Bark\u200f",
    "bidi override": "\u202dBark\u202c",
    "zero width joiner between Latin letters": "Ba\u200drk",
    "variation selector": "Bark\ufe0f",
    "Hangul filler": "Bark\u3164",
    "blanks around": "  Bark ",
}


def relabelled(project: Project, line: int, label: str, column: int = 1) -> None:
    """Change a cell of one row."""
    rows = [row.split(",") for row in project.rows()]
    rows[line - 1][column] = label
    project.table("\n".join([*map(",".join, rows), ""]))


@pytest.mark.fault(53)
@pytest.mark.parametrize("label", INVISIBLE.values(), ids=INVISIBLE.keys())
def test_what_cannot_be_seen_makes_no_class_and_is_told_with_its_row(project: Project, label: str, capsys):
    relabelled(project, 4, label)
    project.passes("prepare")
    assert artifacts.read_classes(project.data / "listed") == ["Bark", "Meow"]
    assert "clips.csv: label 'Bark' in line 4: read without" in capsys.readouterr().out


@pytest.mark.fault(53)
@pytest.mark.parametrize("label", ["Hi  hat", "Hi\u00a0hat", "Hi\u2009hat", "Hi \u2800hat"])
def test_kinds_of_blanks_inside_a_label_are_one_blank(project: Project, label: str):
    project.table("\n".join(project.rows()).replace("Bark", "Hi hat") + "\n")
    relabelled(project, 2, label)
    project.passes("prepare")
    assert artifacts.read_classes(project.data / "listed") == ["Hi hat", "Meow"]


@pytest.mark.fault(53)
def test_what_cannot_be_seen_parts_no_group(project: Project):
    rows = [f"{row},{'group' if i == 0 else f'g{i}'}" for i, row in enumerate(project.rows())]
    rows[3], rows[5] = (f"{rows[i].rsplit(',', 1)[0]},{name}" for i, name in ((3, "ann"), (5, "a\u200bnn ")))
    project.table("\n".join([*rows, ""]))
    project.passes("prepare")
    assert artifacts.read_clips(project.data / "listed")["group"].tolist().count("ann") == 2


@pytest.mark.fault(53)
def test_a_joiner_that_a_script_needs_stays(project: Project):
    label = "می\u200cخواهم"
    project.table("\n".join(project.rows()).replace("Bark", label) + "\n")
    project.passes("prepare")
    assert label in artifacts.read_classes(project.data / "listed")


@pytest.mark.fault(53)
def test_a_class_of_a_grouping_is_compared_as_it_looks(project: Project):
    project.params["spread"]["grouping"] = {"one": ["Bark\u200b"], "two": [" Meow"]}
    project.passes("prepare")


@pytest.mark.fault(54)
@pytest.mark.parametrize(
    ("grouping", "words"),
    [
        ("{a: [0, 1]}", "class 0 of family 'a' is a number to YAML, .*quote it.*\"0\""),
        ("{a: [x, 010]}", "class 10 of family 'a' is a number"),
        ("{a: [1e3]}", "class .* is a number to YAML, expected a name: quote it"),
        ("{a: [true]}", 'class true of family .* is a truth value .*quote it.*"true"'),
        ("{a: [null]}", "class null of family 'a' is nothing"),
        ("{a: [2026-11-27]}", "class .* is a date to YAML, expected a name: quote it"),
        ("{1: [x]}", "family 1 is a number to YAML, expected a name: quote it"),
        ("{a: [0, 1, 2]}", ".*; so are 2 more"),
    ],
)
def test_names_that_are_none_to_yaml_are_refused_by_key(tmp_path: Path, grouping: str, words: str):
    data = catalogue.settings("csv")
    data["spread"]["grouping"] = YAML(typ="safe", pure=True).load(grouping)
    path = tmp_path / "params.yaml"
    with open(path, "w", encoding="utf-8") as file:
        YAML().dump(data, file)
    with pytest.raises(ParamsError, match=rf"params\.yaml: spread\.grouping: {words}"):
        load_params(path)


@pytest.mark.fault(54)
@pytest.mark.parametrize("name", ["0", "010", "1e3", "no", "yes", "null"])
def test_quoted_names_are_taken(project: Project, name: str):
    project.table("\n".join(project.rows()).replace("Bark", name) + "\n")
    project.params["spread"]["grouping"] = {"a": [name, "Meow"]}
    project.passes("prepare")
    assert artifacts.read_classes(project.data / "listed") == sorted([name, "Meow"])


def sheet(project: Project, header: str, each: str, between: str = "\n", before: str = "", after: str = "") -> str:
    """Write the rows of a project in another form; `each` has the fields n, path, label, verified."""
    rows = []
    for n, row in enumerate(project.rows()[1:]):
        path, label, verified = row.split(",")
        rows.append(
            each.format(
                n=n,
                path=path,
                label=label,
                verified=verified,
                float=f"{verified}.0",
                word=("falsch", "WAHR")[int(verified)],
            )
        )
    return before + between.join([header, *rows, ""]) + after


FORMS = {
    "truth as a number": ("path,label,verified", "{path},{label},{float}"),
    "truth as in a German sheet": ("path;label;verified", "{path};{label};{word}"),
    "truth with a decimal comma": ("path;label;verified", "{path};{label};{verified},0"),
    "an index of pandas": (",path,label,verified", "{n},{path},{label},{verified}"),
    "an index written and read again": ("Unnamed: 0,path,label,verified", "{n},{path},{label},{verified}"),
    "an index that was reset": ("index,path,label,verified", "{n},{path},{label},{verified}"),
    "row numbers of R": ("path,label,verified", '"{n}",{path},{label},{verified}'),
    "blanks in the header": ("path, label ,verified", "{path}, {label} ,{verified}"),
    "blanks and quotes": ('path, label, "verified"', '{path}, "{label}", {verified}'),
    "tabs": ("path\tlabel\tverified", "{path}\t{label}\t{verified}"),
    "semicolons": ("path;label;verified", "{path};{label};{verified}"),
    "bars": ("path|label|verified", "{path}|{label}|{verified}"),
    "capitals in the header": ("Path,LABEL,Verified", "{path},{label},{verified}"),
    "empty columns at the end": ("path,label,verified,,", "{path},{label},{verified},,"),
    "empty cells beyond the header": ("path,label,verified", "{path},{label},{verified},,"),
    "a split with a capital": ("path,label,verified,split", "{path},{label},{verified},Train"),
    "a split in capitals": ("path,label,verified,split", "{path},{label},{verified}, TRAINING"),
}


@pytest.mark.fault(55)
@pytest.mark.parametrize(("header", "each"), FORMS.values(), ids=FORMS.keys())
def test_what_programs_write_is_read_as_it_is_meant(project: Project, header: str, each: str):
    project.passes("prepare")
    before = artifacts.read_clips(project.data / "listed")
    project.table(sheet(project, header, each))
    project.passes("prepare")
    assert artifacts.read_clips(project.data / "listed").equals(before)


@pytest.mark.fault(55)
@pytest.mark.parametrize(
    "make",
    [
        lambda text: text.replace("\n", "\r\n").encode("utf-16"),
        lambda text: ("\ufeff" + text).encode("utf-16-be"),
        lambda text: text.replace("\n", "\r").encode(),
        lambda text: ("sep=,\r\n" + text).encode(),
        lambda text: ("\ufeffsep=;\n" + text.replace(",", ";")).encode(),
        lambda text: text.replace("\n", "\n,,\n").encode(),
        lambda text: (text + "\r\n\r\n , ,\n").encode(),
    ],
    ids=["UTF-16", "UTF-16, big end first", "CR", "sep=", "sep=;", "empty rows between", "empty rows at the end"],
)
def test_encodings_ends_of_lines_and_empty_rows_are_read(project: Project, make):
    project.passes("prepare")
    before = artifacts.read_clips(project.data / "listed")
    project.table(make("\n".join([*project.rows(), ""])))
    project.passes("prepare")
    assert artifacts.read_clips(project.data / "listed").equals(before)


@pytest.mark.fault(55)
def test_another_encoding_is_refused_with_the_command_that_mends_it(project: Project):
    project.table("path,label\na.wav,M\u00f6we\n".encode("cp1252"))
    words = project.refused("prepare")
    assert "clips.csv:2: found byte 0xf6, which is not UTF-8 but probably Windows-1252" in words
    assert "iconv -f WINDOWS-1252 -t UTF-8" in words


@pytest.mark.fault(55)
@pytest.mark.parametrize(
    ("cell", "words"),
    [
        ("", "verified: found '', expected 1 or 0, true or false, yes or no; write 0 where nobody has checked"),
        ("2", "verified: found '2', expected 1 or 0"),
        ("maybe", "verified: found 'maybe', expected 1 or 0"),
    ],
)
def test_all_rows_at_fault_are_named_at_once(project: Project, cell: str, words: str):
    for line in (3, 7, 9):
        relabelled(project, line, cell, column=2)
    told = project.refused("prepare")
    assert all(f"clips.csv:{line}: {words}" in told for line in (3, 7, 9))
    assert "3 rows at fault" in told


@pytest.mark.fault(55)
def test_of_many_rows_at_fault_twenty_are_shown_and_all_counted(project: Project):
    project.add(*(f"more{n}.wav,Bark,perhaps" for n in range(400)))
    told = project.refused("prepare")
    assert told.count("clips.csv:") == 20
    assert told.endswith("400 rows at fault, of which the first 20 are shown")


@pytest.mark.fault(55)
def test_a_validation_split_is_refused_with_what_to_write(project: Project):
    rows = project.rows()
    project.table("\n".join([f"{rows[0]},split", *(f"{row},dev" for row in rows[1:]), ""]))
    assert "split 'dev', expected train or test; what is held out for validation" in project.refused("prepare")


@pytest.mark.fault(56)
def test_all_classes_of_one_clip_are_named(project: Project):
    project.add(*(f"0{n % 10}.wav/../x{n}.wav".split("/")[-1] + f",class{n},1" for n in range(40)))
    told = project.refused("prepare")
    assert told.count("all training clips lie in fold") == 20
    assert "40 classes of 42 that are too small" in told


@pytest.mark.fault(56)
def test_all_classes_without_a_verified_clip_are_named(project: Project):
    project.add(*(f"x{n}.wav,class{n},0" for n in range(40)))
    told = project.refused("prepare")
    assert all(f"'class{n}'" in told for n in range(40))


@pytest.mark.fault(56)
def test_all_labels_that_only_the_test_has_are_named(project: Project):
    rows = project.rows()
    added = [f"x{n}.wav,class{n},1,test" for n in range(5)]
    project.table("\n".join([f"{rows[0]},split", *(f"{row},train" for row in rows[1:]), *added, ""]))
    told = project.refused("prepare")
    assert all(f"label 'class{n}'" in told for n in range(5))


@pytest.mark.fault(57)
@pytest.mark.parametrize(("groups", "words"), [(1, r"in 1 group \(column group: 'g0' with 12\)"), (2, "in 2 groups")])
def test_too_few_groups_for_the_folds_are_said(project: Project, groups: int, words: str):
    project.params["folds"] = 3
    rows = project.rows()
    project.table("\n".join([f"{rows[0]},group", *(f"{row},g{i % groups}" for i, row in enumerate(rows[1:])), ""]))
    told = project.refused("prepare")
    assert re.search(words, told)
    assert told.startswith("folds: found 3, but the 12 training clips are in")
    assert "leave the column group out" in told


@pytest.mark.fault(58)
@pytest.mark.parametrize(
    "root",
    [".", "..", "data", "./data/", "data/raw", "data/raw/deep", "reports", "data/labels", "{here}", "{here}/data"],
)
def test_a_root_where_the_run_writes_is_refused_by_key(root: str, project: Project, monkeypatch):
    monkeypatch.chdir(project.folder)
    (project.folder / "dvc.yaml").write_bytes((Path(check.__file__).parents[1] / "dvc.yaml").read_bytes())
    (project.folder / "data" / "raw" / "deep").mkdir(parents=True)
    project.params["dataset"]["root"] = root.format(here=project.folder)
    project.command("prepare")
    with pytest.raises(
        DataError, match=r"^dataset\.root: found .*where a run writes; expected a folder of sounds alone"
    ):
        check.work(load_params("params.yaml"), None)


@pytest.mark.fault(58)
@pytest.mark.parametrize("root", ["data", ".", "data/raw"])
def test_prepare_alone_refuses_to_remove_what_it_is_to_read(root: str, project: Project):
    (project.folder / "data" / "raw").mkdir(parents=True)
    (project.folder / "data" / "raw" / "mine.wav").write_bytes(b"mine")
    project.params["dataset"]["root"] = root
    assert "dataset.root: found" in project.refused("prepare")
    assert (project.folder / "data" / "raw" / "mine.wav").read_bytes() == b"mine"


@pytest.mark.fault(58)
@pytest.mark.parametrize("root", ["sounds", "data/sounds", "data/mine"])
def test_a_folder_of_sounds_beside_what_a_run_writes_is_taken(root: str, project: Project, monkeypatch):
    monkeypatch.chdir(project.folder)
    (project.folder / "dvc.yaml").write_bytes((Path(check.__file__).parents[1] / "dvc.yaml").read_bytes())
    (project.folder / root).mkdir(parents=True, exist_ok=True)
    project.params["dataset"]["root"] = root
    project.command("prepare")
    check.work(load_params("params.yaml"), None)


@pytest.mark.fault(58)
def test_audio_where_the_run_writes_is_refused_by_key(project: Project, monkeypatch):
    monkeypatch.chdir(project.folder)
    (project.folder / "dvc.yaml").write_bytes((Path(check.__file__).parents[1] / "dvc.yaml").read_bytes())
    project.params["dataset"]["audio"] = "data"
    project.command("prepare")
    with pytest.raises(DataError, match=r"^dataset\.audio: found 'data', which holds 'data/raw'"):
        check.work(load_params("params.yaml"), None)
    assert "dataset.audio: found 'data'" in project.refused("prepare")


@pytest.mark.fault(66)
@pytest.mark.parametrize("column", ["label", "group", "uploader", "licence", "truth", "path"])
@pytest.mark.parametrize("sign", ["\r", "\n", "\t", "\x1b", "\x7f", "\x85", "\u2028"])
def test_control_characters_are_refused_with_the_row_in_every_column(project: Project, column: str, sign: str):
    columns = ["path", "label", "verified", "group", "uploader", "licence", "truth"]
    rows = [[*row.split(","), f"g{i}", "ann", "CC0", row.split(",")[1]] for i, row in enumerate(project.rows()[1:])]
    rows[5][columns.index(column)] = f'"a{sign}b"'
    project.table("\n".join([",".join(columns), *map(",".join, rows), ""]))
    told = project.refused("prepare")
    assert "clips.csv:7: " in told
    assert "control character" in told or "expected one relative to" in told
    assert not set(told) & {"\r", "\x1b", "\x7f", "\x85", "\u2028"}


LOOK_ALIKE = {
    "Cyrillic a": "B\u0430rk",
    "Cyrillic capital": "\u0412ark",
    "full width": "\uff22\uff41\uff52\uff4b",
    "Greek capital": "\u0392ark",
    "mathematical letters": "\U0001d401ark",
    "Latin alpha": "B\u0251rk",
    "Cyrillic and a zero width space": "B\u0430\u200brk",
}


@pytest.mark.fault(69)
@pytest.mark.parametrize("label", LOOK_ALIKE.values(), ids=LOOK_ALIKE.keys())
def test_labels_of_letters_that_look_alike_are_refused_with_the_rows(project: Project, label: str):
    relabelled(project, 4, label)
    told = project.refused("prepare")
    assert "clips.csv:4: label and truth 'Bark' (lines 2, 6, 8, 10 and 12) and" in told
    assert "look alike" in told
    assert "write both the same way" in told


@pytest.mark.fault(69)
def test_groups_that_look_alike_are_refused_but_not_for_their_case(project: Project):
    rows = project.rows()
    cells = ["ann", "\u0430nn", "AbC", "abc", *(f"g{i}" for i in range(8))]
    project.table(
        "\n".join([f"{rows[0]},group", *(f"{row},{cell}" for row, cell in zip(rows[1:], cells, strict=True)), ""])
    )
    told = project.refused("prepare")
    assert "group 'ann' (line 2) and '\u0430nn' (line 3): look alike, but for U+0430 CYRILLIC SMALL LETTER A" in told
    assert "AbC" not in told


@pytest.mark.fault(69)
@pytest.mark.parametrize(
    "labels", [("O", "0"), ("l", "1"), ("I", "l"), ("o", "ö"), ("cafe", "café"), ("собака", "dog")]
)
def test_labels_that_a_reader_tells_apart_are_taken(project: Project, labels: tuple[str, str]):
    text = "\n".join([*project.rows(), ""])
    project.table(text.replace("Bark", labels[0]).replace("Meow", labels[1]))
    project.passes("prepare")
    assert artifacts.read_classes(project.data / "listed") == sorted(labels)
