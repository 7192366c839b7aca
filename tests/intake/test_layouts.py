"""Each layout in which labels come: a small specimen of it, what is understood, and that `prepare` takes it."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.intake.conftest import lines, rows, sound


def esc50(folder: Path) -> None:
    made = []
    for fold in range(1, 6):
        for target, name in enumerate(("dog", "rain")):
            for take in "AB":
                file = f"{fold}-{fold}{target}01-{take}-{target}.wav"
                sound(folder / "audio" / file)
                made.append(f"{file},{fold},{target},{name},{target == 0},{fold}{target}01,{take}")
    lines(folder / "meta/esc50.csv", "filename,fold,target,category,esc10,src_file,take", *made)


def urbansound(folder: Path) -> None:
    made = []
    for source in range(20):
        for piece in range(2):
            file = f"{1000 + source}-{source % 2}-0-{piece}.wav"
            sound(folder / f"audio/fold{source % 10 + 1}" / file)
            name = ("siren", "drilling")[source % 2]
            made.append(f"{file},{1000 + source},0.0,4.0,1,{source % 10 + 1},{source % 2},{name}")
    lines(folder / "metadata/UrbanSound8K.csv", "slice_file_name,fsID,start,end,salience,fold,classID,class", *made)


def fsd50k(folder: Path) -> None:
    parts: dict[str, list[str]] = {"dev": [], "eval": []}
    for number in range(40):
        part = "eval" if number % 5 == 0 else "dev"
        sound(folder / f"FSD50K.{part}_audio" / f"{number}.wav")
        labels = ("Bark,Dog,Animal", "Meow,Cat,Animal", "Bark,Meow,Dog,Cat,Animal")[2 if number > 37 else number % 2]
        split = f",{'val' if number % 7 == 0 else 'train'}" if part == "dev" else ""
        parts[part].append(f'{number},"{labels}","/m/1,/m/2"{split}')
    lines(folder / "FSD50K.ground_truth/dev.csv", "fname,labels,mids,split", *parts["dev"])
    lines(folder / "FSD50K.ground_truth/eval.csv", "fname,labels,mids", *parts["eval"])
    lines(folder / "FSD50K.ground_truth/vocabulary.csv", "0,Animal,/m/1", "1,Bark,/m/2")


def kaggle2018(folder: Path) -> None:
    train, test = [], []
    for number in range(24):
        sound(folder / "FSDKaggle2018.audio_train" / f"{number:08x}.wav")
        train.append(f"{number:08x}.wav,{('Bark', 'Cello')[number % 2]},{int(number < 12)},{7000 + number},Attribution")
    for number in range(100, 108):
        sound(folder / "FSDKaggle2018.audio_test" / f"{number:08x}.wav")
        kind = ("Public", "Ignored")[number > 105]
        label = "None" if kind == "Ignored" else ("Bark", "Cello")[number % 2]
        test.append(f"{number:08x}.wav,{label},{kind},{7000 + number},Creative Commons 0")
    meta = folder / "FSDKaggle2018.meta"
    lines(meta / "train_post_competition.csv", "fname,label,manually_verified,freesound_id,license", *train)
    lines(meta / "test_post_competition_scoring_clips.csv", "fname,label,usage,freesound_id,license", *test)


def kaggle2019(folder: Path) -> None:
    for part, first in (("train_curated", 0), ("train_noisy", 100), ("test", 200)):
        made = []
        for number in range(first, first + 16):
            sound(folder / f"FSDKaggle2019.audio_{part}" / f"{number:08x}.wav")
            labels = '"Bark,Meow"' if number % 8 == 7 else ("Bark", "Meow")[number % 2]
            made.append(f"{number:08x}.wav,{labels}")
        lines(folder / "FSDKaggle2019.meta" / f"{part}_post_competition.csv", "fname,labels", *made)


def audiofolder(folder: Path) -> None:
    for part, count in (("train", 16), ("test", 6)):
        made = []
        for number in range(count):
            sound(folder / part / f"{number}.wav")
            made.append(f"{number}.wav,{('dog', 'cat')[number % 2]}")
        lines(folder / part / "metadata.csv", "file_name,label", *made)


def audiofolder_json(folder: Path) -> None:
    made = []
    for number in range(24):
        sound(folder / "data" / f"{number}.wav")
        made.append(json.dumps({"file_name": f"data/{number}.wav", "label": ("dog", "cat")[number % 2], "length": 0.1}))
    lines(folder / "metadata.jsonl", *made)


def audacity(folder: Path) -> None:
    for number in range(24):
        sound(folder / f"take {number}.wav")
        label = ("dog", "cat")[number % 2]
        marks = [f"0.000000\t0.010000\t{label}", "\\\t100.0\t2000.0"]
        lines(folder / f"take {number}.txt", *marks, *(["0.005\t0.006\tbird"] if number == 23 else []))


def spreadsheet(folder: Path) -> None:
    made = []
    for number in range(40):
        sound(folder / f"f{number:03d}.wav")
        state = ("WAHR", "FALSCH")[number % 2]
        made.append(f"F{number:03d}.WAV;{('Möwe', 'Hund')[number // 2 % 2]};{state};Gerät {number // 4};")
    lines(folder / "liste.csv", "Datei;Tier;Geprüft;Aufnahme;Notiz", *made, ";;;;", encoding="utf-16")


def own_tsv(folder: Path) -> None:
    made = []
    for number in range(30):
        sound(folder / "clips" / f"{number:03d}.wav")
        made.append(
            f"{number}\t{number:03d}\t{('dog', 'cat')[number % 2]}\tspeaker{number // 3}\t{1.0 if number % 3 else 0.0}"
        )
    lines(folder / "list.tsv", "\tid\tspecies\tspeaker_id\tchecked", *made)


def a_folder_a_class(folder: Path) -> None:
    for name in ("dog", "cat", "Möwe"):
        for number in range(10):
            sound(folder / name / f"{name}_{number}.wav")


def split_and_class(folder: Path) -> None:
    for part, count in (("train", 10), ("valid", 3), ("test", 4)):
        for name in ("dog", "cat"):
            for number in range(count):
                sound(folder / part / name / f"{part}{number}.wav")


def families(folder: Path) -> None:
    for family, names in (("animals", ("dog", "cat")), ("the street", ("horn", "siren"))):
        for name in names:
            for number in range(10):
                sound(folder / family / name / f"{number}.wav")


def speaker_and_class(folder: Path) -> None:
    for speaker in range(8):
        for name in ("angry", "calm"):
            for number in range(3):
                sound(folder / f"s{speaker:02d}" / name / f"{number}.wav")


def digits(folder: Path) -> None:
    for digit in range(3):
        for speaker in ("ada", "bob", "cyd", "dan", "eve"):
            for take in range(3):
                sound(folder / "recordings" / f"{digit}_{speaker}_{take}.wav")


def numbered_words(folder: Path) -> None:
    for name in ("dog", "night owl"):
        for number in range(12):
            sound(folder / f"{name}-{number:03d}.wav")


def ravdess(folder: Path) -> None:
    for actor in range(1, 9):
        for emotion in (1, 2, 3):
            sound(folder / f"Actor_{actor:02d}" / f"03-01-{emotion:02d}-01-01-01-{actor:02d}.wav")


# Of each: classes with counts, how many are verified, groups, tested, and options.
LAYOUTS: dict[str, tuple[Callable[[Path], None], dict[str, int], int, int, int, tuple[str, ...]]] = {
    "ESC-50": (esc50, {"dog": 10, "rain": 10}, 20, 10, 0, ()),
    "UrbanSound8K": (urbansound, {"siren": 20, "drilling": 20}, 40, 20, 0, ()),
    "FSD50K": (fsd50k, {"Bark": 19, "Meow": 19}, 38, 0, 8, ()),
    "FSDKaggle2018": (kaggle2018, {"Bark": 15, "Cello": 15}, 18, 32, 8, ()),
    "FSDKaggle2019": (kaggle2019, {"Bark": 24, "Meow": 18}, 28, 0, 16, ()),
    "AudioFolder": (audiofolder, {"dog": 11, "cat": 11}, 22, 0, 6, ("--verified", "all")),
    "AudioFolder, JSON": (audiofolder_json, {"dog": 12, "cat": 12}, 24, 0, 0, ("--verified", "all")),
    "Audacity": (audacity, {"dog": 12, "cat": 11}, 23, 0, 0, ("--verified", "all")),
    "a spreadsheet": (spreadsheet, {"Möwe": 20, "Hund": 20}, 20, 10, 0, ()),
    "one's own TSV": (own_tsv, {"dog": 15, "cat": 15}, 20, 10, 0, ()),
    "a folder a class": (a_folder_a_class, {"dog": 10, "cat": 10, "Möwe": 10}, 30, 0, 0, ("--verified", "all")),
    "train and test": (split_and_class, {"dog": 17, "cat": 17}, 34, 0, 8, ("--verified", "all")),
    "families": (families, dict.fromkeys(("dog", "cat", "horn", "siren"), 10), 40, 0, 0, ("--verified", "all")),
    "speakers": (speaker_and_class, {"angry": 24, "calm": 24}, 48, 8, 0, ("--verified", "all")),
    "spoken digits": (digits, {"0": 15, "1": 15, "2": 15}, 45, 5, 0, ("--verified", "all")),
    "words and numbers": (numbered_words, {"dog": 12, "night owl": 12}, 24, 0, 0, ("--verified", "all")),
    "RAVDESS": (ravdess, {"01": 8, "02": 8, "03": 8}, 24, 8, 0, ("--labels", "name", "--verified", "all")),
}


@pytest.mark.parametrize("name", LAYOUTS)
def test_a_layout_is_understood_and_prepared(name: str, folder: Path, project: Path, new, prepare):
    make, classes, verified, groups, tested, options = LAYOUTS[name]
    make(folder)
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    told = new(folder, "--write", *options)
    written = rows(project / "data/sounds/clips.csv")
    labels = [row["label"] for row in written if row["label"]]
    assert {label: labels.count(label) for label in labels} == classes, told
    assert sum(row["verified"] == "1" for row in written) == verified, told
    assert len({row.get("group", "") for row in written} - {""}) == groups, told
    assert sum(row.get("split") == "test" for row in written) == tested, told
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*")} == before
    assert f"{len(written)} clips of {len(classes)} classes" in prepare(), told


def test_what_was_taken_of_several_labels_is_said(folder: Path, new):
    fsd50k(folder)
    told = new(folder)
    assert "FSD50K gives a clip several labels: taken is the one from which the others follow" in told
    assert "2 clips have several labels; Earmark gives one label a clip, so these were left without" in told


def test_clips_with_marks_of_several_labels_are_left_without(folder: Path, new):
    audacity(folder)
    assert "1 sounds have marks of several labels; Earmark gives one label a clip" in new(folder)


def test_families_become_the_grouping(folder: Path, project: Path, new):
    families(folder)
    new(folder, "--write")
    assert "grouping: {animals: [cat, dog], the_street: [horn, siren]}" in (project / "params.yaml").read_text()


def test_licences_travel_into_the_table(folder: Path, project: Path, new, prepare):
    kaggle2018(folder)
    new(folder, "--write")
    assert "32 clips of 2 classes" in prepare()
    assert {row["licence"] for row in rows(project / "data/listed/clips.csv")} == {"Attribution", "Creative Commons 0"}


def test_speakers_that_are_no_classes_are_suspected(folder: Path, new):
    for part, names in (("an4_clstk", "abc"), ("an4test_clstk", "xyz")):
        for name in names:
            for number in range(4):
                sound(folder / part / name / f"{number}.wav")
    assert "they may be speakers or places, not classes" in new(folder)


def test_files_of_the_same_name_are_told_apart_by_what_the_row_says(folder: Path, project: Path, new):
    for name in ("click", "noise"):
        for number in range(6):
            sound(folder / name / f"{number:03d}.wav")
    made = [f"{number:03d}.wav,{name}" for name in ("click", "noise") for number in range(6)]
    lines(folder / "table.csv", "file,label", *made)
    new(folder, "--write")
    written = (project / "data/sounds/clips.csv").read_text().splitlines()
    assert "click/000.wav,click,0" in written
    assert "noise/005.wav,noise,0" in written
