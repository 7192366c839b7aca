"""Start the review of a run, and stop it when asked to."""

import asyncio
import logging
import secrets
import signal
import socket
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from pipeline.errors import ArtifactError, EarmarkError
from pipeline.review import lock
from pipeline.review.desk import Desk
from pipeline.review.guard import Guard
from pipeline.review.server import EXPLORER, application

_PATIENCE = 1.0  # seconds for answers under way when asked to stop: a paused player holds its connection for ever


def serve(desk: Desk, reports: Path, *, port: int, ready: Callable[[str], None]) -> None:
    """Serve the explorer in `reports` and the clips of a desk's run on 127.0.0.1 until SIGINT or SIGTERM.

    `port` 0 takes the last review's, or one that the system chooses. `ready` is called with the address, token
    included, once it answers. Runs in the main thread, where signals arrive.

    Raises:
        EarmarkError: the run is not there or not finished, its corrections cannot be used, another server is at work
            on them, or the port is taken.
    """
    corrections = desk.file
    desk.snapshot()
    page = reports / EXPLORER
    if not page.is_file():
        raise ArtifactError(f"{page}: missing; run `dvc repro` to make it")
    try:
        desk.rows()
    except OSError as error:
        raise EarmarkError(f"{corrections}: cannot be read ({error.strerror}); expected a table") from None
    with lock.hold(corrections) as held, _listen(port, lock.port(held.noted)) as listener:
        guard = Guard(listener.getsockname()[1], secrets.token_hex(16))
        address = f"http://{guard.hosts[0]}/"
        held.note(address)
        app = application(desk, reports, guard)
        asyncio.run(_serve(app, listener, lambda: ready(f"{address}#token={guard.token}")))


def _listen(port: int, last: int) -> socket.socket:
    """Listen on `port`; if that is 0 on `last` if it can be had: what the browser keeps for a page is kept by port."""
    if last and not port:
        with suppress(OSError):
            return socket.create_server(("127.0.0.1", last))
    try:
        return socket.create_server(("127.0.0.1", port))
    except OSError as error:
        raise EarmarkError(f"port {port}: {error.strerror}; choose another, or none to have one chosen") from None


async def _serve(app: web.Application, listener: socket.socket, ready: Callable[[], None]) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    runner = web.AppRunner(app, access_log=None, logger=_logger(), shutdown_timeout=_PATIENCE)
    await runner.setup()
    try:
        await web.SockSite(runner, listener).start()
        ready()
        await stop.wait()
    finally:
        await runner.cleanup()


def _logger() -> logging.Logger:
    """Errors of this server are shown; requests that are no HTTP are somebody else's and were answered."""
    logger = logging.getLogger("earmark.review")
    logger.addFilter(_is_ours)
    return logger


def _is_ours(record: logging.LogRecord) -> bool:
    return not (record.exc_info and isinstance(record.exc_info[1], HttpProcessingError))
