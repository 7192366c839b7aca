"""Mel-frequency cepstral coefficients (Davis and Mermelstein, 1980) of the log-mel spectrogram."""

import numpy as np
from scipy.fft import dct

from pipeline.errors import ParamsError
from pipeline.plugins.features import _spectral
from pipeline.settings import Bins, NonNegativeFloat, PositiveFloat, Window


def extract(
    y: np.ndarray,
    sr: int,
    *,
    n_fft: Window = 1024,
    hop_length: Window = 512,
    n_mels: Bins = 64,
    n_mfcc: Bins = 20,
    fmin: NonNegativeFloat = 20.0,
    fmax: PositiveFloat | None = 11025.0,
) -> np.ndarray:
    """Return float32 (n_frames, n_mfcc), within [-1, 1]; a silent frame is all zeros.

    The orthonormal DCT-II of a frame of the log-mel spectrogram (x in [0, 1], see `mel`), divided by sqrt(n_mels),
    which bounds every coefficient by 1 (the transform keeps the frame's norm) and makes the first one the frame's
    mean. `y` is float32 (n,) at `sr` Hz; n_frames is 1 + max(n, n_fft) // hop_length.

    Args:
        y: the waveform.
        sr: its sample rate, Hz.
        n_fft: samples of a window.
        hop_length: samples from one frame to the next.
        n_mels: bands that the coefficients are computed from.
        n_mfcc: coefficients.
        fmin: lower end of the lowest band, Hz.
        fmax: upper end of the highest band, Hz; null: sr / 2.

    Raises:
        ParamsError: the settings cannot be met at this `sr`; the message names the key.
    """
    n_bins(sr, n_fft=n_fft, hop_length=hop_length, n_mels=n_mels, n_mfcc=n_mfcc, fmin=fmin, fmax=fmax)
    bank = _spectral.mel_bank(sr, n_fft, n_mels, fmin, fmax)
    mel = _spectral.log_mel(y, bank, n_fft=n_fft, hop_length=hop_length)
    coefficients = dct(mel, type=2, norm="ortho", axis=1)[:, :n_mfcc] / np.sqrt(n_mels)
    return np.clip(coefficients, -1.0, 1.0).astype(np.float32)


def n_bins(sr: int, *, n_fft: int, hop_length: int, n_mels: int, n_mfcc: int, fmin: float, fmax: float | None) -> int:
    """Return the width of a frame; raises ParamsError where the settings cannot be met at this `sr`."""
    _spectral.check_windows(n_fft, hop_length)
    if n_mfcc > n_mels:
        raise ParamsError(f"features.n_mfcc: found {n_mfcc}, expected at most n_mels ({n_mels}); lower it")
    _spectral.mel_bank(sr, n_fft, n_mels, fmin, fmax)
    return n_mfcc
