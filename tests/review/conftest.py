"""A run to review, with names that are out to hurt, and a server of it in a thread."""

import asyncio
import contextlib
import http.client
import json
import os
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np
import pandas as pd
import pytest
import soundfile
from aiohttp import web

from pipeline.audio.heard import heard
from pipeline.corrections import store
from pipeline.files import artifacts, fingerprint, formats
from pipeline.review.desk import Desk
from pipeline.review.guard import Guard
from pipeline.review.hearing import Clip
from pipeline.review.server import application

CLASSES = ["</script><img src=x onerror=alert(1)>", "=cmd|' /C calc'!A0", "Bark", "NA"]
# clip_id and its audio's path below raw; the first five train
CLIPS = {
    "barks/0001.wav": "barks/0001.wav",
    "barks/100% (ü)?#&.wav": "barks/100% (ü)?#&.wav",
    "barks/a%2Fb.flac": "barks/a%2Fb.flac",
    "barks/gone.wav": "barks/gone.wav",
    '"><svg onload=alert(1)>': "odd.ogg",
    "test.wav": "test.wav",
}
RATE = 8000
TOKEN = "0123456789abcdef0123456789abcdef"


@dataclass
class Review:
    """Where everything of a review lies."""

    root: Path
    port: int = 0
    corrections: Path | None = None

    @property
    def run(self) -> Path:
        return self.root / "data"

    @property
    def reports(self) -> Path:
        return self.root / "reports"

    @property
    def file(self) -> Path:
        return self.corrections or self.run / "corrections.csv"

    def ask(
        self,
        target: str,
        *,
        method: str = "GET",
        headers: dict[str, str | None] | None = None,
        body: bytes | None = None,
    ) -> "Answer":
        """Send one request exactly as given; a header that is `None` is left out."""
        given: dict[str, str | None] = {"Host": f"127.0.0.1:{self.port}"} | (headers or {})
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        with contextlib.closing(connection):
            connection.putrequest(method, target, skip_host=True, skip_accept_encoding=True)
            for name, value in given.items():
                if value is not None:
                    connection.putheader(name, value)
            if body is not None:
                connection.putheader("Content-Length", str(len(body)))
            connection.endheaders(body)
            answer = connection.getresponse()
            return Answer(answer.status, dict(answer.getheaders()), answer.read())

    def clip(self, clip_id: str, **more: Any) -> "Answer":
        return self.ask("/clips/" + quote(clip_id, safe=""), **more)

    def post(self, body: Any, **headers: str | None) -> "Answer":
        """Send decisions as the page does, but for the headers that are given."""
        usual = {
            "Origin": f"http://127.0.0.1:{self.port}",
            "Content-Type": "application/json",
            "X-Earmark-Token": TOKEN,
        }
        sent = body if isinstance(body, bytes) else json.dumps(body).encode()
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.ask("/api/decisions", method="POST", headers=usual | named, body=sent)

    def lengthen(self, clip_id: str, samples: int) -> None:
        """Put a long sound in the place of a clip's, and let the run be made with it."""
        path = self.audio()[clip_id]
        path.unlink()
        soundfile.write(path, np.zeros(samples, np.int16), RATE)
        self.made_with()
        formats.write_json(self.run / "features" / "features.json", {"sr": RATE, "max_seconds": 1e4})

    def made_with(self) -> None:
        """Write what the features of a run say of the clips as they lie there now."""
        sums = {clip: fingerprint.sha256(path) for clip, path in self.audio().items() if path.is_file()}
        index = pd.DataFrame({"clip_id": sorted(CLIPS), "start": 0, "n_frames": 1, "seconds": 0.1, "offset": 0.0})
        index = index.assign(status="ok", reason="", sha256=[sums.get(clip, "") for clip in sorted(CLIPS)])
        formats.write_table(self.run / "features" / "index.csv", index.assign(flags="", sound=""))
        formats.write_json(self.run / "features" / "features.json", {"sr": RATE, "max_seconds": 60.0})

    def audio(self) -> dict[str, Path]:
        return {clip: self.run / "raw" / path for clip, path in CLIPS.items()}

    def heard(self, clip_id: str) -> bytes:
        """What the network heard of a clip."""
        return heard(self.audio()[clip_id], Clip(Path(), "", RATE, 60.0))

    def rows(self) -> list[dict[str, str]]:
        """What is in the file, read as the pipeline reads it."""
        return store.read(self.file)[store.COLUMNS].to_dict("records")


@dataclass
class Answer:
    """Status, headers and body of an answer."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def row(clip_id: str, decision: str, given: str = "Bark", **more: str) -> dict[str, str]:
    return dict.fromkeys(store.COLUMNS, "") | {
        "clip_id": clip_id,
        "given_label": given,
        "decision": decision,
        **more,
    }


@pytest.fixture
def review(tmp_path: Path) -> Review:
    """A finished run on disk, not served; the audio lies elsewhere and is linked."""
    made = Review(tmp_path / "project")
    sounds = tmp_path / "sounds"
    random = np.random.default_rng(0)
    for path in CLIPS.values():
        source, link = sounds / path, made.run / "raw" / path
        source.parent.mkdir(parents=True, exist_ok=True)
        link.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(source, 0.1 * random.normal(size=800), RATE)
        link.symlink_to(source)
    (sounds / "barks" / "gone.wav").unlink()
    (made.run / "raw" / "private.wav").write_bytes(b"no clip of this run")
    train = [clip_id != "test.wav" for clip_id in CLIPS]
    clips = pd.DataFrame({"clip_id": CLIPS.keys(), "path": CLIPS.values(), "label": "Bark", "verified": False})
    clips = clips.assign(split=np.where(train, "train", "test"), fold=np.where(train, 0, -1), group=clips["clip_id"])
    artifacts.write_clips(made.run / "clips", clips, CLASSES)
    formats.write_json(made.run / "labels" / "run.json", {"run_id": "0123456789ab"})
    made.made_with()
    made.file.write_text(",".join(store.COLUMNS) + "\n")
    write_reports(made.reports)
    (tmp_path / "secret.html").write_text("secret")
    return made


def write_reports(folder: Path) -> None:
    for name, text in {
        "index.html": "<p>report",
        "explorer/index.html": "<p>explorer",
        "explorer/style.css": "p {}",
        "explorer/js/clips.js": "'use strict';",
        "explorer/sprites/000.webp": "RIFF",
        "tables/a.csv": "a\n1\n",
        ".hidden": "secret",
        ".git/config": "secret",
    }.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (folder / "out.html").symlink_to("../../secret.html")
    (folder / "out").symlink_to("../..")
    (folder / "circle.html").symlink_to("circle.html")
    (folder / "inside.html").symlink_to("index.html")
    os.mkfifo(folder / "pipe.html")


@pytest.fixture
def served(review: Review) -> Iterator[Review]:
    """The same, answered for by a thread."""
    listener = socket.create_server(("127.0.0.1", 0))
    review.port = listener.getsockname()[1]
    app = application(Desk(review.run, review.file), review.reports, Guard(review.port, TOKEN))
    loop, started, stop = asyncio.new_event_loop(), threading.Event(), asyncio.Event()

    async def work() -> None:
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
        await runner.setup()
        await web.SockSite(runner, listener).start()
        started.set()
        await stop.wait()
        await runner.cleanup()

    def thread() -> None:
        with asyncio.Runner(loop_factory=lambda: loop) as runner:
            runner.run(work())

    worker = threading.Thread(target=thread)
    worker.start()
    assert started.wait(10)
    yield review
    loop.call_soon_threadsafe(stop.set)
    worker.join(10)
    assert not worker.is_alive()
