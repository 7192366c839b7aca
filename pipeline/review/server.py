"""The review's HTTP interface: the reports, the clips by id, and the decisions."""

import asyncio
import errno
import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import unquote

from aiohttp import web

from pipeline.corrections import store
from pipeline.errors import ArtifactError, EarmarkError
from pipeline.review.desk import Conflict, Desk
from pipeline.review.guard import Guard, add_headers, refusal
from pipeline.review.hearing import Ear
from pipeline.review.ranges import respond

EXPLORER = "explorer/index.html"
MOST = 16 * 2**20  # bytes of a request: some 50,000 decisions
LONGEST = 10_000  # characters of a cell; far longer ones are written but not read again

_UNKNOWN = "application/octet-stream"
_PAGES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".csv": "text/csv; charset=utf-8",
    ".txt": "text/plain; charset=utf-8",
    ".png": "image/png",
    ".webp": "image/webp",
    ".svg": "image/svg+xml",
}
T = TypeVar("T")


def application(desk: Desk, reports: Path, guard: Guard) -> web.Application:
    """Return the server of one review; `reports` is the folder that holds the explorer."""
    here = _Server(desk, reports)
    app = web.Application(middlewares=[guard.check], client_max_size=MOST)
    app.on_response_prepare.append(add_headers)
    app.on_cleanup.append(here.close)
    app.router.add_get("/", here.start)
    app.router.add_get("/reports/{path:.*}", here.report)
    app.router.add_get("/favicon.ico", here.icon)
    app.router.add_get("/clips/{clip_id:.*}", here.clip)
    app.router.add_get("/api/session", here.session)
    app.router.add_get("/api/corrections", here.corrections)
    app.router.add_post("/api/decisions", here.decide)
    return app


class _Server:
    def __init__(self, desk: Desk, reports: Path) -> None:
        self._desk, self._reports, self._ear = desk, reports.resolve(), Ear()

    async def close(self, app: web.Application) -> None:
        await asyncio.to_thread(self._ear.close)

    async def start(self, request: web.Request) -> web.StreamResponse:
        """The browser keeps the fragment, which holds the token, when it follows."""
        return web.Response(status=302, headers={"Location": f"/reports/{EXPLORER}"})

    async def report(self, request: web.Request) -> web.StreamResponse:
        path = _inside(self._reports, request.match_info["path"])
        if path is None:
            return refusal(404, "no such file among the reports")
        return web.FileResponse(path, headers={"Content-Type": _PAGES.get(path.suffix.lower(), _UNKNOWN)})

    async def icon(self, request: web.Request) -> web.StreamResponse:
        """There is none; every browser asks for it, and would complain."""
        return web.Response(status=204)

    async def clip(self, request: web.Request) -> web.StreamResponse:
        """What the network heard, as a WAV."""
        # From the line as it came: an id may hold a slash, a dot or a per cent sign.
        raw = request.raw_path.partition("?")[0].removeprefix("/clips/")
        try:
            clip = await asyncio.to_thread(self._desk.audio, unquote(raw, errors="strict"))
        except ValueError as error:
            return refusal(409, str(error)) if isinstance(error, EarmarkError) else refusal(404, "no such clip")
        if clip is None:
            return refusal(404, "no such clip, or its audio is gone")
        sound = await asyncio.get_running_loop().run_in_executor(self._ear.pool, self._ear.hear, clip)
        return refusal(422, sound.problem) if sound.problem else await respond(request, sound.wav, "audio/wav")

    async def session(self, request: web.Request) -> web.StreamResponse:
        return await _answer(lambda: {"run_id": self._desk.snapshot().run_id, "file": str(self._desk.goal)})

    async def corrections(self, request: web.Request) -> web.StreamResponse:
        return await _answer(lambda: {"rows": self._desk.rows()})

    async def decide(self, request: web.Request) -> web.StreamResponse:
        if request.content_type != "application/json":
            return refusal(400, f"expected JSON, found {request.content_type}")
        try:
            rows, remove = _decisions(await request.read())
        except ValueError as error:
            return refusal(400, f"decisions sent: {error}")
        return await _answer(lambda: {"saved": self._desk.save(rows, remove)}, partial(_unsaved, self._desk.file))


def _inside(folder: Path, name: str) -> Path | None:
    """Return the file of that name below `folder`, `None` if there is none, it is hidden, or it lies elsewhere."""
    parts = name.split("/")
    if any(not part or part.startswith(".") or "\\" in part or "\0" in part for part in parts):
        return None
    try:
        path = folder.joinpath(*parts).resolve(strict=True)
    except (OSError, RuntimeError):  # RuntimeError: links in a circle, before Python 3.13
        return None
    return path if path.is_relative_to(folder) and path.is_file() else None


async def _answer(
    work: Callable[[], dict[str, Any]], failed: Callable[[OSError], web.Response] | None = None
) -> web.Response:
    """Run `work` beside the loop and answer with what it returns or with why it could not."""
    try:
        return web.json_response(await asyncio.to_thread(work))
    except (Conflict, ArtifactError) as error:
        return refusal(409, str(error))
    except EarmarkError as error:
        return refusal(400, str(error))
    except OSError as error:
        if failed is None:
            return refusal(500, f"cannot be read: {error.strerror}")
        return failed(error)


def _unsaved(file: Path, error: OSError) -> web.Response:
    full = error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
    sentence = f"{file}: not saved ({error.strerror}), the file is as it was; "
    if full:
        return refusal(507, sentence + "make room on the disk, then save again")
    return refusal(500, sentence + "make it writable, then save again")


def _decisions(body: bytes) -> tuple[list[dict[str, str]], list[str]]:
    """Return the rows and the clips to remove of a request; a ValueError says what else was found."""
    try:
        sent = json.loads(body)
    except (ValueError, RecursionError):
        raise ValueError("not JSON") from None
    if not isinstance(sent, dict) or set(sent) - {"rows", "remove"}:
        raise ValueError("expected an object with rows and remove")
    rows, remove = sent.get("rows", []), sent.get("remove", [])
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise ValueError("rows: expected a list of objects")
    if not isinstance(remove, list):
        raise ValueError("remove: expected a list of clip ids")
    for line, row in enumerate(rows, start=1):
        if set(row) != set(store.COLUMNS):
            raise ValueError(f"row {line}: expected the columns {', '.join(store.COLUMNS)}")
    for cell in [*remove, *(cell for row in rows for cell in row.values())]:
        if not isinstance(cell, str) or len(cell) > LONGEST or not _is_writable(cell):
            raise ValueError(f"found {cell!r:.80}, expected text, up to {LONGEST} characters, none for control")
    return rows, remove


def _is_writable(text: str) -> bool:
    """Whether a CSV in UTF-8 gives the text back: no half of a surrogate pair, no control character but white space."""
    return not any("\ud800" <= c <= "\udfff" or (c < " " and c not in "\t\n\r") for c in text)
