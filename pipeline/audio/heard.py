"""What the network hears of a file, as a sound that every browser plays."""

import io
from pathlib import Path
from typing import Protocol

import numpy as np
import soundfile

from pipeline.audio import decoding


class Hearing(Protocol):
    """What of `features` says how a file is heard."""

    @property
    def sr(self) -> int: ...

    @property
    def max_seconds(self) -> float: ...


def heard(path: str | Path, features: Hearing) -> bytes:
    """Return a WAV of 16 bits, mono, at `features.sr`: the sound of `path` from which its features are made.

    It is decoded, mixed, capped and resampled as for the features, but not trimmed: a clip's `offset` is a place in
    it. Where the sound exceeds full scale, all of it is made quieter; else its level is as it was.

    Raises:
        DataError: as `decoding.decode`.
    """
    y = decoding.decode(path, sr=features.sr, max_seconds=features.max_seconds, trim_db=None).y
    peak = float(np.abs(y).max())
    written = io.BytesIO()
    soundfile.write(written, y / max(1.0, peak), features.sr, format="WAV", subtype="PCM_16")
    return written.getvalue()
