"""What is written: each decision at once, beside what others wrote, or not at all."""

import contextlib
import errno
import os
import shutil
import subprocess
import threading
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.corrections import store
from pipeline.review.desk import Desk

from .conftest import CLASSES, CLIPS, row

ONE, TWO, THREE = list(CLIPS)[:3]
TRAIN = [name for name in CLIPS if name != "test.wav"]


def test_the_session_says_what_is_reviewed_and_where_it_goes(served):
    assert served.ask("/api/session").json == {"run_id": "0123456789ab", "file": str(served.file)}


class TestSaving:
    def test_rows_are_saved_and_given_back(self, served):
        sent = [row(ONE, "accept", reviewer="A", run_id="0123456789ab"), row(TWO, "relabel", new_label="NA")]
        assert served.post({"rows": sent, "remove": []}).json == {"saved": 2}
        assert served.rows() == sent
        assert served.ask("/api/corrections").json == {"rows": sent}

    def test_a_clip_that_is_named_again_is_replaced_and_others_stay(self, served):
        served.post({"rows": [row(ONE, "accept"), row(TWO, "unsure"), row(THREE, "reject")]})
        assert served.post({"rows": [row(TWO, "relabel", new_label="NA")], "remove": [ONE]}).json == {"saved": 2}
        assert served.rows() == [row(THREE, "reject"), row(TWO, "relabel", new_label="NA")]
        assert served.post({"remove": [TWO, THREE, "nobody"]}).json == {"saved": 0}
        assert served.file.read_text() == ",".join(store.COLUMNS) + "\n"

    def test_two_reviewers_may_agree(self, served):
        sent = [row(ONE, "accept", reviewer="A"), row(ONE, "accept", reviewer="B")]
        assert served.post({"rows": sent}).json == {"saved": 2}
        assert served.post({"rows": [row(ONE, "accept", reviewer="C")]}).json == {"saved": 1}

    def test_a_file_that_is_not_there_yet_is_made(self, served):
        served.file.unlink()
        assert served.ask("/api/corrections").json == {"rows": []}
        assert served.post({"rows": [row(ONE, "accept")]}).json == {"saved": 1}

    def test_a_link_stays_a_link(self, review):
        target = review.root / "elsewhere.csv"
        shutil.move(review.file, target)
        review.file.symlink_to(target)
        assert Desk(review.run, review.file).save([row(ONE, "accept")], []) == 1
        assert review.file.is_symlink()
        assert target.read_text().count("accept") == 1

    def test_hostile_names_come_back_and_are_inert(self, served):
        sent = [row(name, "relabel", CLASSES[0], new_label=CLASSES[1], note='=1+1, "x"\r\n@y') for name in TRAIN]
        assert served.post({"rows": sent}).json == {"saved": len(sent)}
        assert served.ask("/api/corrections").json["rows"] == served.rows() == sent
        text = served.file.read_text()
        assert ",'=cmd" in text
        assert ",=cmd" not in text

    @settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(notes=st.lists(st.text(max_size=30), min_size=1, max_size=4))
    def test_any_text_is_given_back_or_refused(self, served, notes):
        sent = [row(name, "unsure", note=note) for name, note in zip(TRAIN, notes, strict=False)]
        before = served.rows()
        answer = served.post({"rows": sent, "remove": TRAIN})
        assert answer.status in (200, 400)
        assert served.rows() == (sent if answer.status == 200 else before)

    def test_many_at_once_lose_nothing(self, served):
        def decide(name: str) -> None:
            for decision in ("accept", "reject", "unsure"):
                assert served.post({"rows": [row(name, decision)]}).status == 200

        threads = [threading.Thread(target=decide, args=(name,)) for name in TRAIN]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(served.rows(), key=lambda r: r["clip_id"]) == [row(name, "unsure") for name in sorted(TRAIN)]


class TestRefused:
    @pytest.mark.parametrize(
        ("sent", "said"),
        [
            ([row("nobody", "accept")], "nobody"),
            ([row("test.wav", "accept")], "test clip"),
            ([row(ONE, "accept", "Miaow")], "Miaow"),
            ([row(ONE, "delete")], "delete"),
            ([row(ONE, "relabel")], "relabel"),
            ([row(ONE, "accept", "")], "accept"),
            ([row(ONE, "accept", new_label="NA")], "NA"),
            ([row(TWO, "accept"), row(ONE, "accept"), row(ONE, "reject")], ":3: "),
        ],
    )
    def test_what_the_pipeline_would_not_take(self, served, sent, said):
        served.post({"rows": [row(TWO, "accept")]})
        before = served.file.read_bytes()
        answer = served.post({"rows": [row(THREE, "accept"), *sent][-len(sent) :], "remove": [TWO]})
        assert answer.status == 400
        assert said in answer.json["error"]
        assert str(served.root) not in answer.json["error"]
        assert served.file.read_bytes() == before

    @pytest.mark.parametrize(
        "body",
        [
            b"",
            b"{",
            b"null",
            b"[]",
            b"1" * 5000,
            b"[" * 200_000,
            b"\xff",
            b'{"rows": {}}',
            b'{"rows": [[]]}',
            b'{"rows": [null]}',
            b'{"rows": [{}]}',
            b'{"remove": "abc"}',
            b'{"remove": [1]}',
            b'{"remove": [["a"]]}',
            b'{"rows": [], "path": "/etc/passwd"}',
        ],
    )
    def test_what_is_no_list_of_decisions(self, served, body):
        answer = served.post(body)
        assert (answer.status, list(answer.json)) == (400, ["error"])

    @pytest.mark.parametrize("cell", [None, 1, True, ["a"], {}, "\0", "\x1b[31m", "\ud800", "x" * 20_000])
    def test_cells_that_a_csv_would_not_give_back(self, served, cell):
        answer = served.post({"rows": [row(ONE, "accept") | {"note": cell}]})
        assert (answer.status, served.rows()) == (400, [])

    def test_missing_and_other_columns(self, served):
        for sent in ({"clip_id": ONE, "decision": "accept"}, row(ONE, "accept") | {"line": "1"}):
            answer = served.post({"rows": [sent]})
            assert (answer.status, "columns" in answer.json["error"]) == (400, True)


class TestOthersHands:
    def test_rows_written_meanwhile_stay(self, served):
        served.post({"rows": [row(ONE, "accept")]})
        with open(served.file, "a") as file:
            file.write(f"{THREE},Bark,,reject,,by hand,,\n")
        assert served.post({"rows": [row(TWO, "accept")]}).json == {"saved": 3}
        assert served.rows()[1] == row(THREE, "reject", reviewer="by hand")

    @pytest.mark.parametrize(
        "line",
        [
            "nobody,Bark,,accept,,,,",
            f"{THREE},Bark,,acept,,,,",
            f"{THREE},Bark",
            '"never closed',
            f"{ONE},Bark,,reject,,,,",
        ],
    )
    def test_a_damaged_file_is_left_to_whoever_damaged_it(self, served, line):
        served.post({"rows": [row(ONE, "accept")]})
        with open(served.file, "a") as file:
            file.write(line + "\n")
        before = served.file.read_bytes()
        for answer in (served.post({"rows": [row(TWO, "accept")]}), served.ask("/api/corrections")):
            assert answer.status == 409
            assert answer.json["error"].startswith(f"{served.file}:3: ")
        assert served.file.read_bytes() == before
        served.file.write_text(before.decode().replace(line + "\n", ""))
        assert served.post({"rows": [row(TWO, "accept")]}).json == {"saved": 2}

    def test_so_is_one_that_is_no_table(self, served):
        for text in (b"\xff\xfe\x00", b"a,b\n1,2\n", b""):
            served.file.write_bytes(text)
            assert served.post({"rows": [row(TWO, "accept")]}).status == 409
            assert served.file.read_bytes() == text

    def test_a_run_that_is_being_made_anew_has_to_be_waited_for(self, served):
        (served.run / "labels" / "run.json").unlink()
        before = served.file.read_bytes()
        answer = served.post({"rows": [row(TWO, "accept")]})
        assert (answer.status, "dvc repro" in answer.json["error"]) == (409, True)
        assert served.file.read_bytes() == before


class TestFullDisk:
    @pytest.mark.parametrize(
        ("number", "status"),
        [(errno.ENOSPC, 507), (errno.EDQUOT, 507), (errno.EIO, 500), (errno.EROFS, 500), (errno.EACCES, 500)],
    )
    @pytest.mark.parametrize("call", ["replace", "fsync"])
    def test_the_file_stays_and_the_page_is_told(self, served, monkeypatch, call, number, status):
        served.post({"rows": [row(ONE, "accept")]})
        before, works = served.file.read_bytes(), getattr(os, call)

        def fails(*arguments: object) -> None:
            raise OSError(number, os.strerror(number))

        monkeypatch.setattr(os, call, fails)
        answer = served.post({"rows": [row(TWO, "accept")]})
        assert answer.status == status
        assert os.strerror(number) in answer.json["error"]
        assert str(served.file) in answer.json["error"]
        assert served.file.read_bytes() == before
        assert served.ask("/api/corrections").json == {"rows": [row(ONE, "accept")]}
        monkeypatch.setattr(os, call, works)
        assert served.post({"rows": [row(TWO, "accept")]}).json == {"saved": 2}
        assert sorted(p.name for p in served.run.iterdir()) == ["clips", "corrections.csv", "features", "labels", "raw"]

    def test_on_a_disk_that_really_is_full(self, review, tmp_path):
        small = tmp_path / "small"
        small.mkdir()
        mounted = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", small], capture_output=True, check=False
        )
        if mounted.returncode:
            pytest.skip("mounting a small disk needs root")
        try:
            fill_and_save(review.run, small)
        finally:
            subprocess.run(["umount", small], check=True)


def fill_and_save(run: Path, small: Path) -> None:
    file = small / "corrections.csv"
    desk = Desk(run, file)
    assert desk.save([row(ONE, "accept")], []) == 1
    before = file.read_bytes()
    with contextlib.suppress(OSError), open(small / "filler", "wb", buffering=0) as filler:
        while filler.write(bytes(4096)):
            pass
    with pytest.raises(OSError, match="No space left"):
        desk.save([row(TWO, "accept", note="x" * 9000)], [])
    assert file.read_bytes() == before
    assert sorted(p.name for p in small.iterdir()) == ["corrections.csv", "filler"]
    (small / "filler").unlink()
    assert desk.save([row(TWO, "accept", note="x" * 9000)], []) == 2
