"""One server a corrections file: a second one would write over decisions that the first one's page still shows."""

import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from pipeline.errors import DataError
from pipeline.files import locks


@contextmanager
def hold(corrections: Path) -> Iterator[locks.Lock]:
    """Hold the lock of a corrections file; what is noted there is the server's address.

    Raises:
        DataError: another process holds it, or the folder cannot be written.
    """
    with ExitStack() as stack:
        try:
            held = stack.enter_context(locks.hold(corrections))
        except locks.HeldElsewhere as holder:
            where = f" at {holder}" if str(holder) else ""
            raise DataError(
                f"{corrections}: another `earmark review` is at work on it{where}; go on there, or stop that one first"
            ) from None
        except OSError as error:
            raise DataError(
                f"{locks.path_of(corrections)}: cannot be written or locked ({error.strerror}), so no decision could "
                "be saved; expected a local folder that you may write to"
            ) from None
        yield held


def port(address: str) -> int:
    """Return the port of the address that was noted, 0 where that is none of ours."""
    found = re.fullmatch(r"http://127\.0\.0\.1:(\d{4,5})/", address, re.ASCII)
    return int(found[1]) if found and 1024 <= int(found[1]) <= 65535 else 0
