"""From a table with nothing verified to a run that can begin."""

import json
from argparse import Namespace

import pytest
import soundfile

from pipeline.audio import extraction
from pipeline.corrections import store
from pipeline.errors import DataError
from pipeline.files import artifacts
from pipeline.review.desk import Conflict
from pipeline.start import starting
from stages import prepare


def begin(project):
    return starting.prepare(project.params(), project.folder, project.corrections)


def shown(project):
    text = (project.folder / "reports" / "explorer" / "data.js").read_text(encoding="utf-8")
    return json.loads(text.removeprefix("window.EARMARK_DATA = ").removesuffix(";\n"))


def row(clip, decision, given, new=""):
    return dict.fromkeys(store.COLUMNS, "") | {
        "clip_id": clip,
        "given_label": given,
        "decision": decision,
        "new_label": new,
    }


def cells(project):
    return {line.split(",")[0]: line.split(",")[1:] for line in project.table.read_text().splitlines()[1:]}


def prepared(project):
    at = Namespace(raw=project.root / "data" / "raw", listed=project.root / "data" / "listed")
    prepare.work(project.params(), at)
    return artifacts.read_clips(at.listed).set_index("clip_id")


def test_a_set_with_nothing_verified_can_be_listened_to_and_then_run(project):
    with pytest.raises(DataError, match="found no verified training clip"):
        prepared(project)
    desk = begin(project)
    data = shown(project)
    assert data["start"] is True
    assert len(data["queue"]["rows"]) == 18
    asked = [data["clips"]["id"][i] for i in data["queue"]["rows"][:9]]
    given = {clip: label for clip, (label, *_) in cells(project).items()}
    assert all({given[clip] for clip in asked[i : i + 3]} == {"high", "low", "mid"} for i in (0, 3, 6))
    desk.save([row(clip, "accept", given[clip]) for clip in asked], [])
    clips = prepared(project)
    assert clips.index[clips["verified"]].tolist() == sorted(asked)
    assert starting.summary(desk, project.folder)[-1] == "next      make repro"


def test_a_relabel_is_a_verified_label_and_a_reject_goes_to_the_corrections(project):
    desk = begin(project)
    desk.save(
        [row("00.wav", "relabel", "high", "mid"), row("01.wav", "reject", "low"), row("02.wav", "unsure", "mid")], []
    )
    assert cells(project)["00.wav"] == ["mid", "1", "day 0"]
    assert cells(project)["01.wav"] == ["low", "0", "day 0"]
    assert cells(project)["02.wav"] == ["mid", "0", "day 0"]
    assert store.read(project.corrections)["clip_id"].tolist() == ["01.wav"]
    assert [entry["clip_id"] for entry in desk.rows()] == ["00.wav", "01.wav", "02.wav"]


def test_what_is_taken_back_is_as_it_was_in_both_files(project):
    store.write(project.corrections, store.read(project.corrections))
    before = project.table.read_bytes(), project.corrections.read_bytes()
    desk = begin(project)
    desk.save([row("00.wav", "accept", "high"), row("01.wav", "reject", "low")], [])
    assert (project.table.read_bytes(), project.corrections.read_bytes()) != before
    desk.save([], ["00.wav", "01.wav"])
    assert (project.table.read_bytes(), project.corrections.read_bytes()) == before


def test_the_next_start_goes_on_with_what_was_verified(project):
    begin(project).save([row("00.wav", "accept", "high")], [])
    desk = begin(project)
    data = shown(project)
    at = data["clips"]["id"].index("00.wav")
    assert data["statuses"][data["clips"]["status"][at]] == "verified"
    assert at not in data["queue"]["rows"]
    assert desk.rows() == []
    desk.save([row("03.wav", "accept", "high")], [])
    assert [clip for clip, (_, verified, _) in cells(project).items() if verified == "1"] == ["00.wav", "03.wav"]


def test_features_are_made_again_only_for_other_sounds_or_settings(project, monkeypatch):
    made, whole = [], extraction.extract_all
    monkeypatch.setattr(extraction, "extract_all", lambda *a, **k: made.append(1) or whole(*a, **k))
    for _ in range(2):
        begin(project)
    assert len(made) == 1
    y, rate = soundfile.read(project.table.parent / "00.wav")
    soundfile.write(project.table.parent / "00.wav", y[:-100], rate)
    begin(project)
    project.given["features"]["n_mels"] = 12
    begin(project)
    assert len(made) == 3


def test_an_edit_of_either_file_while_one_listens_is_kept_and_told(project):
    desk = begin(project)
    project.corrections.write_text(",".join(store.COLUMNS) + "\n05.wav,mid,,unsure,,Ada,,\n")
    with pytest.raises(Conflict, match=r"corrections\.csv: somebody else has changed it"):
        desk.save([row("00.wav", "accept", "high")], [])
    assert cells(project)["00.wav"][1] == "0"
    assert "Ada" in project.corrections.read_text()


def test_what_was_noticed_of_the_sounds_is_on_the_page(project):
    soundfile.write(project.table.parent / "00.wav", [0.0] * 4000, 8000)
    (project.table.parent / "01.wav").write_bytes(b"no sound")
    project.given["features"]["max_quarantined"] = 0.2
    begin(project)
    data = shown(project)
    kinds = [kind["name"] for kind in data["problems"]["kinds"]]
    assert {"silent", "quarantined"} <= set(kinds)
    assert [kinds[kind] for kind, *_ in data["problems"]["of"]["1"]] == ["quarantined"]
    assert 1 not in data["queue"]["rows"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"name": "esc50"}, r"dataset\.name: found esc50, expected csv"),
        (
            {"simulate_noise": {"verified_fraction": 0.2, "rate": 0.3, "kind": {"symmetric": {}}}},
            r"dataset\.simulate_noise: found settings",
        ),
    ],
)
def test_other_data_sets_are_refused_by_key(project, change, message):
    project.given["dataset"] |= change
    with pytest.raises(DataError, match=message):
        begin(project)


def test_one_class_is_refused(project):
    project.table.write_text("path,label,verified\n00.wav,high,0\n")
    with pytest.raises(DataError, match="found 1 training clips of 1 classes, expected two classes or more"):
        begin(project)


def test_the_summary_names_classes_without_any(project):
    desk = begin(project)
    desk.save([row("00.wav", "accept", "high")], [])
    first, few, none = starting.summary(desk, project.folder)
    assert "1 clips more" in first
    assert few.endswith("of high")
    assert "of low, mid: a run needs at least one of each class" in none
