"""Whether a file ends before its container does, by the sizes that the container's parts say of themselves.

Of containers that FFmpeg reads: it reads what there is of a cut one and says nothing.
"""

import io
import os

from pipeline.audio import containers, kinds, ogg
from pipeline.audio.kinds import Kind

_MANY = 1_000_000  # parts, more than any file has
_AMR = (12, 13, 15, 17, 19, 20, 26, 31, 5, 0, 0, 0, 0, 0, 0, 0)  # bytes of a frame behind its first, by its kind
_AMR_WIDE = (17, 23, 32, 36, 40, 46, 50, 58, 60, 5, 0, 0, 0, 0, 0, 0)
_SEGMENT, _CLUSTER = b"\x18\x53\x80\x67", b"\x1f\x43\xb6\x75"


def cut(file: io.FileIO, kind: Kind) -> bool | None:
    """Whether a file ends before its container should; None where the container does not tell."""
    if kind is kinds.OGG:
        return not all(stream.whole for stream in ogg.streams(file))
    if kind in (kinds.WAV, kinds.AIFF, kinds.CAF, kinds.W64, kinds.AU):
        found = containers.samples(file)
        return None if found is None or found.promised is None else found.promised > found.present
    size = os.fstat(file.fileno()).st_size
    return _ENDS[kind](file, size) > size if kind in _ENDS else None


def _mp4(file: io.FileIO, size: int) -> int:
    place = 0
    for _ in range(_MANY):
        if place >= size:
            break
        file.seek(place)
        head = file.read(16)
        if len(head) < 8:
            break
        length = int.from_bytes(head[:4], "big")
        if length == 1:
            length = int.from_bytes(head[8:16], "big")
        if length < 8:  # 0: up to the file's end
            break
        place += length
    return place


def samples_of_mp4(file: io.FileIO) -> int:
    """Return how many bytes the boxes of samples of an MP4 hold."""
    size, place, held = os.fstat(file.fileno()).st_size, 0, 0
    for _ in range(_MANY):
        if place >= size:
            break
        file.seek(place)
        head = file.read(16)
        length, begin = int.from_bytes(head[:4], "big"), 8
        if length == 1:
            length, begin = int.from_bytes(head[8:16], "big"), 16
        if length < 8:
            break
        held += max(min(length, size - place) - begin, 0) if head[4:8] == b"mdat" else 0
        place += length
    return held


def _matroska(file: io.FileIO, size: int) -> int:
    place, end = 0, 0
    for _ in range(_MANY):
        if place >= size:
            break
        file.seek(place)
        head = file.read(16)
        if len(head) < 2 or not head[0]:
            break
        width = 9 - head[0].bit_length()
        name, rest = head[:width], head[width:]
        if width > 4 or not rest or not rest[0]:
            break
        long = 9 - rest[0].bit_length()
        length = int.from_bytes(rest[:long], "big") & (1 << 7 * long) - 1
        unknown = length == (1 << 7 * long) - 1
        place += width + long
        if not unknown:
            end = max(end, place + length)
        if name != _SEGMENT and not (name == _CLUSTER and unknown):
            if unknown:
                break
            place += length
    return end


def _asf(file: io.FileIO, size: int) -> int:
    file.seek(0)
    head = file.read(65_536)
    at = head.find(b"\xa1\xdc\xab\x8c\x47\xa9\xcf\x11\x8e\xe4\x00\xc0\x0c\x20\x53\x65")  # the file's properties
    if at < 0 or len(head) < at + 92 or head[at + 88] & 1:  # broadcast: tells nothing
        return size
    return int.from_bytes(head[at + 40 : at + 48], "little")


def _avi(file: io.FileIO, size: int) -> int:
    place = 0
    for _ in range(_MANY):
        if place >= size:
            break
        file.seek(place)
        head = file.read(8)
        if len(head) < 8 or head[:4] != b"RIFF":
            break
        length = int.from_bytes(head[4:], "little")
        place += 8 + length + length % 2
    return place - 1 if place == size + 1 else place  # its last byte of padding is often left out


def _amr(file: io.FileIO, size: int) -> int:
    file.seek(0)
    content = file.read(2**24)
    wide = content.startswith(b"#!AMR-WB\n")
    place, lengths = (9, _AMR_WIDE) if wide else (6, _AMR)
    while place < len(content):
        place += 1 + lengths[content[place] >> 3 & 15]
    return place


def _wavpack(file: io.FileIO, size: int) -> int:
    place = 0
    for _ in range(_MANY):
        if place >= size:
            break
        file.seek(place)
        head = file.read(8)
        if len(head) < 8 or head[:4] != b"wvpk":
            break
        place += 8 + int.from_bytes(head[4:], "little")
    return place


_ENDS = {
    kinds.MP4: _mp4,
    kinds.MATROSKA: _matroska,
    kinds.ASF: _asf,
    kinds.AVI: _avi,
    kinds.AMR: _amr,
    kinds.WAVPACK: _wavpack,
}
