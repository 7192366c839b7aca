"""The frames of MP3, MP2 and AAC (ADTS), counted by their headers: a second opinion on how long a file is."""

import io
import os
from dataclasses import dataclass

from pipeline.audio import kinds

# kbit/s by (version 1, layer), index 0 and 15 left out; versions 2 and 2.5 share theirs.
_RATES = {
    (True, 1): (32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448),
    (True, 2): (32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    (True, 3): (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (False, 1): (32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256),
    (False, 2): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
    (False, 3): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
_HERTZ = (44_100, 48_000, 32_000)
_AHEAD = 65_536  # bytes of what is no frame, through which the next one is looked for
_READ = 2**20


@dataclass(frozen=True)
class Frames:
    """What the headers say: frames, samples (of each channel), whether the last is whole, and what a tag promises.

    Attributes:
        sound, end: byte of the first frame that is no tag, and the one behind the last.
        gaps: places where something else lies between two frames.
        counted: frames and their `samples`, the tag's own frame left out; no further than was asked for.
        whole: the last frame counted is there to its last byte.
        promised: frames that a Xing, Info or VBRI tag promises; None: no tag, or none that tells.
    """

    sound: int
    end: int
    gaps: int
    counted: int
    samples: int
    whole: bool
    promised: int | None


def count(file: io.FileIO, seconds: float) -> Frames:
    """Count the frames of an MPEG or ADTS file, of the first `seconds` and some."""
    size = os.fstat(file.fileno()).st_size
    file.seek(0)
    place = kinds.after_tag(file.read(10))
    sound, counted, samples, spent, whole, promised, gaps = place, 0, 0, 0.0, True, None, 0
    window, buffer = place, b""
    first = True
    while place + 4 <= size and spent <= seconds + 1:
        behind = window + len(buffer)
        if place + _AHEAD > behind and behind < size:
            window = place
            file.seek(place)
            buffer = file.read(_READ)
        here = place - window
        frame = header(buffer[here : here + 8])
        if frame is None:
            if buffer[here : here + 3] == b"TAG" or buffer[here : here + 8] == b"APETAGEX":
                break
            found = _resync(buffer, here)
            if found is None:
                break
            place, gaps = window + found, gaps + (not first)
            continue
        length, n, rate = frame
        if first:
            sound, first = place, False
            tagged, promised = _tag(buffer[here : here + min(length, 512)])
            if tagged:
                place += length
                sound = place
                continue
        whole = place + length <= size
        counted, samples, spent = counted + whole, samples + n * whole, spent + n / rate
        place += length
    if 0 < size - place < 8 and buffer[place - window : place - window + 1] == b"\xff":
        whole = False  # of the last frame there is not even the header
    return Frames(sound, place, gaps, counted, samples, whole, promised)


def header(head: bytes) -> tuple[int, int, int] | None:
    """Return a frame's length in bytes, its samples and its sample rate; None where no frame begins."""
    if len(head) < 6 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return None
    version, layer = head[1] >> 3 & 3, 4 - (head[1] >> 1 & 3)
    if layer == 4 and head[1] & 0xF0 == 0xF0:
        return _adts(head)
    index, hertz = head[2] >> 4, head[2] >> 2 & 3
    if version == 1 or layer == 4 or index in (0, 15) or hertz == 3:
        return None
    one = version == 3
    rate = _HERTZ[hertz] >> (0 if one else 1 if version == 2 else 2)
    bits, padding = 1_000 * _RATES[one, layer][index - 1], head[2] >> 1 & 1
    if layer == 1:
        return (12 * bits // rate + padding) * 4, 384, rate
    n = 1_152 if one or layer == 2 else 576
    return n // 8 * bits // rate + padding, n, rate


def _adts(head: bytes) -> tuple[int, int, int] | None:
    rates = (96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000, 7_350)
    index = head[2] >> 2 & 15
    length = (head[3] & 3) << 11 | head[4] << 3 | head[5] >> 5
    if index >= len(rates) or length < 7 or len(head) < 7:
        return None
    return length, 1_024 * ((head[6] & 3) + 1), rates[index]


def _resync(buffer: bytes, here: int) -> int | None:
    """Return where, from `here` on, two frames follow each other."""
    place = here
    while (place := buffer.find(b"\xff", place + 1, here + _AHEAD)) >= 0:
        frame = header(buffer[place : place + 8])
        if frame and header(buffer[place + frame[0] : place + frame[0] + 8]):
            return place
    return None


def _tag(frame: bytes) -> tuple[bool, int | None]:
    """Return whether a frame is a tag in the place of sound, and the frames that it promises."""
    for name in (b"Xing", b"Info"):
        at = frame.find(name, 4, 64)
        if at >= 0:
            told = frame[at + 7 : at + 8] and frame[at + 7] & 1
            return True, int.from_bytes(frame[at + 8 : at + 12], "big") if told else None
    at = frame.find(b"VBRI", 4, 64)
    return (True, int.from_bytes(frame[at + 14 : at + 18], "big")) if at >= 0 else (False, None)
