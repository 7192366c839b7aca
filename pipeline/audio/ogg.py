"""The pages of an Ogg file (RFC 3533): its chained streams, and whether any page is missing."""

import io
import os
from dataclasses import dataclass
from itertools import pairwise

_MOST = 2_000_000  # pages, more than any file that is read has
_UNTOLD = 2**64 - 1


@dataclass(frozen=True)
class Stream:
    """One of the streams that follow each other in a file.

    Attributes:
        begin, end: its first byte, and the one behind its last.
        codec: what its first packet begins with.
        granule: the highest place that a page says to end at, in samples; 0 where none does.
        last: what the last page says.
        closed: its last page is whole, and marked as the last.
        whole: closed, and each page follows the one before.
        mixed: pages of another stream lie between its own.
    """

    begin: int
    end: int
    codec: bytes
    granule: int
    last: int
    closed: bool
    whole: bool
    mixed: bool


def streams(file: io.FileIO) -> list[Stream]:
    """Return the streams of an Ogg file, in their order."""
    size, place = os.fstat(file.fileno()).st_size, 0
    found: list[Stream] = []
    pages: list[tuple[int, int, int, int, bool]] = []
    codec, begin, mixed, serial = b"", 0, False, -1
    for _ in range(_MOST):
        file.seek(place)
        head = file.read(27 + 255 + 8)
        if len(head) < 27 or head[:4] != b"OggS":
            break
        first, owner = bool(head[5] & 2), int.from_bytes(head[14:18], "little")
        length = 27 + head[26] + sum(head[27 : 27 + head[26]])
        if first and pages and any(page[3] & 4 for page in pages[-1:]):
            found.append(_stream(begin, place, codec, pages, mixed))
            pages, begin, mixed, serial = [], place, False, -1
        if serial < 0:
            serial, codec = owner, head[27 + head[26] :][:8]
        if owner != serial:
            mixed = True
        whole = place + length <= size
        number = int.from_bytes(head[18:22], "little")
        if owner == serial:
            pages.append((number, int.from_bytes(head[6:14], "little"), length, head[5], whole))
        place += length
    if pages:
        found.append(_stream(begin, min(place, size), codec, pages, mixed))
    return found


def _stream(begin: int, end: int, codec: bytes, pages: list[tuple[int, int, int, int, bool]], mixed: bool) -> Stream:
    granules = [granule for _, granule, _, _, _ in pages if granule != _UNTOLD]
    closed = bool(pages[-1][3] & 4) and pages[-1][4]
    follow = all(after[0] == before[0] + 1 for before, after in pairwise(pages))
    last = granules[-1] if granules else 0
    before = max(granules[:-1], default=0)
    return Stream(begin, end, codec, before, last, closed, closed and follow and pages[0][0] == 0, mixed)
