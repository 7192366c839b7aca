"""What a container says of its samples put right: too few bytes, too many, and what lies behind them.

libsndfile believes a size that is too small: a recorder that lost power leaves 44 bytes in the header of an hour.
"""

import io
import os

import numpy as np
import soundfile

from pipeline.audio import bounds, containers
from pipeline.audio.containers import Samples
from pipeline.audio.mixing import LOUDEST
from pipeline.audio.views import View
from pipeline.errors import DataError

_ENOUGH = 2_000  # frames, to know how a sound is


def resized(file: io.FileIO, found: Samples, size: int) -> View:
    """Return a view of a file whose header promises `size` bytes of samples."""
    return View(file, 0, os.fstat(file.fileno()).st_size, [found.sized(size)])


def promised(found: Samples, frames: int, width: int) -> int:
    """Return how many frames a container promises; `frames` are those that libsndfile says there are."""
    if found.promised is None or found.promised <= found.present:
        return frames
    return found.promised // width if width else -(-frames * found.promised // max(found.present, 1))


def held(file: io.FileIO, found: Samples, sound: soundfile.SoundFile, width: int) -> tuple[int | None, dict[str, str]]:
    """Return how many bytes of samples there are where the container is wrong about it, or None; and the flag.

    Raises:
        DataError: it is wrong, and what there is is no sound.
    """
    told, present = found.promised or 0, found.present
    if told > present:
        frames = told // width if width else 0
        short = frames - present // width if width else 0
        # The whole file's length, or that of all but its first 8 bytes, taken for the samples'.
        slip = told - present in (found.begin, found.begin - 8)
        if not width:
            return None, bounds.differs(promised(found, sound.frames, 0), sound.frames) if slip else {}
        if short and present and (slip or short == 1 or bounds.are_few(short, sound.samplerate, frames)):
            return None, bounds.differs(frames, present // width)
        return None, {}
    rest = containers.behind(file, found)
    if rest < max(width, 1) or (not told and not present):
        return None, {}
    said = told // width if width else sound.frames
    if rest < max(told, 1) and bounds.are_few(rest // max(width, 1), sound.samplerate, said):
        return None, {} if rest < 2 * max(width, 1) else {"header": f"says {said:,} frames, {rest:,} bytes follow"}
    if _goes_on(file, found, said):
        frames = present // width if width else -(-said * present // max(told, 1))
        return present, bounds.differs(said, frames)
    if rest > told:
        raise DataError(f"damaged: the header says {said:,} frames, and {rest:,} bytes that are no sound follow")
    return None, {"header": f"says {said:,} frames, {rest:,} bytes that are no sound follow"}


def _goes_on(file: io.FileIO, found: Samples, said: int) -> bool:
    """Whether the samples go on behind the promised ones: by what comes there, taken for samples.

    Text, pictures and archives taken for samples are loud and as rough as nothing that was recorded.
    """
    try:
        with soundfile.SoundFile(resized(file, found, found.present)) as sound:
            first = sound.read(min(said, 65_536), dtype="float32", always_2d=True)[:, 0]
            rest = np.concatenate([_piece(sound, int(place)) for place in np.linspace(said, sound.frames, 9)[:-1]])
    except soundfile.LibsndfileError:
        return False
    with np.errstate(all="ignore"):
        if not len(rest) or not np.isfinite(rest).all() or np.abs(rest).max() > LOUDEST:
            return False
        if not rest.any():  # room that was set aside
            return False
        level, rough = _character(rest)
        odd = level > 0.4 and (rough > 1.2 or rest.min() > 0.05)
        return not odd or (len(first) >= _ENOUGH and _character(first)[0] > level / 2)


def _piece(sound: soundfile.SoundFile, place: int) -> np.ndarray:
    sound.seek(place)
    return np.asarray(sound.read(bounds.BLOCK, dtype="float32", always_2d=True)[:, 0])


def _character(y: np.ndarray) -> tuple[float, float]:
    """Return the level of a sound, and by how much it changes from sample to sample beside it."""
    level = float(np.sqrt(np.square(y, dtype=np.float64).mean()))
    return level, float(np.sqrt(np.square(np.diff(y), dtype=np.float64).mean())) / max(level, 1e-9) if len(y) > 1 else 0
