"""How far a FLAC goes by its last frame: a second opinion, where its header lies."""

import io
import os

_TAIL = 2**18  # bytes, in which the last frame of any file begins
_TOTAL_AT = 21  # byte in which the 36 bits of the number of samples begin, in a file that begins with 'fLaC'
_SIZES = {1: 192, **{code: 576 << (code - 2) for code in range(2, 6)}, **{code: 1 << code for code in range(8, 16)}}


def told(file: io.FileIO) -> int:
    """Return the number of samples in the header; 0 where it tells none, or the file does not begin with it."""
    file.seek(0)
    head = file.read(_TOTAL_AT + 5)
    if head[:4] != b"fLaC" or len(head) < _TOTAL_AT + 5:
        return 0
    return int.from_bytes(head[_TOTAL_AT:], "big") & (2**36 - 1)


def untold(file: io.FileIO) -> tuple[int, bytes]:
    """Return where to put which bytes for the header to tell no number of samples."""
    file.seek(_TOTAL_AT)
    return _TOTAL_AT, bytes([file.read(1)[0] & 0xF0, 0, 0, 0, 0])


def reached(file: io.FileIO) -> int:
    """Return the number of samples by the end of the last frame; 0 where no frame is found."""
    size = os.fstat(file.fileno()).st_size
    file.seek(8)
    fixed = int.from_bytes(file.read(2), "big")
    file.seek(max(0, size - _TAIL))
    tail = file.read(_TAIL)
    place = len(tail)
    while (place := tail.rfind(b"\xff", 0, place)) >= 0:
        end = _frame(tail[place : place + 16], fixed)
        if end:
            return end
    return 0


def _frame(head: bytes, fixed: int) -> int:
    """Return the sample that a frame ends before, or 0 where no frame begins."""
    if len(head) < 16 or head[1] not in (0xF8, 0xF9) or head[3] & 1 or head[2] & 15 == 15 or head[2] >> 4 == 0:
        return 0
    number, at = _number(head[4:])
    at += 4
    if not at or number is None:
        return 0
    code, n = head[2] >> 4, 0
    if code in (6, 7):
        n = int.from_bytes(head[at : at + code - 5], "big") + 1
        at += code - 5
    else:
        n = _SIZES[code]
    at += {12: 1, 13: 2, 14: 2}.get(head[2] & 15, 0)
    if _crc8(head[:at]) != head[at]:
        return 0
    return (number if head[1] & 1 else number * fixed) + n


def _number(coded: bytes) -> tuple[int | None, int]:
    """Return a number coded as UTF-8 does, up to 36 bits, and its length in bytes."""
    first = coded[0]
    if first < 0x80:
        return first, 1
    more = 8 - (first ^ 0xFF).bit_length() - 1
    if not 1 <= more <= 6 or any(byte & 0xC0 != 0x80 for byte in coded[1 : 1 + more]):
        return None, 0
    value = first & (0x3F >> more)
    for byte in coded[1 : 1 + more]:
        value = value << 6 | byte & 0x3F
    return value, 1 + more


def _crc8(content: bytes) -> int:
    crc = 0
    for byte in content:
        crc ^= byte
        for _ in range(8):
            crc = (crc << 1 ^ 0x07 if crc & 0x80 else crc << 1) & 0xFF
    return crc
