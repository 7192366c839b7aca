"""Stages that are killed, or told that the disk fails, at their n-th write.

Python announces what it is about to do (audit events, PEP 578). Those that change the file system below the project's
folder are counted: opening a file to write, renaming, removing, making a folder or a link. HDF5 opens its files
without a word, so a limit to the size of a file stands for a disk that is full in the midst of a write.

`Stages` talks to a server that has imported all that stages need and forks a process a run: TensorFlow takes longer
to import than a small stage to run.
"""

import errno
import importlib
import json
import os
import resource
import runpy
import signal
import subprocess
import sys
import tempfile
import traceback
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
CHANGES = {"os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.symlink", "os.link", "os.truncate"}
TO_WRITE = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
PRELOADED = (
    "pipeline.networks.learner",
    "pipeline.latents.encoding",
    "pipeline.members.saved",
    "pipeline.audio.extraction",
    "pipeline.reporting",
)
COUNT = "count"


@dataclass(frozen=True)
class Order:
    """A stage to run in `folder`, and what is to happen at its write number `at`: KILL, or the name of an errno."""

    folder: str
    command: list[str]
    what: str = COUNT
    at: int = 0
    largest: int | None = None  # bytes of a file


@dataclass(frozen=True)
class Ended:
    """How a stage ended: its exit code (negative: the signal), what it printed as errors, and its writes so far."""

    code: int
    said: str
    writes: int


class Stages:
    """A server of forked stages; close it."""

    def __init__(self) -> None:
        self._server = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.barrier"], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )

    def run(self, order: Order) -> Ended:
        assert self._server.stdin is not None
        assert self._server.stdout is not None
        self._server.stdin.write(json.dumps(asdict(order)).encode() + b"\n")
        self._server.stdin.flush()
        return Ended(**json.loads(self._server.stdout.readline()))

    def close(self) -> None:
        self._server.communicate()


class _Barrier:
    """An audit hook: counts changes below a folder and acts on one of them."""

    def __init__(self, order: Order, counter: str) -> None:
        self._order, self._writes = order, 0
        self._counter = os.open(counter, os.O_WRONLY)
        self._process = os.getpid()

    def __call__(self, event: str, arguments: tuple[Any, ...]) -> None:
        if os.getpid() != self._process or not self._counts(event, arguments):
            return
        self._writes += 1
        os.pwrite(self._counter, str(self._writes).encode(), 0)
        if self._writes == self._order.at and self._order.what != COUNT:
            if self._order.what == "KILL":
                os.kill(self._process, signal.SIGKILL)
            number = getattr(errno, self._order.what)
            raise OSError(number, os.strerror(number))

    def _counts(self, event: str, arguments: tuple[Any, ...]) -> bool:
        if event == "open":
            path, _, flags = arguments
            if not isinstance(flags, int) or not flags & TO_WRITE:
                return False
        elif event in CHANGES:
            # The target of a rename and of a link comes second; a name below an open folder is relative to that.
            path = arguments[1] if event in ("os.rename", "os.symlink", "os.link") else arguments[0]
            if event in ("os.remove", "os.rmdir") and arguments[1] >= 0:
                return True
        else:
            return False
        if not isinstance(path, str | os.PathLike):
            return False
        return os.path.abspath(os.fspath(path)).startswith(self._order.folder) and "__pycache__" not in str(path)


def _serve() -> None:
    """Run each order from standard input in a process of its own; answer a line each."""
    for name in PRELOADED:
        importlib.import_module(name)
    for line in sys.stdin.buffer:
        order = Order(**json.loads(line))
        with tempfile.NamedTemporaryFile() as counter:
            ours, theirs = os.pipe()
            child = os.fork()
            if not child:
                _become(order, counter.name, theirs)
            os.close(theirs)
            with open(ours, encoding="utf-8", errors="replace") as pipe:
                words = pipe.read()
            _, status = os.waitpid(child, 0)
            ended = Ended(os.waitstatus_to_exitcode(status), words, int(counter.read() or 0))
        print(json.dumps(asdict(ended)), flush=True)


def _become(order: Order, counter: str, said: int) -> None:
    """Be the stage; never returns. Errors go into a pipe: a file would be limited, too."""
    os.setsid()
    nowhere = os.open(os.devnull, os.O_RDWR)
    for number, file in enumerate((nowhere, nowhere, said)):
        os.dup2(file, number)
    os.chdir(order.folder)
    sys.argv = [order.command[1], *order.command[2:]]
    sys.modules.pop(order.command[1], None)
    sys.addaudithook(_Barrier(order, counter))
    if order.largest is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (order.largest, order.largest))
    code = 1
    try:
        runpy.run_module(order.command[1], run_name="__main__")
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
        if isinstance(end.code, str):
            print(end.code, file=sys.stderr)
    except BaseException:
        traceback.print_exc()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    _serve()
