"""The waveform itself, for networks that find their own filters."""

import numpy as np

from pipeline.errors import ParamsError
from pipeline.settings import Window

MAX_HOP = 65_536
_SILENCE = 1e-7


def extract(y: np.ndarray, sr: int, *, hop_length: Window = 512) -> np.ndarray:
    """Return float32 (n_frames, hop_length) within [-1, 1]: `y` scaled to a peak of 1 and cut into rows.

    `y` is float32 (n,) at `sr` Hz; n_frames is ceil(n / hop_length), at least 1; the last row is padded with
    zeros. Reading the rows one after the other gives the waveform back. A silent clip is all zeros.

    Args:
        y: the waveform.
        sr: its sample rate, Hz.
        hop_length: samples of a row.

    Raises:
        ParamsError: the settings cannot be met; the message names the key.
    """
    width = n_bins(sr, hop_length=hop_length)
    y = np.asarray(y, dtype=np.float32)
    peak = float(np.abs(y).max(initial=0.0))
    y = y / peak if peak > _SILENCE else np.zeros_like(y)
    rows = max(1, -(-len(y) // width))
    return np.pad(y, (0, rows * width - len(y))).reshape(rows, width)


def n_bins(sr: int, *, hop_length: int) -> int:
    """Return the width of a frame, the same at every `sr`; raises ParamsError where it cannot be."""
    if hop_length > MAX_HOP:
        raise ParamsError(f"features.hop_length: found {hop_length:,}, expected at most {MAX_HOP:,} samples")
    return hop_length
