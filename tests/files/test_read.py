"""What is read back: as it was written, or refused with the file's name."""

import io

import numpy as np
import pandas as pd
import pytest

from pipeline.errors import ArtifactError
from pipeline.files import artifacts, formats, frames

HEADER = "clip_id,path,label,verified,split,fold,group\n"
ROW = "a,a.wav,Bark,True,train,0,g\n"


def npy(array, **settings):
    with io.BytesIO() as file:
        np.save(file, array, **settings)
        return file.getvalue()


GOOD = npy(np.ones((4, 3), np.float32))


class TestTables:
    def test_cells_stay_text(self, tmp_path):
        table = pd.DataFrame({"label": ["NA", "", "null", "1e3", "007", "True", 'say "a, b"', "Ä\nö"]})
        formats.write_table(tmp_path / "a.csv", table)
        assert formats.read_table(tmp_path / "a.csv")["label"].tolist() == table["label"].tolist()

    @pytest.mark.parametrize("content", [b"", b"\xff\xfea,b\n1,2\n", b'a,b\n"1,2\n', b"a,b\n1,2\n1,2,3\n"])
    def test_what_is_no_table_is_refused(self, tmp_path, content):
        (tmp_path / "a.csv").write_bytes(content)
        with pytest.raises(ArtifactError, match=r"a\.csv: not a readable CSV .*remove it and run `dvc repro`"):
            formats.read_table(tmp_path / "a.csv")

    @pytest.mark.parametrize(
        "read",
        [formats.read_table, formats.read_json, lambda path: formats.read_array(path, shape=(None,))],
        ids=["table", "json", "array"],
    )
    def test_a_missing_file_and_a_folder_are_named(self, tmp_path, read):
        with pytest.raises(ArtifactError, match="nowhere: missing; run `dvc repro` to make it"):
            read(tmp_path / "nowhere")
        with pytest.raises(ArtifactError, match=f"{tmp_path.name}: not .*remove it"):
            read(tmp_path)

    @pytest.mark.parametrize("content", [b"", b"{", b"\xff", b"[1,]"])
    def test_what_is_no_json_is_refused(self, tmp_path, content):
        (tmp_path / "a.json").write_bytes(content)
        with pytest.raises(ArtifactError, match=r"a\.json: not JSON"):
            formats.read_json(tmp_path / "a.json")


class TestArrays:
    def read(self, folder, content):
        (folder / "a.npy").write_bytes(content)
        return formats.read_array(folder / "a.npy", shape=(None, 3))

    def test_a_good_array_comes_back_read_only(self, tmp_path):
        array = self.read(tmp_path, GOOD)
        assert array.shape == (4, 3)
        assert not array.flags.writeable
        assert self.read(tmp_path, npy(np.empty((0, 3), np.float32))).shape == (0, 3)

    @pytest.mark.parametrize(
        "content",
        [
            pytest.param(b"", id="empty"),
            pytest.param(GOOD[:-1], id="short by a byte"),
            pytest.param(GOOD[:20], id="half a header"),
            pytest.param(GOOD.replace(b"(4, 3)", b"(9, 3)"), id="header promises more"),
            pytest.param(GOOD.replace(b"(4, 3), }        ", b"(4000000000000, 3)}"), id="header promises terabytes"),
            pytest.param(GOOD.replace(b"(4, 3)", b"(-1,3)"), id="negative length"),
            pytest.param(GOOD.replace(b"'<f4'", b"'|O' "), id="header says objects"),
            pytest.param(npy(np.array([[1, "a", None]], object), allow_pickle=True), id="objects"),
            pytest.param(b"PK\x03\x04" + GOOD, id="a zip file"),
            pytest.param(b"\x80\x04K\x01.", id="a pickle"),
        ],
    )
    def test_a_damaged_array_is_refused(self, tmp_path, content):
        with pytest.raises(ArtifactError, match=r"a\.npy: not a readable array .*remove it and run `dvc repro`"):
            self.read(tmp_path, content)

    def test_an_archive_of_arrays_is_refused(self, tmp_path):
        with io.BytesIO() as file:
            np.savez(file, a=np.ones(3))
            content = file.getvalue()
        with pytest.raises(ArtifactError, match=r"a\.npy: not a readable array"):
            self.read(tmp_path, content)

    @pytest.mark.parametrize(
        ("array", "found"),
        [
            (np.ones((4, 3)), r"float64\(4, 3\)"),
            (np.ones((4, 3), ">f4"), r">f4\(4, 3\)"),
            (np.ones((4, 2), np.float32), r"float32\(4, 2\)"),
            (np.ones(3, np.float32), r"float32\(3,\)"),
            (np.ones((4, 3, 1), np.float32), r"float32\(4, 3, 1\)"),
        ],
    )
    def test_another_dtype_or_shape_is_refused(self, tmp_path, array, found):
        with pytest.raises(ArtifactError, match=rf"a\.npy: found {found}, expected float32\(None, 3\)"):
            self.read(tmp_path, npy(array))

    def test_what_would_need_pickle_is_not_written(self, tmp_path):
        with pytest.raises(ValueError, match="Object arrays"):
            formats.write_array(tmp_path / "a.npy", np.array([None, "a"], object))
        assert list(tmp_path.iterdir()) == []


class TestProbs:
    ROWS = np.array([[0.2, 0.8], [np.nan, np.nan], [1, 0]], np.float32)

    def test_distributions_and_quarantined_rows_come_back(self, tmp_path):
        formats.write_array(tmp_path / "p.npy", self.ROWS)
        np.testing.assert_array_equal(artifacts.read_probs(tmp_path / "p.npy", 3, 2), self.ROWS)

    @pytest.mark.parametrize("row", [[0.2, 0.7], [-0.5, 1.5], [np.nan, 1], [np.inf, 0], [0, 0]])
    def test_a_row_that_is_no_distribution_is_named(self, tmp_path, row):
        formats.write_array(tmp_path / "p.npy", np.vstack([self.ROWS, np.array([row], np.float32)]))
        with pytest.raises(ArtifactError, match=r"p\.npy: row 3 is not a distribution; run `dvc repro`"):
            artifacts.read_probs(tmp_path / "p.npy", 4, 2)

    def test_what_may_be_of_no_class_sums_to_less_where_that_is_asked_for(self, tmp_path):
        rows = np.vstack([self.ROWS, np.array([[0.2, 0.7], [0, 0]], np.float32)])
        formats.write_array(tmp_path / "p.npy", rows)
        np.testing.assert_array_equal(artifacts.read_probs(tmp_path / "p.npy", 5, 2, open_set=True), rows)
        formats.write_array(tmp_path / "p.npy", rows + np.array([[0, 0]] * 4 + [[0.9, 0.2]], np.float32))
        with pytest.raises(ArtifactError, match=r"p\.npy: row 4 is not a distribution"):
            artifacts.read_probs(tmp_path / "p.npy", 5, 2, open_set=True)

    def test_probs_of_other_clips_or_classes_are_refused(self, tmp_path):
        formats.write_array(tmp_path / "p.npy", self.ROWS)
        with pytest.raises(ArtifactError, match=r"found float32\(3, 2\), expected float32\(4, 2\)"):
            artifacts.read_probs(tmp_path / "p.npy", 4, 2)


class TestNeighbours:
    def test_rows_come_back(self, tmp_path):
        near = np.array([[1, 2], [0, -1], [-1, -1]], np.int32)
        formats.write_array(tmp_path / "n.npy", near)
        np.testing.assert_array_equal(artifacts.read_neighbours(tmp_path / "n.npy", 3), near)

    @pytest.mark.parametrize("row", [3, -2])
    def test_what_is_no_row_is_refused(self, tmp_path, row):
        formats.write_array(tmp_path / "n.npy", np.array([[0], [1], [row]], np.int32))
        with pytest.raises(ArtifactError, match=r"n\.npy: expected whole numbers from -1 to 2; run `dvc repro`"):
            artifacts.read_neighbours(tmp_path / "n.npy", 3)


class TestClips:
    def test_what_learns_sees_neither_truth_nor_test_labels(self, tmp_path):
        columns = {"path": list("abcd"), "label": ["Bark", "Meow", "NA", "Bark"], "group": list("wxyz")}
        flags = {"verified": [True, False, True, True], "split": ["train", "train", "test", "test"]}
        clips = pd.DataFrame({"clip_id": list("abcd"), **columns, **flags, "fold": [0, 1, -1, -1], "truth": "Meow"})
        shuffled = clips.sample(frac=1, random_state=1)
        artifacts.write_clips(tmp_path, shuffled, ["Bark", "Meow", "NA"])
        seen = artifacts.read_clips(tmp_path)
        assert "truth" not in seen
        assert seen["label"].tolist() == ["Bark", "Meow", "", ""]
        answers = artifacts.read_answers(tmp_path)
        pd.testing.assert_frame_equal(answers, clips[answers.columns], check_dtype=False)
        assert answers["verified"].dtype == bool
        assert answers["fold"].dtype == np.int64

    @pytest.mark.parametrize(
        ("text", "words"),
        [
            (HEADER + ROW.replace("True", "yes"), "column 'verified'"),
            (HEADER + ROW.replace("train", "valid"), r"column 'split', row 0: .*'valid'"),
            (HEADER + ROW.replace("0", "first"), r"column 'fold', row 0: .*'first'"),
            (HEADER + ROW.replace("0", "0.5"), r"column 'fold', row 0: .*'0\.5'"),
            (HEADER + ROW.replace("0", "-2"), r"column 'fold', row 0: .*-2"),
            (HEADER + ROW + ROW, "column 'clip_id', row 0: .*'a'"),
            (HEADER + ROW.replace("a,a", "b,b") + ROW, "column 'clip_id': not sorted"),
            (HEADER + ROW.replace("a,a.wav", ",a.wav"), "column 'clip_id', row 0"),
            (HEADER + ROW.replace("a.wav", ""), "column 'path', row 0"),
            (HEADER.replace("label,", "") + ROW.replace("Bark,", ""), "columns: .*'label'"),
            (HEADER.replace("group", "group,extra") + ROW.replace("g\n", "g,e\n"), "columns: .*'extra'"),
        ],
    )
    def test_a_table_against_the_schema_names_file_and_column(self, tmp_path, text, words):
        (tmp_path / "clips.csv").write_text(text)
        with pytest.raises(ArtifactError, match=rf"clips\.csv: {words}"):
            artifacts.read_clips(tmp_path)

    def test_a_bad_table_is_not_written(self, tmp_path):
        formats.write_table(tmp_path / "clips.csv", pd.DataFrame({"before": [1]}))
        columns = {"path": "a", "label": "x", "verified": True, "split": "train", "fold": 0, "group": "g"}
        with pytest.raises(ArtifactError, match=r"clips\.csv: column 'clip_id', row 0"):
            artifacts.write_clips(tmp_path, pd.DataFrame({"clip_id": ["a", "a"], **columns}), ["x"])
        assert sorted(path.name for path in tmp_path.iterdir()) == ["clips.csv"]
        assert (tmp_path / "clips.csv").read_text() == "before\n1\n"

    @pytest.mark.parametrize("value", [[], {}, 3, "Bark", ["Bark", "Bark"], None])
    def test_classes_that_are_no_list_of_names_are_refused(self, tmp_path, value):
        formats.write_json(tmp_path / "classes.json", value)
        with pytest.raises(ArtifactError, match=r"classes\.json: expected a list of class names"):
            artifacts.read_classes(tmp_path)


class TestFeatures:
    @pytest.fixture
    def folder(self, tmp_path):
        index = {"start": [0, 3, 3], "n_frames": [3, 0, 2], "seconds": [0.1, 0.0, 0.2], "offset": 0.0}
        status = {
            "status": ["ok", "quarantined", "ok"],
            "reason": ["", "not audio", ""],
            "sha256": ["1", "", "3"],
            "flags": "",
            "sound": "0",
        }
        formats.write_table(tmp_path / "index.csv", pd.DataFrame({"clip_id": list("abc"), **index, **status}))
        formats.write_array(tmp_path / "frames.npy", np.arange(20, dtype=np.float16).reshape(5, 4))
        formats.write_json(tmp_path / "features.json", {"kind": "mel", "n_bins": 4})
        return tmp_path

    def test_each_clip_has_its_frames(self, folder):
        features = frames.read_features(folder)
        assert features.n_bins == 4
        assert features.ok.tolist() == [True, False, True]
        np.testing.assert_array_equal(features.clip(0), np.arange(12).reshape(3, 4))
        assert features.clip(1).shape == (0, 4)
        np.testing.assert_array_equal(features.clip(2), np.arange(12, 20).reshape(2, 4))
        assert isinstance(features.frames, np.memmap)

    @pytest.mark.parametrize(
        ("old", "new", "words"),
        [
            ("b,3,0", "b,2,0", "index.csv: clip 'b': start or n_frames is wrong"),
            ("c,3,2", "c,300,2", "index.csv: clip 'c': start or n_frames is wrong"),
            ("a,0,3,0.1,0.0,ok", "a,0,3,0.1,0.0,quarantined", "index.csv: clip 'a'"),
            ("c,3,2", "c,3,3", r"frames.npy: found float16\(5, 4\), expected float16\(6, None\)"),
            ("c,3,2", "c,3,-2", "index.csv: column 'n_frames', row 2"),
            ("0.2,0.0,ok", "0.2,0.0,fine", "index.csv: column 'status', row 2: .*'fine'"),
            ("a,0,3", "a,zero,3", "index.csv: column 'start', row 0: .*'zero'"),
        ],
    )
    def test_an_index_that_does_not_fit_is_refused(self, folder, old, new, words):
        path = folder / "index.csv"
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new))
        with pytest.raises(ArtifactError, match=words):
            frames.read_features(folder)

    def test_other_clips_are_refused(self, folder):
        index = frames.read_features(folder).index
        artifacts.same_clips(index, index, "x")
        with pytest.raises(ArtifactError, match=r"index\.csv: its 3 clips are not the 2 of clips\.csv"):
            artifacts.same_clips(index, index[:2], folder / "index.csv")


def test_labels_are_checked_on_both_ways(tmp_path):
    labels = pd.DataFrame(
        {
            "clip_id": ["a", "b"],
            "label": ["NA", ""],
            "verified": [True, False],
            "spread_label": ["", "NA"],
            "confidence": [0.0, 0.75],
            "abstained": [True, False],
            "promoted": [False, False],
            "family": ["g", "g"],
            "outcome": ["left_out", "test"],
            "target": ["", ""],
            "probability": [0.25, np.nan],
            "outside": [0.5, np.nan],
            "reason": ["", ""],
            "given": ["NA", ""],
            "review": ["", ""],
        }
    )
    path = tmp_path / "labels.csv"
    artifacts.write_labels(tmp_path, labels)
    pd.testing.assert_frame_equal(artifacts.read_labels(tmp_path), labels, check_dtype=False)
    targets = artifacts.read_targets(tmp_path)
    pd.testing.assert_frame_equal(targets, labels[list(targets)], check_dtype=False)
    before = path.read_bytes()
    with pytest.raises(ArtifactError, match=r"labels\.csv: column 'confidence', row 1: .*1\.5"):
        artifacts.write_labels(tmp_path, labels.assign(confidence=[0.0, 1.5]))
    assert path.read_bytes() == before
    path.write_text(path.read_text().replace("0.25", "much"))
    with pytest.raises(ArtifactError, match=r"labels\.csv: column 'probability'"):
        artifacts.read_labels(tmp_path)
