"""What an audio file itself says about its length, where libsndfile corrects or guesses it without a word.

A cut WAV, AIFF or Ogg is given the length that is left; an MP3 without a Xing, Info or VBRI tag one guessed from
its first frame's bit rate, beyond which it is not read. Functions take an open binary file and move its position.
"""

import io
import os
from typing import Literal

MAGIC = (b"RIFF", b"RIFX", b"RF64", b"FORM", b"fLaC", b"OggS", b"ID3")
_OGG_PAGE = 65_307  # bytes, the most that a page can have
_STREAMED = (0xFFFFFFFF, 0xFFFFFFFE, 0x7FFFF000)  # sizes written by programs that could not seek back to correct them


def has_magic(file: io.FileIO) -> bool:
    """Whether a file begins as WAV, AIFF, FLAC, Ogg or a tagged MP3 do."""
    file.seek(0)
    return file.read(4).startswith(MAGIC)


def may_be_mp3(file: io.FileIO) -> bool:
    """Whether a file begins with the sync word of an MPEG frame; so does text in UTF-16, which is then no audio."""
    file.seek(0)
    head = file.read(2)
    return len(head) == 2 and head[0] == 0xFF and head[1] & 0xE0 == 0xE0


def promised_frames(file: io.FileIO, decoded: int, width: int) -> int:
    """Return the number of frames that a WAV, AIFF or Ogg file promises, `decoded` where it does not tell.

    `decoded` is how many libsndfile says there are; `width` is bytes a frame, 0 where frames are compressed.
    """
    file.seek(0)
    magic = file.read(12)[:4]
    if magic == b"OggS":
        return decoded if _ogg_is_closed(file) else decoded + 1
    if magic not in (b"RIFF", b"RIFX", b"RF64", b"FORM"):
        return decoded
    chunk = _samples_chunk(file, "big" if magic in (b"FORM", b"RIFX") else "little")
    if chunk is None or chunk[0] in _STREAMED or chunk[0] <= chunk[1]:
        return decoded
    promised, present = chunk
    return promised // width if width else -(-decoded * promised // max(present, 1))


def is_streamed(file: io.FileIO) -> bool:
    """Whether a WAV was written by a program that could not go back to say how long it became."""
    file.seek(0)
    if file.read(12)[:4] != b"RIFF":
        return False
    chunk = _samples_chunk(file, "little")
    return chunk is not None and chunk[0] in _STREAMED and chunk[0] > chunk[1]


def _samples_chunk(file: io.FileIO, order: Literal["big", "little"]) -> tuple[int, int] | None:
    """Return the bytes that the chunk of samples promises, and those there are."""
    long = None  # RF64: the length of the samples' chunk, which has no room for it itself
    while len(chunk := file.read(8)) == 8:
        length = int.from_bytes(chunk[4:], order)
        if chunk[:4] in (b"data", b"SSND"):
            head = 8 if chunk[:4] == b"SSND" else 0  # AIFF: offset and block size come before the samples
            promised = length if long is None or length != 0xFFFFFFFF else long
            return promised - head, os.fstat(file.fileno()).st_size - file.tell() - head
        begin = file.tell()
        if chunk[:4] == b"ds64":
            long = int.from_bytes(file.read(16)[8:], order)
        file.seek(begin + length + length % 2)
    return None


def _ogg_is_closed(file: io.FileIO) -> bool:
    """Whether the last page is whole and marked as the stream's last (RFC 3533, section 6)."""
    file.seek(max(0, os.fstat(file.fileno()).st_size - _OGG_PAGE))
    tail = file.read(_OGG_PAGE)
    page = tail[max(tail.rfind(b"OggS"), 0) :]
    if len(page) < 27 or len(page) < 27 + page[26]:
        return False
    return bool(page[5] & 4) and len(page) >= 27 + page[26] + sum(page[27 : 27 + page[26]])


def mp3_tells_length(file: io.FileIO) -> bool:
    """Whether the first frame of an MP3 holds a tag with the number of frames."""
    file.seek(0)
    head = file.read(10)
    if head[:3] == b"ID3" and len(head) == 10:
        size = sum((byte & 0x7F) << shift for byte, shift in zip(head[6:], (21, 14, 7, 0), strict=True))
        file.seek(10 + size)
    else:
        file.seek(0)
    start = file.read(2_048)
    return any(tag in start for tag in (b"Xing", b"Info", b"VBRI"))
