"""The `earmark` command: labels for audio that was not in the run."""

import csv
import json
import os
import shutil
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import h5py
import numpy as np
import pytest
import soundfile

from pipeline.files import artifacts, formats, frames
from stages import cli

pytestmark = pytest.mark.keras


@pytest.fixture
def earmark(monkeypatch, capsys):
    """Run the command in this process; return its exit code and what it printed."""

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["earmark", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        shown, code = capsys.readouterr(), ended.value.code
        said = shown.err + (f"{code}\n" if isinstance(code, str) else "")
        return (1 if isinstance(code, str) else code or 0), shown.out, said

    return run


def predicted(out: str) -> dict[str, dict[str, float]]:
    """Probabilities by file name and label, from JSON."""
    return {Path(c["path"]).stem: {e["label"]: e["probability"] for e in c["labels"]} for c in json.loads(out)}


def rows_of(trained) -> tuple[list[str], np.ndarray]:
    index = frames.read_features(trained.run / "features")
    return list(index.index["clip_id"]), index.ok


class TestSameAsTheRun:
    def test_the_networks_learnt_something(self, trained):
        """Else the tests below could not tell one clip's answer from another's."""
        probs = trained.probs("ensemble")
        _, ok = rows_of(trained)
        assert np.ptp(probs[ok], axis=0).max() > 0.2
        assert np.abs(trained.probs("members/one") - trained.probs("members/two"))[ok].max() > 0.01

    def test_every_clip_gets_the_probabilities_of_the_run(self, trained, earmark, monkeypatch, tmp_path):
        # Another params.yaml where the command runs: it must not be looked at.
        (tmp_path / "params.yaml").write_text("features: {kind: waveform, sr: 44100}\n")
        monkeypatch.chdir(tmp_path)
        ids, ok = rows_of(trained)
        paths = [trained.raw / f"{clip_id}.wav" for clip_id, usable in zip(ids, ok, strict=True) if usable]
        code, out, _ = earmark("predict", "--run", trained.run, "--json", "--top", 4, *paths)
        assert code == 0
        classes = artifacts.read_classes(trained.run / "clips")
        found = predicted(out)
        got = np.array([[found[clip_id][name] for name in classes] for clip_id in np.array(ids)[ok]])
        np.testing.assert_allclose(got, trained.probs("ensemble")[ok], atol=2e-6)

    def test_each_member_alone_gives_its_own(self, trained):
        from pipeline.audio import extraction
        from pipeline.ensemble import tagging
        from pipeline.members import saved

        tagger = tagging.load_tagger(trained.run / "ensemble", trained.run / "members")
        assert tagger.features.sr == 8000
        assert tagger.features.settings["n_mels"] == 16
        ids, ok = rows_of(trained)
        row = int(np.flatnonzero(ok)[-1])
        frames = extraction.extract_file(trained.raw / f"{ids[row]}.wav", tagger.features)
        for name, (network, card) in zip(trained.params.members, tagger.networks, strict=True):
            probs = saved.probabilities(network, card, [frames, None])
            np.testing.assert_allclose(probs[0], trained.probs(f"members/{name}")[row], atol=1e-6)
            assert np.isnan(probs[1]).all()

    def test_the_company_of_other_clips_changes_nothing(self, trained, earmark):
        alone = earmark("predict", "--run", trained.run, "--json", trained.raw / "low0.wav")[1]
        beside = earmark("predict", "--run", trained.run, "--json", trained.raw / "rattle1.wav", trained.raw)[1]
        first, second = predicted(alone)["low0"], predicted(beside)["low0"]
        assert list(first) == list(second)
        np.testing.assert_allclose(list(first.values()), list(second.values()), atol=2e-6)


class TestForms:
    def test_a_table_of_three_labels_a_clip(self, trained, earmark):
        path = trained.raw / "high0.wav"
        code, out, err = earmark("predict", "--run", trained.run, path)
        assert code == 0
        (line,) = out.splitlines()
        assert line.startswith(str(path))
        assert line.count("%") == 3
        assert "not labelled" not in err

    def test_json(self, trained, earmark):
        out = earmark("predict", "--run", trained.run, "--json", "--top", 2, trained.raw / "high0.wav")[1]
        (clip,) = json.loads(out)
        assert clip["path"] == str(trained.raw / "high0.wav")
        assert clip["problem"] is None
        values = [entry["probability"] for entry in clip["labels"]]
        assert len(values) == 2
        assert values == sorted(values, reverse=True)

    def test_csv(self, trained, earmark, tmp_path):
        path = shutil.copy(trained.raw / "high0.wav", tmp_path / 'a, "b".wav')
        out = earmark("predict", "--run", trained.run, "--csv", path)[1]
        rows = list(csv.DictReader(out.splitlines()))
        assert [row["rank"] for row in rows] == ["1", "2", "3"]
        assert {row["path"] for row in rows} == {str(path)}
        assert {row["label"] for row in rows} <= {"high", "low", "middle", "rattle"}
        assert all(0 <= float(row["probability"]) <= 1 for row in rows)

    def test_more_labels_than_classes_gives_all(self, trained, earmark):
        out = earmark("predict", "--run", trained.run, "--json", "--top", 99, trained.raw / "high0.wav")[1]
        found = predicted(out)["high0"]
        assert len(found) == 4
        assert sum(found.values()) == pytest.approx(1, abs=1e-5)

    def test_a_folder_gives_its_audio_sorted_whatever_else_lies_there(self, trained, earmark, tmp_path):
        for name in ("b.wav", "deep/a.WAV", "a.wav"):
            (tmp_path / name).parent.mkdir(exist_ok=True)
            shutil.copy(trained.raw / "low0.wav", tmp_path / name)
        (tmp_path / "notes.txt").write_text("not audio")
        code, out, _ = earmark("predict", "--run", trained.run, "--json", tmp_path)
        assert code == 0
        assert [clip["path"] for clip in json.loads(out)] == [
            str(tmp_path / name) for name in ("a.wav", "b.wav", "deep/a.WAV")
        ]

    def test_other_rates_channels_and_formats_are_read(self, trained, earmark, tmp_path):
        y, sr = soundfile.read(trained.raw / "low0.wav")
        soundfile.write(tmp_path / "stereo.flac", np.stack([y, y], axis=1), sr)
        _, out, _ = earmark("predict", "--run", trained.run, "--json", trained.raw / "low0.wav", tmp_path)
        found = predicted(out)
        assert found["stereo"] == pytest.approx(found["low0"], abs=1e-3)


class TestWhatCannotBeLabelled:
    def test_an_unreadable_file_is_named_and_the_others_are_labelled(self, trained, earmark, tmp_path):
        (tmp_path / "noise.wav").write_text("this is no audio")
        paths = [trained.raw / "high0.wav", tmp_path / "noise.wav", trained.raw / "low0.wav"]
        code, out, err = earmark("predict", "--run", trained.run, "--json", *paths)
        assert code == 1
        clips = json.loads(out)
        assert [len(clip["labels"]) for clip in clips] == [3, 0, 3]
        assert clips[1]["problem"] == "not audio"
        assert f"{tmp_path / 'noise.wav'}: not labelled: not audio" in err
        # The one that cannot be read does not move the answers of the others.
        assert predicted(out)["low0"] == pytest.approx(
            predicted(earmark("predict", "--run", trained.run, "--json", paths[2])[1])["low0"], abs=2e-6
        )

    def test_what_was_noticed_of_a_sound_stands_beside_its_labels(self, trained, earmark, tmp_path):
        soundfile.write(tmp_path / "silence.wav", np.zeros(8000), 8000)
        shutil.copy(trained.raw / "low0.wav", tmp_path / "sound.wav")
        (tmp_path / "notes.txt").write_text("not audio")
        code, out, err = earmark("predict", "--run", trained.run, "--json", tmp_path)
        assert code == 0
        silence, sound = json.loads(out)
        assert "silent" in silence["flags"]
        assert "silent" not in sound["flags"]
        assert f"silent: no sound at all: {tmp_path / 'silence.wav'}" in err
        assert "left out, as their endings are of no sound: 1 .txt" in err
        rows = list(csv.DictReader(earmark("predict", "--run", trained.run, "--csv", tmp_path)[1].splitlines()))
        assert [row["flags"].split(":")[0].split(";")[0] for row in rows[:3]] == ["silent"] * 3
        assert "silent" in earmark("predict", "--run", trained.run, tmp_path)[1].splitlines()[0]

    @pytest.mark.parametrize("form", [[], ["--csv"], ["--json"]])
    def test_nothing_but_unreadable_files(self, trained, earmark, tmp_path, form):
        (tmp_path / "empty.wav").write_bytes(b"")
        code, out, err = earmark("predict", "--run", trained.run, *form, tmp_path / "empty.wav")
        assert code == 1
        assert "not labelled" in err
        assert "%" not in out

    @pytest.mark.parametrize(
        ("name", "words"), [("nowhere.wav", "no such file or folder"), ("silent", "no audio in this folder")]
    )
    def test_a_path_without_audio_is_refused(self, trained, earmark, tmp_path, name, words):
        (tmp_path / "silent").mkdir()
        code, out, err = earmark("predict", "--run", trained.run, trained.raw / "low0.wav", tmp_path / name)
        assert (code, out) == (1, "")
        assert err.startswith(f"error: {tmp_path / name}: {words}")

    @pytest.mark.parametrize("count", ["0", "-1", "three", "1.5", "²", ""])
    def test_a_number_of_labels_that_is_none_is_refused(self, earmark, count):
        code, _, err = earmark("predict", f"--top={count}", "x.wav")
        assert code == 2
        assert f"expected a number of labels from 1 on, found {count!r}" in err

    def test_json_and_csv_at_once_are_refused(self, earmark):
        assert earmark("predict", "--json", "--csv", "x.wav")[0] == 2

    def test_before_any_run_it_says_what_to_do(self, trained, earmark, tmp_path):
        code, _, err = earmark("predict", "--run", tmp_path, trained.raw / "low0.wav")
        assert code == 1
        assert "ensemble.json: missing; run `dvc repro` to make it" in err


def edit(path: Path, **changes: object) -> None:
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


class TestMembersThatDoNotBelongTogether:
    def refused(self, earmark, copy):
        code, out, err = earmark("predict", "--run", copy.run, copy.raw / "low0.wav")
        assert (code, out) == (1, "")
        assert err.startswith(f"error: {copy.run}")
        assert "dvc repro" in err or "train it again" in err
        return err

    def test_a_mean_that_does_not_exist_is_not_taken_for_another(self, earmark, copy):
        edit(copy.run / "ensemble" / "ensemble.json", method="harmonic")
        assert "method 'harmonic', expected geometric or arithmetic or weighted" in self.refused(earmark, copy)

    def test_a_member_without_its_card(self, earmark, copy):
        (copy.run / "members" / "two" / "member.json").unlink()
        assert "two/member.json: missing; a model is of no use without its settings" in self.refused(earmark, copy)

    def test_a_member_without_its_weights(self, earmark, copy):
        (copy.run / "members" / "two" / "weights.weights.h5").unlink()
        assert "two/weights.weights.h5: missing" in self.refused(earmark, copy)

    def test_weights_swapped_between_members(self, earmark, copy):
        one, two = (copy.run / "members" / name / "weights.weights.h5" for name in ("one", "two"))
        os.replace(one, one.with_name("kept"))
        os.replace(two, one)
        os.replace(one.with_name("kept"), two)
        assert "one/weights.weights.h5: not the weights that member.json describes" in self.refused(earmark, copy)

    def test_weights_with_one_byte_changed(self, earmark, copy):
        path = copy.run / "members" / "two" / "weights.weights.h5"
        content = bytearray(path.read_bytes())
        content[len(content) // 2] ^= 1
        path.write_bytes(content)
        assert "two/weights.weights.h5: not the weights" in self.refused(earmark, copy)

    def test_a_card_of_another_network(self, earmark, copy):
        path = copy.run / "members" / "two" / "member.json"
        card = json.loads(path.read_text())
        edit(path, network=card["network"] | {"width": 5})
        assert "two/weights.weights.h5: weights do not fit the network" in self.refused(earmark, copy)

    def test_members_made_with_other_features(self, earmark, copy):
        path = copy.run / "members" / "two" / "member.json"
        edit(path, features=json.loads(path.read_text())["features"] | {"trim_db": 60})
        assert "two/member.json: made with other features than one" in self.refused(earmark, copy)

    def test_members_of_other_classes(self, earmark, copy):
        path = copy.run / "members" / "two" / "member.json"
        edit(path, classes=["low", "high", "middle", "rattle"])
        assert "two/member.json: made with other classes than one" in self.refused(earmark, copy)

    def test_a_card_that_lacks_a_part(self, earmark, copy):
        path = copy.run / "members" / "one" / "member.json"
        card = json.loads(path.read_text())
        del card["features"], card["classes"]
        path.write_text(json.dumps(card))
        assert "one/member.json: lacks classes, features" in self.refused(earmark, copy)

    @pytest.mark.parametrize(
        "changes",
        [
            {"classes": 3},
            {"classes": ["low", 3]},
            {"features": []},
            {"features": {"n_bins": 10**12}},
            {"features": {"n_bins": 16, "kind": "mel", "sr": 1e12, "trim_db": 60, "max_seconds": 1, "settings": {}}},
            {"features": {"n_bins": 16, "kind": "mel", "settings": 3}},
            {"network": ["vgg"]},
            {"network": {"name": "vgg", "width": 10**12}},
            {"network": {"name": "../vgg"}},
            {"patches": {"crop": {"frames": 10**15}}},
            {"patches": {"crop": {"frames": "mean"}}},
            {"patches": 3},
        ],
        ids=str,
    )
    def test_a_card_of_absurd_parts(self, earmark, copy, changes):
        edit(copy.run / "members" / "two" / "member.json", **changes)
        edit(copy.run / "members" / "one" / "member.json", **changes)
        assert "one/member.json: damaged" in self.refused(earmark, copy)

    @pytest.mark.parametrize("text", ["[]", "3", "null", '"card"'])
    def test_a_card_that_is_none(self, earmark, copy, text):
        (copy.run / "members" / "one" / "member.json").write_text(text)
        assert "one/member.json: lacks classes, features" in self.refused(earmark, copy)

    @pytest.mark.parametrize("bad", ["a bomb", "text", "texts", "an empty file", "cut"])
    def test_weights_that_are_none_but_have_the_right_checksum(self, earmark, copy, bad):
        path = copy.run / "members" / "one" / "weights.weights.h5"
        if bad in ("a bomb", "texts"):
            with h5py.File(path, "w") as file:
                if bad == "a bomb":
                    file.create_dataset("a", (10**9,), "f4", compression="gzip", chunks=(10**6,))
                else:
                    file["layers"] = ["no", "numbers"]
        else:
            good = path.read_bytes()
            path.write_bytes({"text": b"hello", "an empty file": b"", "cut": good[: len(good) // 2]}[bad])
        edit(copy.run / "members" / "one" / "member.json", weights_sha256=sha256(path.read_bytes()).hexdigest())
        assert "one/weights.weights.h5: " in self.refused(earmark, copy)

    @pytest.mark.parametrize("weights", [[], 3, {"one": "0.5"}, {"../one": 1.0}, {"one": True}, {"one": -1}, {"": 1}])
    def test_an_ensemble_of_absurd_weights(self, earmark, copy, weights):
        edit(copy.run / "ensemble" / "ensemble.json", weights=weights)
        assert "ensemble.json: lacks method or weights" in self.refused(earmark, copy)

    def test_an_ensemble_that_lacks_its_weights(self, earmark, copy):
        (copy.run / "ensemble" / "ensemble.json").write_text('{"method": "geometric"}')
        assert "ensemble.json: lacks method or weights" in self.refused(earmark, copy)

    def test_a_member_that_is_gone(self, earmark, copy):
        shutil.rmtree(copy.run / "members" / "two")
        assert "two/member.json: missing" in self.refused(earmark, copy)


def test_a_member_not_in_the_ensemble_is_not_swept_in(trained, copy, earmark):
    folder = copy.run / "members" / "left_over"
    folder.mkdir()
    (folder / "member.json").write_text("not even JSON")
    path = trained.raw / "low0.wav"
    expected = earmark("predict", "--run", trained.run, "--json", path)[1]
    assert earmark("predict", "--run", copy.run, "--json", path)[1] == expected


def test_weights_of_the_ensemble_count(trained, copy, earmark):
    recipe = {"method": "weighted", "weights": {"one": 1.0, "two": 0.0}}
    formats.write_json(copy.run / "ensemble" / "ensemble.json", recipe)
    out = earmark("predict", "--run", copy.run, "--json", "--top", 4, trained.raw / "low0.wav")[1]
    ids, _ = rows_of(trained)
    expected = trained.probs("members/one")[ids.index("low0")]
    classes = artifacts.read_classes(trained.run / "clips")
    assert predicted(out)["low0"] == pytest.approx(dict(zip(classes, map(float, expected), strict=True)), abs=2e-6)


def test_help_and_version_load_no_tensorflow(root):
    code = (
        "import sys\nfrom stages import cli\nsys.argv = ['earmark', *sys.argv[1:]]\n"
        "try:\n    cli.main()\nexcept SystemExit as end:\n    assert not end.code\n"
        "print('tensorflow' in sys.modules or 'keras' in sys.modules)"
    )
    for arguments in (["predict", "--help"], ["--version"]):
        done = subprocess.run(
            [sys.executable, "-c", code, *arguments], cwd=root, capture_output=True, text=True, check=True
        )
        assert done.stdout.splitlines()[-1] == "False"
        assert done.stdout.startswith("usage: earmark predict" if "--help" in arguments else "earmark ")
