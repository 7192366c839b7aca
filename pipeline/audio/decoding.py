"""Decode a clip: check it, cap it, mix to mono, resample, trim.

Conventions: a waveform `y` is float32 (n,), mono, n >= 1, nominally within [-1, 1], at the sample rate asked for.
Files are opened by content, never by their name's ending: by libsndfile where it reads them exactly, else by FFmpeg.
Nothing is allocated by what a header claims: samples are read in blocks, mixed to mono at once, and no further than
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
from librosa.effects import trim

from pipeline.audio import by_ffmpeg, by_soundfile, kinds, mpeg, noticing
from pipeline.audio.bounds import Taken
from pipeline.audio.kinds import Kind
from pipeline.audio.mixing import Mixer
from pipeline.audio.views import View
from pipeline.errors import DataError

MAX_BYTES = 2**32  # on disk: what a WAV file can have
SHORT = 2_048  # samples: less than one window of `librosa.effects.trim`
# What FFmpeg tries where libsndfile does not read it: codecs that libsndfile lacks.
_TRIED_AGAIN = (kinds.WAV, kinds.AIFF, kinds.CAF, kinds.W64, kinds.AU, kinds.OGG, kinds.MPEG)


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


def decode(
    path: str | Path,
    *,
    sr: int,
    max_seconds: float,
    trim_db: float | None,
    band: tuple[float, float] | None = None,
) -> Decoded:
    """Return the clip at `path` as a mono waveform of sample rate `sr` (Hz).

    Only the first `max_seconds` are read. Ends that lie more than `trim_db` dB below the clip's loudest frame are
    cut off (`None`: nothing is); a silent clip is kept as it is and flagged. `band` is what features are made of,
    (lowest, highest) Hz: a clip most of whose energy lies outside is flagged; None: it is not looked at.

    Raises:
        DataError: the file is missing, no regular file, not audio, empty, truncated, damaged, or holds samples that
            are not finite or absurdly large; the message is the reason alone, without the path.
    """
    with _regular_file(Path(path)) as file:
        read, mixer = _read(file, max_seconds)
    y, rate, flags = mixer.mono(), read.rate, read.flags | mixer.clipped()
    seconds, sound = len(y) / rate, _sound(y, rate)
    quiet = noticing.silence(y, rate)
    if "silent" not in quiet and "constant" not in quiet:
        frequencies, power = noticing.spectrum(y, rate)
        flags |= noticing.upsampled(frequencies, power, mixer.step) if mixer.own_rate else {}
        flags |= noticing.band(frequencies, power, band) if band else {}
    y, begin = _resample(y, rate, sr), 0
    if "silent" not in quiet and "constant" not in quiet and trim_db is not None:
        y, begin = _trim(y, trim_db)
    if len(y) < SHORT:
        flags["short"] = ""
    return Decoded(np.ascontiguousarray(y, dtype=np.float32), seconds, begin / sr, flags | quiet, sound)


def _sound(y: np.ndarray, rate: int) -> str:
    """Return the sha256 of a waveform, rounded to 16 bits so that decoders that differ in the last digits agree."""
    rounded = np.round(np.clip(y, -1, 1) * 32_767).astype("<i2")
    return hashlib.sha256(rate.to_bytes(4, "little") + rounded.tobytes()).hexdigest()


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


def _read(file: io.FileIO, max_seconds: float) -> tuple[Taken, Mixer]:
    """Return the sample rate, what was noticed, and the mixer that holds the sound."""
    size = os.fstat(file.fileno()).st_size
    if not size:
        raise DataError("empty file")
    if size > MAX_BYTES:
        raise DataError(f"too large: {size / 1e9:.1f} GB, at most {MAX_BYTES / 1e9:.1f} GB are read")
    kind = kinds.of(file)
    taken, mixer = _mixed(file, kind, max_seconds, None)
    weights, flags = mixer.better()
    if weights is not None:
        _, again = _mixed(file, kind, max_seconds, weights)
        mixer = again
    return Taken(taken.rate, taken.flags | flags), mixer


def _mixed(file: io.FileIO, kind: Kind, max_seconds: float, weights: np.ndarray | None) -> tuple[Taken, Mixer]:
    """Read a file by the decoder that reads it best."""
    if not kind.exact:
        mixer = Mixer(weights)
        return by_ffmpeg.read(file, _source(file, kind, max_seconds), kind, mixer, max_seconds), mixer
    try:
        mixer = Mixer(weights)
        return by_soundfile.read(file, kind, mixer, max_seconds), mixer
    except by_soundfile.Unread as error:
        if kind not in _TRIED_AGAIN:
            raise DataError(str(error)) from None
        first = error
    mixer = Mixer(weights)
    try:
        return by_ffmpeg.read(file, _source(file, kind, max_seconds), kind, mixer, max_seconds), mixer
    except DataError as error:
        if str(error).startswith("damaged: ") and not mixer.frames:
            raise DataError(str(first)) from None
        raise


def _source(file: io.FileIO, kind: Kind, max_seconds: float) -> View:
    """Return an MP3 without its tag, which may lie, or any other file as it is."""
    begin = mpeg.count(file, max_seconds).sound if kind is kinds.MPEG else 0
    return View(file, begin, os.fstat(file.fileno()).st_size)


def _resample(y: np.ndarray, rate: int, sr: int) -> np.ndarray:
    """Return `y` at `sr`, at least one sample long."""
    if rate == sr:
        return y
    return librosa.resample(y, orig_sr=rate, target_sr=sr, res_type="soxr_hq")


def _trim(y: np.ndarray, trim_db: float) -> tuple[np.ndarray, int]:
    """Return what is left of `y`, and the sample that it begins with."""
    trimmed, (begin, _) = trim(y, top_db=trim_db)
    return (trimmed, int(begin)) if len(trimmed) else (y, 0)
