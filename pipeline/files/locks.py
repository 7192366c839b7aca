"""Locks of the kernel's: each ends with the process that holds it, however that ends.

The file that is locked lies beside what it stands for and stays: removing it would let two later processes lock two
different files.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_LONGEST = 200  # bytes of a note that are read back


class HeldElsewhere(Exception):
    """Another process holds the lock; the message is what it noted."""


class Lock:
    """What is noted in the file that is locked: by who holds it, or by who did last."""

    def __init__(self, file: int) -> None:
        self._file = file

    @property
    def noted(self) -> str:
        return os.pread(self._file, _LONGEST, 0).decode("ascii", "replace").strip()

    def note(self, text: str) -> None:
        with suppress(OSError):  # a full disk; the lock holds without it
            os.ftruncate(self._file, 0)
            os.pwrite(self._file, f"{text}\n".encode("ascii", "replace"), 0)


def path_of(target: Path) -> Path:
    """Return the file that is locked for `target`, by whatever name that is reached."""
    target = target.resolve()
    return target.with_name(f".{target.name}.lock")


@contextmanager
def hold(target: Path) -> Iterator[Lock]:
    """Hold the lock of `target`, a file or a folder that need not exist; its parent does.

    Raises:
        HeldElsewhere: another process holds it.
        OSError: the file beside `target` cannot be made, or its file system has no locks.
    """
    file = os.open(path_of(target), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise HeldElsewhere(Lock(file).noted) from None
        yield Lock(file)
    finally:
        os.close(file)
