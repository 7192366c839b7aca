"""Fetching from a server of our own: whole, cut short and resumed, wrong, hostile."""

import hashlib
import io
import json
import re
import stat
import threading
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from pipeline.errors import DataError
from pipeline.plugins.datasets import _fetch, freesound2018

# The server of these tests has no certificate.
HTTP = ("http",)


class Server(ThreadingHTTPServer):
    """A Zenodo record of one's own; `cut` makes the next answer break off after so many bytes."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.files: dict[str, bytes] = {}
        self.wrong: set[str] = set()
        self.cut: int | None = None
        self.ranges: list[str | None] = []

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def record(self) -> bytes:
        files = [
            {
                "key": name,
                "checksum": "md5:" + ("0" * 32 if name in self.wrong else hashlib.md5(data).hexdigest()),
                "links": {"self": f"{self.base}/files/{name}/content"},
            }
            for name, data in self.files.items()
        ]
        return json.dumps({"files": files}).encode()


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        server = self.server
        name = self.path.split("/")[2] if self.path.startswith("/files/") else ""
        data = server.files[name] if name else server.record()
        start = 0
        if name:
            server.ranges.append(self.headers["Range"])
            start = int(re.findall(r"bytes=(\d+)-", self.headers["Range"] or "bytes=0-")[0])
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(data) - start))
        self.end_headers()
        cut, server.cut = (server.cut, None) if name else (None, server.cut)
        self.wfile.write(data[start : start + cut] if cut else data[start:])

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def zipped(entries: dict[str, bytes], **attributes: int) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in entries.items():
            info = zipfile.ZipInfo(name)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = attributes.get("mode", 0o644) << 16
            archive.writestr(info, data)
    return buffer.getvalue()


@pytest.fixture
def published(server: Server, makers, tmp_path) -> Server:
    root = tmp_path / "published"
    makers["freesound2018"](root)
    for part in _fetch.PARTS:
        folder = root / f"FSDKaggle2018.{part}"
        entries = {f"{folder.name}/{path.name}": path.read_bytes() for path in folder.iterdir()}
        server.files[f"{folder.name}.zip"] = zipped(entries)
    return server


def left(root: Path) -> list[str]:
    return sorted(path.name for path in root.iterdir())


def test_fetched_unpacked_and_read(published, tmp_path, monkeypatch):
    monkeypatch.setattr(_fetch, "RECORD", published.base)
    monkeypatch.setattr(_fetch, "_SECURE", HTTP)
    root = tmp_path / "root"
    table = freesound2018.load(root, tmp_path, seed=0, fetch=True)
    assert len(table) == 16
    assert left(root) == ["FSDKaggle2018.audio_test", "FSDKaggle2018.audio_train", "FSDKaggle2018.meta"]
    published.files.clear()
    assert len(freesound2018.load(root, tmp_path, seed=0, fetch=True)) == 16


def test_a_download_cut_short_goes_on_where_it_stopped(published, tmp_path):
    published.cut = 100
    with pytest.raises(DataError, match=r"audio_train\.zip.* broke off.* goes on from .*\.part"):
        _fetch.fetch(tmp_path / "root", ["audio_train"], record=published.base, schemes=HTTP)
    assert left(tmp_path / "root") == ["FSDKaggle2018.audio_train.zip.part"]
    _fetch.fetch(tmp_path / "root", ["audio_train"], record=published.base, schemes=HTTP)
    assert published.ranges == [None, "bytes=100-"]
    assert left(tmp_path / "root") == ["FSDKaggle2018.audio_train"]
    assert len(list((tmp_path / "root" / "FSDKaggle2018.audio_train").iterdir())) == 12


def test_a_wrong_checksum_publishes_nothing(published, tmp_path):
    published.wrong = {"FSDKaggle2018.meta.zip"}
    with pytest.raises(DataError, match=r"meta\.zip.*expected md5:0+, found another checksum"):
        _fetch.fetch(tmp_path / "root", ["meta"], record=published.base, schemes=HTTP)
    assert left(tmp_path / "root") == []


@pytest.mark.parametrize(
    ("name", "attributes", "words"),
    [
        ("FSDKaggle2018.meta/../../evil", {}, "leads elsewhere"),
        ("/tmp/evil", {}, "leads elsewhere"),
        ("C:/evil", {}, "leads elsewhere"),
        ("FSDKaggle2018.meta/link", {"mode": stat.S_IFLNK | 0o777}, "is a link"),
        ("elsewhere/x.csv", {}, r"holds no folder FSDKaggle2018\.meta/"),
    ],
)
def test_a_hostile_archive_unpacks_nothing(tmp_path, name, attributes, words):
    archive = tmp_path / "x" / "FSDKaggle2018.meta.zip"
    archive.parent.mkdir()
    archive.write_bytes(zipped({name: b"../../../etc/passwd"}, **attributes))
    with pytest.raises(DataError, match=words):
        _fetch.unpack(archive, archive.with_suffix(""))
    assert left(archive.parent) == [archive.name]
    assert left(tmp_path) == ["x"]


def test_bombs_and_rubbish_are_refused(tmp_path, monkeypatch):
    archive = tmp_path / "FSDKaggle2018.meta.zip"
    archive.write_bytes(zipped({"FSDKaggle2018.meta/zeros": bytes(5_000_000)}))
    with pytest.raises(DataError, match="would grow more than 200-fold"):
        _fetch.unpack(archive, archive.with_suffix(""))
    monkeypatch.setattr(_fetch, "_MAX_BYTES", 1000)
    with pytest.raises(DataError, match="5000000 bytes, expected 100000 and 1000 at most"):
        _fetch.unpack(archive, archive.with_suffix(""))
    archive.write_bytes(b"<html>404</html>")
    with pytest.raises(DataError, match="cannot be unpacked"):
        _fetch.unpack(archive, archive.with_suffix(""))
    assert left(tmp_path) == [archive.name]


def test_no_record_is_said(tmp_path):
    with pytest.raises(DataError, match=r"cannot be read as a Zenodo record"):
        _fetch.fetch(tmp_path, ["meta"], record="http://127.0.0.1:9/none", schemes=HTTP)
