"""Read by libsndfile: WAV, AIFF, W64, CAF, AU, FLAC, Ogg, MP3, and what each says about its length put right.

libsndfile believes a size that is too small and corrects one that is too large without a word; an MP3 without a Xing,
Info or VBRI tag is given a length guessed from its first frame's bit rate, beyond which it is not read.
"""

import io
import os
from typing import Any

import soundfile

from pipeline.audio import bounds, containers, flac, kinds, mpeg, ogg, sizes
from pipeline.audio.bounds import Taken
from pipeline.audio.kinds import Kind
from pipeline.audio.mixing import Mixer
from pipeline.audio.views import View
from pipeline.errors import DataError

_UNKNOWN = 2**60  # libsndfile: a header without a length
_MPEG = ("MP3", "MPEG")
_FORMATS = ("WAV", "WAVEX", "RF64", "W64", "AIFF", "CAF", "AU", "FLAC", "OGG", *_MPEG)
_BYTES = {
    "PCM_S8": 1,
    "PCM_U8": 1,
    "ULAW": 1,
    "ALAW": 1,
    "PCM_16": 2,
    "PCM_24": 3,
    "PCM_32": 4,
    "FLOAT": 4,
    "DOUBLE": 8,
}
_STEPS = {"PCM_S8": 8, "PCM_U8": 8, "ULAW": 5, "ALAW": 5, "PCM_16": 16, "PCM_24": 24, "PCM_32": 32}


class Unread(Exception):
    """libsndfile does not read it, or not to its end; another decoder may. Says why, as a `DataError` would."""


class _Forward(soundfile.SoundFile):
    """Read from front to back alone.

    soundfile seeks to where it already is after each block of a file that it takes for seekable, which shifts an
    MP3 by some frames and loses the end of a FLAC whose header gives no length.
    """

    def seekable(self) -> bool:
        return False


def read(file: io.FileIO, kind: Kind, mixer: Mixer, max_seconds: float) -> Taken:
    """Read a file into `mixer`.

    Raises:
        Unread: libsndfile does not read it.
        DataError: truncated, damaged, or beyond the bounds.
    """
    if kind is kinds.OGG:
        return _ogg(file, mixer, max_seconds)
    if kind is kinds.MPEG:
        return _mpeg(file, mixer, max_seconds)
    if kind is kinds.FLAC:
        return _flac(file, mixer, max_seconds)
    return _samples(file, kind, mixer, max_seconds)


def _open(source: Any) -> _Forward:
    source.seek(0)
    try:
        sound = _Forward(source.fileno() if isinstance(source, io.FileIO) else source, closefd=False)
    except soundfile.LibsndfileError as error:
        raise Unread(f"damaged: {error.error_string.rstrip('.')}") from None
    if sound.format not in _FORMATS:
        sound.close()
        raise DataError(f"not read: audio of the kind {sound.format}")
    return sound


def _take(sound: soundfile.SoundFile, mixer: Mixer, limit: int) -> bool:
    """Read up to `limit` frames in all into `mixer`; return whether the decoder failed before."""
    subtype = sound.subtype
    mixer.step = 2.0 ** (1 - _STEPS[subtype]) if subtype in _STEPS else 0.0 if subtype in ("FLOAT", "DOUBLE") else None
    mixer.own_rate = subtype != "OPUS"
    # Not a frame more than there are: a FLAC with a tag behind its end would fail on it and lose its last block.
    while mixer.frames < limit:
        try:
            block = sound.read(min(bounds.BLOCK, limit - mixer.frames), dtype="float32", always_2d=True)
        except soundfile.LibsndfileError:
            return True
        if not len(block):
            break
        mixer.add(block)
    return False


def _samples(file: io.FileIO, kind: Kind, mixer: Mixer, max_seconds: float) -> Taken:
    """WAV, AIFF and their like: bytes that are samples, behind a header that says how many."""
    found = containers.samples(file)
    source: Any = file
    held: int | None = None
    flags: dict[str, str] = {}
    if found is not None and found.promised and found.promised > found.present and kind not in (kinds.WAV, kinds.AIFF):
        source = sizes.resized(file, found, found.present)  # libsndfile refuses these as they are
    with _open(source) as sound:
        if sound.subtype.startswith("MPEG"):
            raise Unread("damaged: MPEG within a WAV")  # libsndfile loses its end
        width, said = _BYTES.get(sound.subtype, 0) * sound.channels, sound.frames
        bounds.limit(sound.samplerate, sound.channels, max_seconds)
        if found is not None and found.promised is not None:
            held, flags = sizes.held(file, found, sound, width)
        elif found is not None and found.present and kind is not kinds.WAV:
            held = found.present
    if held is not None and found is not None:
        source = sizes.resized(file, found, held)
    with _open(source) as sound:
        rate, limit = sound.samplerate, bounds.limit(sound.samplerate, sound.channels, max_seconds)
        total = sound.frames
        if flags and held is not None and not width:  # how long compressed samples are is known when they are opened
            flags = bounds.differs(said, total)
        if held is None and found is not None and not flags:
            total = max(total, sizes.promised(found, sound.frames, width))
        _take(sound, mixer, min(limit, sound.frames))
    if mixer.frames < min(total, limit):
        raise DataError(f"truncated: {mixer.frames:,} of {total:,} frames")
    if not mixer.frames:
        raise DataError("no frames")
    if mixer.frames == limit < total:
        flags |= bounds.capped(limit, rate)
    elif found is not None and found.promised is None:
        flags["streamed"] = ""
    return Taken(rate, flags)


def _flac(file: io.FileIO, mixer: Mixer, max_seconds: float) -> Taken:
    told = flac.told(file)
    flags: dict[str, str] = {}
    reached = flac.reached(file) if told else 0
    source: Any = file
    if reached > told:
        source, flags = (
            View(file, 0, os.fstat(file.fileno()).st_size, [flac.untold(file)]),
            bounds.differs(told, reached),
        )
    with _open(source) as sound:
        rate, total = sound.samplerate, sound.frames
        limit = bounds.limit(rate, sound.channels, max_seconds)
        failed = _take(sound, mixer, min(limit, total))
    if mixer.frames < min(total, limit) and (total < _UNKNOWN or failed):
        known = f"{total:,}" if total < _UNKNOWN else "an unknown number of"
        raise DataError(f"truncated: {mixer.frames:,} of {known} frames")
    if not mixer.frames:
        raise DataError("no frames")
    if mixer.frames == limit < total:
        flags |= bounds.capped(limit, rate)
    elif total >= _UNKNOWN and not flags:
        flags["streamed"] = ""
    return Taken(rate, flags)


def _mpeg(file: io.FileIO, mixer: Mixer, max_seconds: float) -> Taken:
    counted = mpeg.count(file, max_seconds)
    size = os.fstat(file.fileno()).st_size
    try:
        sound = _open(file)
    except Unread:
        file.seek(0)
        if not counted.counted and file.read(3) != b"ID3":
            raise DataError("not audio") from None
        raise
    with sound:
        rate, total = sound.samplerate, sound.frames
        limit = bounds.limit(rate, sound.channels, max_seconds)
        if counted.promised is None and (abs(total - counted.samples) > 2_400 and counted.samples < limit):
            raise Unread("damaged: an MP3 that does not tell its length")  # libsndfile would stop at a guess
        if counted.promised is not None and counted.counted > counted.promised + 1:
            raise Unread("damaged: an MP3 that tells another length than it has")
        _take(sound, mixer, min(limit, total))
        position = file.tell()
    if counted.promised is None:
        if mixer.frames < limit and size - position > max(0.1 * size, 4_096):
            raise DataError(f"damaged: only {position / size:.0%} of an MP3 that does not tell its length can be read")
        if mixer.frames < limit and not counted.whole:
            raise DataError(f"truncated: {mixer.frames:,} of an unknown number of frames")
    elif mixer.frames < min(total, limit):
        raise DataError(f"truncated: {mixer.frames:,} of {total:,} frames")
    if not mixer.frames:
        raise DataError("no frames")
    return Taken(rate, bounds.capped(limit, rate) if mixer.frames == limit < total else {})


def _ogg(file: io.FileIO, mixer: Mixer, max_seconds: float) -> Taken:
    """Streams that follow each other are read one after another; libsndfile reads the first alone."""
    streams = ogg.streams(file)
    rates: set[tuple[int, int]] = set()
    flags: dict[str, str] = {}
    if any(stream.mixed for stream in streams):
        raise Unread("damaged: an Ogg of several streams at once")
    limit, total = 1, 0
    for stream in streams or (None,):
        source: Any = file if len(streams) < 2 or stream is None else View(file, stream.begin, stream.end)
        with _open(source) as sound:
            rates.add((sound.samplerate, sound.channels))
            if len(rates) > 1:
                raise DataError("not read: chained streams of different sample rates or channels")
            limit, before = bounds.limit(sound.samplerate, sound.channels, max_seconds), mixer.frames
            _take(sound, mixer, min(limit, before + sound.frames))
            read, said = mixer.frames - before, sound.frames
        total += said
        if stream is not None and stream.closed and stream.last < stream.granule:
            raise Unread("damaged: an Ogg whose last page lies about its place")
        if mixer.frames == limit:
            break
        if read < said and stream is not None and stream.whole:
            flags |= bounds.differs(said, read)  # every page is there
        elif read < said or stream is None or not stream.closed:
            raise DataError(f"truncated: {read:,} of {max(said, read + 1):,} frames")
    if not mixer.frames:
        raise DataError("no frames")
    ((rate, _),) = rates
    return Taken(rate, bounds.capped(limit, rate) if mixer.frames == limit < total else flags)
