"""Short-time Fourier transform, in decibels."""

import numpy as np

from pipeline.plugins.features import _spectral
from pipeline.settings import Window


def extract(y: np.ndarray, sr: int, *, n_fft: Window = 1024, hop_length: Window = 512) -> np.ndarray:
    """Return float32 (n_frames, 1 + n_fft // 2): dB below the clip's greatest value, [-80, 0], mapped to [0, 1].

    `y` is float32 (n,) at `sr` Hz, windowed by Hann; n_frames is
    1 + max(n, n_fft) // hop_length. With x = (dB + 80) / 80, 0 is silence and 1 the loudest. The report divides
    dB by -80 instead: that is the reflection 1 - x, the same information with silence at 1.

    Args:
        y: the waveform.
        sr: its sample rate, Hz.
        n_fft: samples of a window.
        hop_length: samples from one frame to the next.

    Raises:
        ParamsError: the settings cannot be met; the message names the key.
    """
    n_bins(sr, n_fft=n_fft, hop_length=hop_length)
    return _spectral.unit_decibels(_spectral.power(y, n_fft=n_fft, hop_length=hop_length)).T


def n_bins(sr: int, *, n_fft: int, hop_length: int) -> int:
    """Return the width of a frame, the same at every `sr`; raises ParamsError where the settings cannot be met."""
    _spectral.check_windows(n_fft, hop_length)
    return 1 + n_fft // 2
