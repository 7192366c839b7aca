"""Log-mel spectrogram: the default. Filters after Slaney's Auditory Toolbox (1998), as librosa makes them."""

import numpy as np

from pipeline.plugins.features import _spectral
from pipeline.settings import Bins, NonNegativeFloat, PositiveFloat, Window


def extract(
    y: np.ndarray,
    sr: int,
    *,
    n_fft: Window = 1024,
    hop_length: Window = 512,
    n_mels: Bins = 64,
    fmin: NonNegativeFloat = 20.0,
    fmax: PositiveFloat | None = 11025.0,
) -> np.ndarray:
    """Return float32 (n_frames, n_mels): dB below the clip's greatest value, [-80, 0], mapped to [0, 1].

    `y` is float32 (n,) at `sr` Hz; n_frames is 1 + max(n, n_fft) // hop_length. 0 is silence, so that padding
    with zeros is padding with silence.

    Args:
        y: the waveform.
        sr: its sample rate, Hz.
        n_fft: samples of a window.
        hop_length: samples from one frame to the next.
        n_mels: bands.
        fmin: lower end of the lowest band, Hz.
        fmax: upper end of the highest band, Hz; null: sr / 2.

    Raises:
        ParamsError: the settings cannot be met at this `sr`; the message names the key.
    """
    n_bins(sr, n_fft=n_fft, hop_length=hop_length, n_mels=n_mels, fmin=fmin, fmax=fmax)
    bank = _spectral.mel_bank(sr, n_fft, n_mels, fmin, fmax)
    return _spectral.log_mel(y, bank, n_fft=n_fft, hop_length=hop_length)


def n_bins(sr: int, *, n_fft: int, hop_length: int, n_mels: int, fmin: float, fmax: float | None) -> int:
    """Return the width of a frame; raises ParamsError where the settings cannot be met at this `sr`."""
    _spectral.check_windows(n_fft, hop_length)
    return len(_spectral.mel_bank(sr, n_fft, n_mels, fmin, fmax))
