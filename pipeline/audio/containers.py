"""Where WAV, RF64, W64, AIFF, CAF and AU keep their samples, how many bytes they promise, and how many there are.

libsndfile believes a size that is too small, and corrects one that is too large without a word. Functions take an
open binary file and move its position.
"""

import io
import os
from dataclasses import dataclass
from typing import Literal

_STREAMED = (0xFFFFFFFF, 0xFFFFFFFE, 0x7FFFF000)  # sizes written by programs that could not seek back to correct them
_MANY = 10_000  # chunks, more than any file has
_W64_DATA = b"data\xf3\xac\xd3\x11\x8c\xd1\x00\xc0\x4f\x8e\xdb\x8a"
# What a container may hold behind its samples.
_NAMES = (
    b"LISTlistid3 ID3 bextiXMLaxmlaXMLcue smplinstfactPEAK_PMXafspJUNKjunkPAD FLLRacidstrcumidDISPlevlplstlabl"
    b"noteMD5 chnalinkcartSAURLGWVMARKCOMTNAMEAUTHANNO(c) APPLMIDIAESDFVERCOMMCHANINSTinfostrguuidfreepaktkuki"
    b"chanedct"
)
_CHUNKS = frozenset(_NAMES[place : place + 4] for place in range(0, len(_NAMES), 4))
_TAGS = (b"TAG", b"ID3", b"APETAGEX", b"LYRICSBEGIN")


@dataclass(frozen=True)
class Samples:
    """The samples' place in a file, in bytes.

    Attributes:
        begin: of the first sample.
        promised: how many the container says there are; None: it could not tell (a stream).
        present: how many there are from `begin` to the file's end.
        size_at, size_width, order: where the size stands, and how.
        more: what the size counts beside the samples.
    """

    begin: int
    promised: int | None
    present: int
    size_at: int
    size_width: int
    order: Literal["big", "little"]
    more: int = 0

    def sized(self, size: int) -> tuple[int, bytes]:
        """Return where to put which bytes for the container to promise `size`."""
        return self.size_at, (size + self.more).to_bytes(self.size_width, self.order)


def samples(file: io.FileIO) -> Samples | None:
    """Return where the samples are; None where that is not known."""
    file.seek(0)
    head = file.read(16)
    if head[:4] in (b"RIFF", b"RIFX", b"RF64", b"FORM"):
        return _chunks(file, "big" if head[:4] in (b"FORM", b"RIFX") else "little", long=head[:4] == b"RF64")
    if head[:4] == b"caff":
        return _caf(file)
    if head[:4] in (b".snd", b"dns."):
        order: Literal["big", "little"] = "big" if head[:4] == b".snd" else "little"
        begin, size = int.from_bytes(head[4:8], order), int.from_bytes(head[8:12], order)
        return Samples(begin, None if size == 0xFFFFFFFF else size, max(_size(file) - begin, 0), 8, 4, order)
    return _w64(file) if head[:4] == b"riff" else None


def _size(file: io.FileIO) -> int:
    return os.fstat(file.fileno()).st_size


def _chunks(file: io.FileIO, order: Literal["big", "little"], *, long: bool) -> Samples | None:
    file.seek(12)
    ds64 = None  # RF64: where the length of the samples' chunk stands, which has no room for it itself
    for _ in range(_MANY):
        place, chunk = file.tell(), file.read(8)
        if len(chunk) < 8:
            break
        length = int.from_bytes(chunk[4:], order)
        if chunk[:4] in (b"data", b"SSND"):
            more = 8 if chunk[:4] == b"SSND" else 0  # AIFF: offset and block size come before the samples
            begin = place + 8 + more
            present = max(_size(file) - begin, 0)
            if long and length == 0xFFFFFFFF and ds64 is not None:
                file.seek(ds64)
                return Samples(begin, int.from_bytes(file.read(8), order), present, ds64, 8, order)
            streamed = length in _STREAMED and length > present
            return Samples(begin, None if streamed else max(length - more, 0), present, place + 4, 4, order, more)
        if chunk[:4] == b"ds64":
            ds64 = place + 16
        if place + 8 + length >= _size(file):
            break
        file.seek(place + 8 + length + length % 2)
    return None


def _caf(file: io.FileIO) -> Samples | None:
    file.seek(8)
    for _ in range(_MANY):
        place, chunk = file.tell(), file.read(12)
        if len(chunk) < 12:
            break
        length = int.from_bytes(chunk[4:], "big", signed=True)
        if chunk[:4] == b"data":
            begin = place + 16  # the number of edits comes before the samples
            promised = None if length < 0 else max(length - 4, 0)
            return Samples(begin, promised, max(_size(file) - begin, 0), place + 4, 8, "big", 4)
        if not 0 <= length < _size(file):
            break
        file.seek(place + 12 + length)
    return None


def _w64(file: io.FileIO) -> Samples | None:
    place = 40
    for _ in range(_MANY):
        file.seek(place)
        chunk = file.read(24)
        if len(chunk) < 24:
            break
        length = int.from_bytes(chunk[16:], "little")
        if chunk[:16] == _W64_DATA:
            begin = place + 24
            return Samples(begin, max(length - 24, 0), max(_size(file) - begin, 0), place + 16, 8, "little", 24)
        if not 24 <= length < _size(file):
            break
        place += -(-length // 8) * 8
    return None


def behind(file: io.FileIO, found: Samples) -> int:
    """Return how many bytes behind the promised samples are neither a chunk, nor a tag, nor zeros."""
    end = found.begin + (found.promised or 0)
    rest = max(_size(file) - end, 0)
    if not rest or (rest <= end - found.begin and _only_zeros(file, end)):
        return 0
    # Some writers pad where they need not, others don't where they should.
    for place in (end, end + 1, -(-end // 8) * 8):
        if place < _size(file) and _explained(file, place, found):
            return 0
    return rest


def _explained(file: io.FileIO, place: int, found: Samples) -> bool:
    """Whether what begins at `place` is a tag, a chunk that such a file has, or chunks up to the file's end."""
    file.seek(place)
    head = file.read(16)
    if head.startswith(_TAGS) or head[:4] in _CHUNKS:
        return True
    width = 4 if found.size_width == 4 else 8
    for _ in range(_MANY):
        file.seek(place)
        chunk = file.read(4 + width)
        if len(chunk) < 4 + width or not chunk[:4].isascii() or not chunk[:4].decode("ascii").isprintable():
            return False
        length = int.from_bytes(chunk[4:], found.order)
        place += 4 + width + length + length % 2
        if place >= _size(file):
            return place <= _size(file) + 1
    return False


def _only_zeros(file: io.FileIO, place: int) -> bool:
    file.seek(place)
    while content := file.read(2**20):
        if content.strip(b"\0"):
            return False
    return True
