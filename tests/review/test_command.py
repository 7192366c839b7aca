"""`earmark review` as it is started and stopped."""

import contextlib
import http.client
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pipeline.corrections import store
from pipeline.review import lock
from stages import cli

from .conftest import Review, row


class Command:
    """A running `earmark review`."""

    def __init__(self, review: Review, root: Path, *more: str) -> None:
        call = [
            sys.executable,
            "-W",
            "error::ResourceWarning",
            "-W",
            "error::RuntimeWarning",
            "-m",
            "stages.cli",
            "review",
        ]
        places = ["--run", review.run, "--reports", review.reports, "--corrections", review.file]
        environment = os.environ | {"PYTHONPATH": str(root), "BROWSER": f"{sys.executable} {review.root}/browser.py %s"}
        self.process = subprocess.Popen(
            [*call, *map(str, places), *more],
            cwd=review.root,
            env=environment,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        assert self.process.stdout
        first, self.second = self.process.stdout.readline(), self.process.stdout.readline()
        found = re.fullmatch(r"review +http://127\.0\.0\.1:(\d+)/#token=([0-9a-f]{32,})\n", first)
        if found is None:
            raise AssertionError(first + "".join(self.process.communicate()))
        self.port, self.token = int(found[1]), found[2]

    def end(self, number: int) -> tuple[int, str, str]:
        self.process.send_signal(number)
        out, error = self.process.communicate(timeout=20)
        return self.process.returncode, out, error


@pytest.fixture
def start(review: Review, root: Path) -> Iterator[Callable[..., Command]]:
    running: list[Command] = []

    def begin(*more: str) -> Command:
        running.append(Command(review, root, *more))
        return running[-1]

    yield begin
    for command in running:
        command.process.kill()
        command.process.communicate()


def refused(review: Review, monkeypatch: pytest.MonkeyPatch, *more: object) -> str:
    """Run the command, which has to fail, in this process; return its message."""
    places = ["--run", review.run, "--reports", review.reports, "--corrections", review.file]
    monkeypatch.setattr(sys, "argv", ["earmark", "review", *map(str, [*places, *more])])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert isinstance(ended.value.code, str)
    return ended.value.code


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_serves_until_it_is_asked_to_stop(review, start, number):
    command = start()
    review.port = command.port
    assert review.ask("/reports/explorer/index.html").body == b"<p>explorer"
    answer = review.post({"rows": [row("barks/0001.wav", "accept")]}, X_Earmark_Token=command.token)
    assert answer.json == {"saved": 1}
    assert command.end(number) == (0, "", "")
    assert "Ctrl-C" in command.second
    assert str(review.file) in command.second
    assert len(review.rows()) == 1


def test_a_listener_who_has_paused_does_not_keep_it(review, start):
    review.lengthen("test.wav", 25_000_000)
    command = start()
    with socket.create_connection(("127.0.0.1", command.port)) as paused:
        paused.sendall(f"GET /clips/test.wav HTTP/1.1\r\nHost: 127.0.0.1:{command.port}\r\n\r\n".encode())
        assert b" 200 OK" in paused.recv(1000)
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", command.port)) as idle:
            idle.request("GET", "/api/session")
            idle.getresponse().read()
            begun = time.monotonic()
            code, _, error = command.end(signal.SIGINT)
    assert (code, error) == (0, "")
    assert time.monotonic() - begun < 10


def test_garbage_is_not_news(review, start):
    command = start()
    with socket.create_connection(("127.0.0.1", command.port)) as connection:
        connection.sendall(b"\x16\x03\x01 / HTTP/1.1\r\nX\r\n\r\n")
        connection.recv(1000)
    review.port = command.port
    assert review.ask("/nowhere", headers={"Host": "evil.example"}).status == 403
    assert command.end(signal.SIGINT)[2] == ""


def test_it_can_be_reached_from_this_machine_alone(start):
    command = start()
    with pytest.raises(OSError), socket.create_connection(("127.0.0.2", command.port), timeout=5):
        pass


def test_each_start_has_its_own_token(review, start):
    first = start()
    first.end(signal.SIGINT)
    second = start()
    assert first.token != second.token
    review.port = second.port
    assert review.post({"rows": []}, X_Earmark_Token=first.token).status == 403


def test_the_port_can_be_chosen_unless_it_is_taken(review, start, monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert refused(review, monkeypatch, "--port", port).startswith(f"error: port {port}: Address already in use")
    assert start("--port", str(port)).port == port


def test_the_port_of_last_time_is_taken_again_if_it_can_be(start):
    """Under that address the browser keeps what could not be saved."""
    first = start()
    first.end(signal.SIGKILL)
    second = start()
    assert second.port == first.port
    second.end(signal.SIGINT)
    with socket.create_server(("127.0.0.1", first.port)):
        assert start().port != first.port


@pytest.mark.parametrize(
    "noted", ["", "x", "http://127.0.0.1:80/", "http://127.0.0.1:99999/", "http://evil.example:8000/"]
)
def test_a_note_of_something_else_is_no_port(review, noted):
    with lock.hold(review.file) as held:
        held.note(noted)
        assert lock.port(held.noted) == 0


@pytest.mark.parametrize("port", ["-1", "80", "65536", "a", "1e4"])
def test_impossible_ports_are_refused(monkeypatch, capsys, port):
    monkeypatch.setattr(sys, "argv", ["earmark", "review", f"--port={port}"])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 2
    assert "1024" in capsys.readouterr().err


def test_the_browser_is_opened_where_it_is_wanted(review, start):
    opened = review.root / "opened"
    (review.root / "browser.py").write_text(f"import sys; open({str(opened)!r}, 'w').write(sys.argv[1] + '\\n')\n")
    command = start("--open")
    for _ in range(100):
        if opened.exists() and opened.read_text().endswith("\n"):
            break
        time.sleep(0.1)
    assert opened.read_text() == f"http://127.0.0.1:{command.port}/#token={command.token}\n"
    command.end(signal.SIGINT)
    opened.unlink()
    start().end(signal.SIGINT)
    assert not opened.exists()


class TestOneServerARun:
    def test_a_second_one_is_told_of_the_first(self, review, start, monkeypatch):
        command = start()
        message = refused(review, monkeypatch)
        assert message.startswith(f"error: {review.file}: ")
        assert f"http://127.0.0.1:{command.port}/" in message
        assert command.token not in message
        review.port = command.port
        assert review.ask("/api/session").status == 200

    @pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
    def test_however_the_first_ends_the_next_may_start(self, start, number):
        start().end(number)
        start().end(signal.SIGINT)

    def test_the_file_is_locked_by_whatever_name(self, review, monkeypatch):
        other = review.root / "link.csv"
        other.symlink_to(review.file)
        with lock.hold(review.file) as held:
            held.note("http://127.0.0.1:1/")
            review.corrections = other
            assert "http://127.0.0.1:1/" in refused(review, monkeypatch)

    def test_nothing_is_left_of_a_longer_address(self, review, monkeypatch):
        with lock.hold(review.file) as held:
            held.note("http://127.0.0.1:65000/")
        with lock.hold(review.file) as held:
            assert "at work on it at http://127.0.0.1:65000/;" in refused(review, monkeypatch)
            held.note("http://127.0.0.1:1/")
            assert "at work on it at http://127.0.0.1:1/;" in refused(review, monkeypatch)


class TestWhatHasToBeThere:
    @pytest.mark.parametrize(
        "path",
        ["data/clips/clips.csv", "data/clips/classes.json", "data/labels/run.json", "reports/explorer/index.html"],
    )
    def test_a_run_that_is_not_finished(self, review, monkeypatch, path):
        (review.root / path).unlink()
        message = refused(review, monkeypatch)
        assert str(review.root / path) in message
        assert "dvc repro" in message

    def test_a_run_that_is_not_there(self, review, monkeypatch, tmp_path):
        review.root = tmp_path / "nowhere"
        assert "dvc repro" in refused(review, monkeypatch)

    @pytest.mark.parametrize("text", ["{", "[]", "{}", '{"run_id": 1}'])
    def test_damaged_artefacts(self, review, monkeypatch, text):
        (review.run / "labels" / "run.json").write_text(text)
        assert "run.json" in refused(review, monkeypatch)

    def test_corrections_that_cannot_be_used(self, review, monkeypatch):
        review.file.write_text(",".join(store.COLUMNS) + "\nnobody,Bark,,accept,,,,\n")
        assert refused(review, monkeypatch).startswith(f"error: {review.file}:2: ")
        review.file.unlink()
        review.file.mkdir()
        assert refused(review, monkeypatch).startswith(f"error: {review.file}: ")

    def test_a_folder_that_cannot_be_written(self, review, monkeypatch):
        review.corrections = review.root / "none" / "corrections.csv"
        message = refused(review, monkeypatch)
        assert "cannot be written or locked (No such file or directory)" in message
