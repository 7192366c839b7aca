"""Decode a clip: check it, cap it, mix to mono, resample, trim.

Conventions: a waveform `y` is float32 (n,), mono, n >= 1, nominally within [-1, 1], at the sample rate asked for.
Files are opened by content, never by their name's ending, and only WAV, FLAC, Ogg, MP3 and AIFF. Nothing is
allocated by what a header claims: samples are read in blocks, mixed to mono at once, and no further than
`max_seconds`. What cannot be used raises a `DataError` whose message is short enough for a table of quarantined
clips; what comes before its first colon is the kind of fault.
"""

import hashlib
import io
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import librosa
import numpy as np
import soundfile
from librosa.effects import trim

from pipeline.audio import containers
from pipeline.errors import DataError

MAX_CHANNELS = 32
RATES = (1_000, 768_000)
MAX_BYTES = 2**32  # on disk: what a WAV file can have
MAX_FRAMES = 2**28  # as read, whatever `max_seconds` is: 1 GiB of samples, at 44.1 kHz 100 minutes
LOUDEST = 1e3
SILENCE = 1e-7  # below the least step of 24-bit audio
BLOCK = 8_192  # frames; what a decoder that fails midway loses at most
SHORT = 2_048  # samples: less than one window of `librosa.effects.trim`
_UNKNOWN = 2**60  # libsndfile: a header without a length
_MPEG = ("MP3", "MPEG")
_FORMATS = ("WAV", "WAVEX", "RF64", "AIFF", "FLAC", "OGG", *_MPEG)
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


@dataclass(frozen=True)
class Decoded:
    """A waveform and what was noticed about it.

    Attributes:
        y: float32 (n,), n >= 1, mono, trimmed.
        seconds: length as decoded: after the cap, before trimming.
        offset: seconds cut off in front by the trimming: where in the file `y` begins.
        flags: of `pipeline.files.problems.FLAGS`, what was noticed, each with what is said of it, or ''.
        sound: sha256 of the sound as decoded, before resampling and trimming: the same whatever the container.
    """

    y: np.ndarray
    seconds: float
    offset: float = 0.0
    flags: dict[str, str] = field(default_factory=dict)
    sound: str = ""


def decode(path: str | Path, *, sr: int, max_seconds: float, trim_db: float | None) -> Decoded:
    """Return the clip at `path` as a mono waveform of sample rate `sr` (Hz).

    Only the first `max_seconds` are read. Ends that lie more than `trim_db` dB below the clip's loudest frame are
    cut off (`None`: nothing is); a silent clip is kept as it is and flagged.

    Raises:
        DataError: the file is missing, no regular file, not audio, empty, truncated, damaged, or holds samples that
            are not finite or absurdly large; the message is the reason alone, without the path.
    """
    with _regular_file(Path(path)) as file:
        y, rate, flags = _read(file, max_seconds)
    seconds, sound = len(y) / rate, _sound(y, rate)
    y, begin = _resample(y, rate, sr), 0
    if np.abs(y).max() < SILENCE:
        flags["silent"] = ""
    elif np.ptp(y) < SILENCE:
        flags["constant"] = ""
    elif trim_db is not None:
        y, begin = _trim(y, trim_db)
    if len(y) < SHORT:
        flags["short"] = ""
    return Decoded(np.ascontiguousarray(y, dtype=np.float32), seconds, begin / sr, flags, sound)


def _sound(y: np.ndarray, rate: int) -> str:
    """Return the sha256 of a waveform, rounded to 16 bits so that decoders that differ in the last digits agree."""
    rounded = np.round(np.clip(y, -1, 1) * 32_767).astype("<i2")
    return hashlib.sha256(rate.to_bytes(4, "little") + rounded.tobytes()).hexdigest()


class _Forward(soundfile.SoundFile):
    """Read from front to back alone.

    soundfile seeks to where it already is after each block of a file that it takes for seekable, which shifts an
    MP3 by some frames and loses the end of a FLAC whose header gives no length.
    """

    def seekable(self) -> bool:
        return False


@contextmanager
def _regular_file(path: Path) -> Iterator[io.FileIO]:
    """Open a regular file without ever waiting for a pipe or touching a device."""
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):
            raise DataError("not a regular file")
        file = io.FileIO(os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)))
    except (FileNotFoundError, NotADirectoryError):
        raise DataError("missing") from None
    except OSError as error:
        raise DataError(f"cannot be opened: {error.strerror}") from None
    with file:
        yield file


def _read(file: io.FileIO, max_seconds: float) -> tuple[np.ndarray, int, dict[str, str]]:
    """Return the mono waveform at the file's own rate, that rate, and what was noticed about its length."""
    size = os.fstat(file.fileno()).st_size
    if not size:
        raise DataError("empty file")
    if size > MAX_BYTES:
        raise DataError(f"too large: {size / 1e9:.1f} GB, at most {MAX_BYTES / 1e9:.1f} GB are read")
    if not (containers.has_magic(file) or containers.may_be_mp3(file)):
        raise DataError("not audio")
    file.seek(0)
    try:
        sound = _Forward(file.fileno(), closefd=False)
    except soundfile.LibsndfileError as error:
        if not containers.has_magic(file):
            raise DataError("not audio") from None
        raise DataError(f"damaged: {error.error_string.rstrip('.')}") from None
    with sound:
        if sound.format not in _FORMATS:
            raise DataError(f"not read: audio of the kind {sound.format}")
        rate = sound.samplerate
        if not RATES[0] <= rate <= RATES[1]:
            raise DataError(f"sample rate out of range: {rate:,} Hz, expected {RATES[0]:,} to {RATES[1]:,}")
        if sound.channels > MAX_CHANNELS:
            raise DataError(f"too many channels: {sound.channels:,} channels, at most {MAX_CHANNELS} are read")
        limit = min(max(1, int(max_seconds * rate)), MAX_FRAMES)
        # Not a frame more than there are: a FLAC with a tag behind its end would fail on it and lose its last block.
        blocks, failed = _blocks(sound, min(limit, sound.frames))
    read = sum(map(len, blocks))
    _check_whole(file, sound, read, limit, failed)
    flags = {}
    if read == limit < sound.frames:
        flags["capped"] = f"the first {limit / rate:g} s are read"
    elif sound.frames >= _UNKNOWN or containers.is_streamed(file):
        flags["streamed"] = ""
    return np.concatenate(blocks), rate, flags


def _check_whole(file: io.FileIO, sound: soundfile.SoundFile, read: int, limit: int, failed: bool) -> None:
    """Refuse a clip of which fewer frames were `read` than there should be up to `limit`."""
    position, size = file.tell(), os.fstat(file.fileno()).st_size
    total = max(
        sound.frames, containers.promised_frames(file, sound.frames, _BYTES.get(sound.subtype, 0) * sound.channels)
    )
    if sound.format in _MPEG and not containers.mp3_tells_length(file):
        total = read  # libsndfile guessed; what shows is how far it came
        if read < limit and size - position > max(0.1 * size, 4_096):
            raise DataError(f"damaged: only {position / size:.0%} of an MP3 that does not tell its length can be read")
    elif total >= _UNKNOWN and not failed:
        total = read
    if read < min(total, limit):
        known = f"{total:,}" if total < _UNKNOWN else "an unknown number of"
        raise DataError(f"truncated: {read:,} of {known} frames")
    if not read:
        raise DataError("no frames")


def _blocks(sound: soundfile.SoundFile, limit: int) -> tuple[list[np.ndarray], bool]:
    """Return float32 mono blocks of up to `limit` frames in all, and whether the decoder failed before."""
    blocks: list[np.ndarray] = []
    while limit > 0:
        try:
            block = sound.read(min(BLOCK, limit), dtype="float32", always_2d=True)
        except soundfile.LibsndfileError:
            return blocks, True
        if not len(block):
            break
        peak = np.abs(block).max()
        if not np.isfinite(peak):
            raise DataError("not finite: NaN or Inf among the samples")
        if peak > LOUDEST:
            raise DataError(f"out of range: a sample of {peak:.3g}, expected about -1 to 1")
        limit -= len(block)
        blocks.append(block.mean(axis=1))
    return blocks, False


def _resample(y: np.ndarray, rate: int, sr: int) -> np.ndarray:
    """Return `y` at `sr`, at least one sample long."""
    if rate == sr:
        return y
    return librosa.resample(y, orig_sr=rate, target_sr=sr, res_type="soxr_hq")


def _trim(y: np.ndarray, trim_db: float) -> tuple[np.ndarray, int]:
    """Return what is left of `y`, and the sample that it begins with."""
    trimmed, (begin, _) = trim(y, top_db=trim_db)
    return (trimmed, int(begin)) if len(trimmed) else (y, 0)
