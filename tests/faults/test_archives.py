"""What is fetched: archives that would write elsewhere or never end, and downloads that are not what was published."""

import hashlib
import io
import json
import random
import stat
import threading
import urllib.request
import zipfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from pipeline.errors import DataError
from pipeline.plugins.datasets import _fetch

NAME = "FSDKaggle2018.meta"


def zipped(entries: dict[str, bytes], mode: int = stat.S_IFREG | 0o644) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in entries.items():
            info = zipfile.ZipInfo(name)
            info.filename = name  # as it is: ZipInfo mends some
            info.external_attr, info.compress_type = mode << 16, zipfile.ZIP_DEFLATED
            archive.writestr(info, data)
    return buffer.getvalue()


def claimed(content: bytes, size: int) -> bytes:
    """Have the directory of a zip of one file claim another size of it."""
    at = content.rindex(b"PK\x01\x02") + 24
    return content[:at] + size.to_bytes(4, "little") + content[at + 4 :]


def overlapping() -> bytes:
    """Forty entries, each within bounds, that all grow out of the same few bytes."""
    content = zipped({f"{NAME}/{i:02d}.csv": b"" for i in range(40)} | {f"{NAME}/99.csv": bytes(900_000)})
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        last = archive.getinfo(f"{NAME}/99.csv")
        found = {i.filename: i for i in archive.infolist()}
    made = bytearray(content)
    at = content.index(b"PK\x01\x02")
    for name in found:
        made[at + 10 : at + 12] = last.compress_type.to_bytes(2, "little")
        fields = (last.CRC, last.compress_size, last.file_size)
        made[at + 16 : at + 28] = b"".join(value.to_bytes(4, "little") for value in fields)
        made[at + 42 : at + 46] = last.header_offset.to_bytes(4, "little")
        at += 46 + len(name)
    return bytes(made)


def damaged() -> bytes:
    content = bytearray(zipped({f"{NAME}/a.csv": random.Random(0).randbytes(2000)}))
    content[60:1000] = bytes(940)
    return bytes(content)


GOOD = {f"{NAME}/a.csv": b"fname,label\n"}
HOSTILE = {
    "a name with ..": (zipped(GOOD | {f"{NAME}/../../evil": b"x"}), "leads elsewhere"),
    "an absolute name": (zipped(GOOD | {"/evil": b"x"}), "leads elsewhere"),
    "a drive": (zipped(GOOD | {"C:evil": b"x"}), "leads elsewhere"),
    "a backslash": (zipped(GOOD | {"..\\evil": b"x"}), "leads elsewhere"),
    "no name": (zipped(GOOD | {"": b"x"}), "leads elsewhere"),
    "a link": (zipped({f"{NAME}/link": b"/etc/passwd"}, stat.S_IFLNK | 0o777), "is a link"),
    "a bomb": (zipped({f"{NAME}/zeros": bytes(5_000_000)}), "would grow more than 200-fold"),
    "a bomb of entries that overlap": (overlapping(), "would grow more than 200-fold as a whole"),
    "a size beyond the bound": (claimed(zipped(GOOD), 2**32 - 2), "would grow more than 200-fold"),
    "a size that lies": (claimed(zipped(GOOD), 3), "cannot be unpacked"),
    "another folder": (zipped({"elsewhere/a.csv": b"x"}), f"holds no folder {NAME}/"),
    "a cut": (zipped(GOOD)[:-30], "cannot be unpacked"),
    "damage": (damaged(), "cannot be unpacked"),
    "a web page": (b"<html>404</html>", "cannot be unpacked"),
}


@pytest.mark.fault(26)
@pytest.mark.parametrize(("content", "words"), HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_archive_unpacks_nothing(tmp_path: Path, content: bytes, words: str):
    archive = tmp_path / "root" / f"{NAME}.zip"
    archive.parent.mkdir()
    archive.write_bytes(content)
    with pytest.raises(DataError, match=words) as caught:
        _fetch.unpack(archive, archive.with_suffix(""))
    assert archive.name in str(caught.value)
    assert [path.name for path in tmp_path.rglob("*")] == ["root", archive.name]


@pytest.fixture
def serve(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """A function that publishes a record with one archive; `cut`: its answers break off after so many bytes."""
    content = zipped({f"{NAME}/a.csv": random.Random(0).randbytes(5000)})

    def publish(cut: int = 0, checksum: str = hashlib.md5(content).hexdigest()) -> str:
        class Answer(io.BytesIO):
            status, headers = 200, {"Content-Length": str(len(content))}

        def answered(request: str | urllib.request.Request, schemes: tuple[str, ...]) -> Answer:
            if isinstance(request, str):
                links = {"self": f"https://localhost/{NAME}.zip/content"}
                listed = {"key": f"{NAME}.zip", "links": links, "checksum": f"md5:{checksum}"}
                return Answer(json.dumps({"files": [listed]}).encode())
            start = int(request.get_header("Range", "bytes=0-")[6:-1])
            answer = Answer(content[start : start + cut if cut else None])
            answer.status, answer.headers = 206 if start else 200, {"Content-Length": str(len(content) - start)}
            return answer

        monkeypatch.setattr(_fetch, "_open", answered)
        return "https://localhost/record"

    return publish


@pytest.mark.fault(27)
def test_a_download_cut_short_is_kept_and_goes_on_but_never_published(tmp_path: Path, serve: Callable[..., str]):
    with pytest.raises(
        DataError, match=rf"broke off at 1000 of \d+ bytes; run again, it goes on from .*{NAME}.zip.part"
    ):
        _fetch.fetch(tmp_path, ["meta"], record=serve(cut=1000))
    assert [(path.name, path.stat().st_size) for path in tmp_path.iterdir()] == [(f"{NAME}.zip.part", 1000)]
    _fetch.fetch(tmp_path, ["meta"], record=serve())
    assert [path.name for path in tmp_path.rglob("*")] == [NAME, "a.csv"]


@pytest.mark.fault(27)
def test_a_download_with_a_wrong_checksum_is_never_published(tmp_path: Path, serve: Callable[..., str]):
    with pytest.raises(DataError, match=r"expected md5:0+, found another checksum; fetch it again"):
        _fetch.fetch(tmp_path, ["meta"], record=serve(checksum="0" * 32))
    assert list(tmp_path.iterdir()) == []


class Answers(ThreadingHTTPServer):
    """Answers each path with what it is told to: status, headers, body."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answering)
        self.said: dict[str, tuple[int, dict[str, str], bytes]] = {}

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def record(self, url: str, checksum: str = "md5:" + "0" * 32) -> str:
        files = [{"key": f"{NAME}.zip", "checksum": checksum, "links": {"self": url}}]
        self.said["/record"] = 200, {}, json.dumps({"files": files}).encode()
        return f"{self.base}/record"


class Answering(BaseHTTPRequestHandler):
    server: Answers

    def do_GET(self) -> None:
        status, headers, body = self.server.said[self.path]
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        with suppress(OSError):  # who asked may have heard enough
            self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def answers() -> Iterator[Answers]:
    with Answers() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.mark.fault(80)
@pytest.mark.parametrize(
    "record", ["http://zenodo.org/x", "file:///etc/passwd", "ftp://zenodo.org/x", "/etc/passwd", ""]
)
def test_a_record_of_another_scheme_is_not_asked_for(tmp_path: Path, record: str):
    with pytest.raises(DataError, match=r"found an address of .*, expected https"):
        _fetch.fetch(tmp_path, ["meta"], record=record or "zenodo.org/x")


@pytest.mark.fault(80)
@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://127.0.0.1/x", "data:,x", "HTTPX://a/b", "gopher://a"])
def test_a_file_of_another_scheme_is_not_asked_for(tmp_path: Path, answers: Answers, url: str):
    with pytest.raises(DataError, match=r"found an address of .*, expected http"):
        _fetch.fetch(tmp_path, ["meta"], record=answers.record(url), schemes=("http",))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.fault(80)
@pytest.mark.parametrize("target", ["file:///etc/passwd", "ftp://127.0.0.1/x", "https://127.0.0.1:9/x"])
def test_a_redirection_to_another_scheme_is_not_followed(tmp_path: Path, answers: Answers, target: str):
    answers.said["/away"] = 302, {"Location": target}, b""
    refused = r"found an address of \w+, expected http|Redirection to url .* is not allowed"
    with pytest.raises(DataError, match=refused):
        _fetch.fetch(tmp_path, ["meta"], record=answers.record(f"{answers.base}/away"), schemes=("http",))
    with pytest.raises(DataError, match=refused):
        _fetch.fetch(tmp_path, ["meta"], record=f"{answers.base}/away", schemes=("http",))


@pytest.mark.fault(80)
@pytest.mark.parametrize("length", ["99999999999999", "9" * 30, "-5", "ten"])
def test_a_file_that_promises_more_than_is_bearable_is_not_fetched(tmp_path: Path, answers: Answers, length: str):
    answers.said["/file"] = 200, {"Content-Length": length}, b"x"
    with pytest.raises(DataError, match=r"promises 99999999999999 bytes, expected|found a Content-Length of|broke off"):
        _fetch.fetch(tmp_path, ["meta"], record=answers.record(f"{answers.base}/file"), schemes=("http",))
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) < 10


@pytest.mark.fault(80)
def test_a_file_without_end_is_given_up(tmp_path: Path, answers: Answers, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(_fetch, "_MAX_BYTES", 3 * 2**20)
    answers.said["/file"] = 200, {}, bytes(8 * 2**20)
    with pytest.raises(DataError, match=rf"holds more than the {3 * 2**20} bytes expected; stopped, and nothing kept"):
        _fetch.fetch(tmp_path, ["meta"], record=answers.record(f"{answers.base}/file"), schemes=("http",))
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) == 0


@pytest.mark.fault(80)
@pytest.mark.parametrize(
    "body", [b"x" * (2**24 + 1), b"[" * 100_000, b'{"files": [{"key": 1}]}', b'{"files": 3}', b"\xff"]
)
def test_a_record_without_end_or_of_another_form_is_refused(tmp_path: Path, answers: Answers, body: bytes):
    answers.said["/record"] = 200, {}, body
    with pytest.raises(DataError, match=r"expected a Zenodo record|cannot be read as a Zenodo record"):
        _fetch.fetch(tmp_path, ["meta"], record=f"{answers.base}/record", schemes=("http",))


@pytest.mark.fault(80)
@pytest.mark.parametrize("checksum", ["", "md5:", "crc32:00000000", "md5:" + "z" * 32])
def test_a_file_without_a_checksum_is_not_fetched(tmp_path: Path, answers: Answers, checksum: str):
    record = answers.record(f"{answers.base}/file", checksum)
    with pytest.raises(DataError, match=r"found the checksum '.*', expected md5"):
        _fetch.fetch(tmp_path, ["meta"], record=record, schemes=("http",))
