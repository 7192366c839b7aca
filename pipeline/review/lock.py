"""One server a corrections file: a second one would write over decisions that the first one's page still shows."""

import fcntl
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from pipeline.errors import DataError

_LONGEST = 200  # bytes of an address that are read back


class Lock:
    """What is noted in the file that is locked: the address of who holds it, or of who did last."""

    def __init__(self, file: int) -> None:
        self._file = file

    @property
    def address(self) -> str:
        return os.pread(self._file, _LONGEST, 0).decode("ascii", "replace").strip()

    @property
    def port(self) -> int:
        """The port of the last holder, 0 where that is not known."""
        found = re.fullmatch(r"http://127\.0\.0\.1:(\d{4,5})/", self.address, re.ASCII)
        return int(found[1]) if found and 1024 <= int(found[1]) <= 65535 else 0

    def note(self, address: str) -> None:
        with suppress(OSError):  # a full disk; the lock holds without it
            os.ftruncate(self._file, 0)
            os.pwrite(self._file, f"{address}\n".encode("ascii"), 0)


@contextmanager
def hold(corrections: Path) -> Iterator[Lock]:
    """Hold the lock of a corrections file.

    The lock is the kernel's, on a file beside `corrections`: it ends with its process, however that ends. The file
    itself stays, for removing it would let two later servers lock two different files.

    Raises:
        DataError: another process holds it, or the folder cannot be written.
    """
    target = corrections.resolve()
    path = target.with_name(f".{target.name}.lock")
    try:
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        raise DataError(
            f"{path}: cannot be written ({error.strerror}), so no decision could be saved; "
            "expected a folder that you may write to"
        ) from None
    try:
        _lock(file, corrections)
        yield Lock(file)
    finally:
        os.close(file)


def _lock(file: int, corrections: Path) -> None:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        address = Lock(file).address
        where = f" at {address}" if address else ""
        raise DataError(
            f"{corrections}: another `earmark review` is at work on it{where}; go on there, or stop that one first"
        ) from None
    except OSError as error:
        raise DataError(
            f"{corrections}: its folder cannot be locked ({error.strerror}); expected a local file system"
        ) from None
