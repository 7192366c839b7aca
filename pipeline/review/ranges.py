"""Bytes in memory, sent whole or in part: a player seeks by asking for parts."""

import asyncio
import hashlib

from aiohttp import web

CHUNK = 2**16


async def respond(request: web.Request, body: bytes, kind: str) -> web.StreamResponse:
    """Answer a GET or HEAD for `body`, of the media type `kind`: 200, 206, 304 or 416 (RFC 9110).

    A part is sent only where `If-Range`, if there is one, names this very body.
    """
    tag, size = f'"{hashlib.sha256(body).hexdigest()[:32]}"', len(body)
    headers = {"Content-Type": kind, "Accept-Ranges": "bytes", "ETag": tag}
    if tag in (known.strip() for known in request.headers.get("If-None-Match", "").split(",")):
        return web.Response(status=304, headers={"ETag": tag})
    if "Range" not in request.headers or request.headers.get("If-Range", tag) != tag:
        return await _send(request, 200, headers, memoryview(body))
    try:
        start, stop = _part(request.http_range, size)
    except ValueError:
        return web.Response(status=416, headers=headers | {"Content-Range": f"bytes */{size}"})
    headers["Content-Range"] = f"bytes {start}-{stop - 1}/{size}"
    return await _send(request, 206, headers, memoryview(body)[start:stop])


def _part(asked: slice, size: int) -> tuple[int, int]:
    """Return where a part begins and ends; a ValueError where nothing of it is there."""
    start, stop = asked.start or 0, size if asked.stop is None else min(asked.stop, size)
    if start < 0:
        start = max(0, size + start)
    if start >= stop:
        raise ValueError("beyond the end")
    return start, stop


async def _send(request: web.Request, status: int, headers: dict[str, str], body: memoryview) -> web.StreamResponse:
    """Send no faster than it is taken: whoever pauses holds what is on its way and no more."""
    response = web.StreamResponse(status=status, headers=headers)
    response.content_length = len(body)
    transport = request.transport  # forgotten by the request before it is told that the server stops
    try:
        await response.prepare(request)
        for begin in range(0, 0 if request.method == "HEAD" else len(body), CHUNK):
            await response.write(bytes(body[begin : begin + CHUNK]))
        await response.write_eof()
    except ConnectionResetError:
        pass  # the player went on to another clip: nobody is there to be told
    except asyncio.CancelledError:
        if transport is not None:
            transport.abort()  # else it would wait until the rest is taken
        raise
    return response
