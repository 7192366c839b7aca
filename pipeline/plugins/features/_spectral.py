"""What the spectral features share: checks of their settings, powers, and decibels as numbers from 0 to 1."""

import warnings
from functools import cache

import librosa
import numpy as np
from librosa.filters import mel

from pipeline.errors import ParamsError

RANGE_DB = 80.0
MAX_N_FFT = 65_536
_SILENCE = 1e-7


def check_windows(n_fft: int, hop_length: int) -> None:
    """Refuse windows that cannot be.

    Raises:
        ParamsError: naming the key.
    """
    if not 16 <= n_fft <= MAX_N_FFT:
        raise ParamsError(f"features.n_fft: found {n_fft}, expected 16 to {MAX_N_FFT:,}")
    if hop_length > n_fft:
        raise ParamsError(
            f"features.hop_length: found {hop_length}, expected at most n_fft ({n_fft}), "
            "or samples between windows are never looked at; lower it"
        )


@cache
def mel_bank(sr: int, n_fft: int, n_mels: int, fmin: float, fmax: float | None) -> np.ndarray:
    """Return Slaney's mel filters, float32 (n_mels, 1 + n_fft // 2), each with a bin of its own to look at.

    Raises:
        ParamsError: the band does not fit `sr`, or some filters are empty; the message names the key.
    """
    top = sr / 2 if fmax is None else fmax
    if top > sr / 2:
        raise ParamsError(
            f"features.fmax: found {top:g} Hz, expected at most half of features.sr ({sr / 2:g} Hz); "
            "lower it, or write null for the highest there is"
        )
    if fmin >= top:
        raise ParamsError(f"features.fmin: found {fmin:g} Hz, expected less than fmax ({top:g} Hz)")
    if n_mels > n_fft:
        raise ParamsError(f"features.n_mels: found {n_mels}, expected at most n_fft ({n_fft})")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # librosa's words on empty filters; ours follow
        bank = mel(sr=sr, n_fft=n_fft, n_mels=n_mels, fmin=fmin, fmax=top)
    empty = int((bank.max(axis=1) <= 0).sum())
    if empty:
        raise ParamsError(
            f"features.n_mels: found {n_mels}, of which {empty} filters are narrower than the spacing of the "
            f"bins at n_fft {n_fft} and would be empty; lower n_mels or raise n_fft or fmin"
        )
    bank.flags.writeable = False
    return bank


def power(y: np.ndarray, *, n_fft: int, hop_length: int) -> np.ndarray:
    """Return the power spectrogram, float32 (1 + n_fft // 2, n_frames), of `y` scaled to a peak of 1.

    Scaling first makes what follows independent of the level. A silent clip stays zero; one shorter than a
    window is padded with zeros.
    """
    y = np.asarray(y, dtype=np.float32)
    peak = float(np.abs(y).max(initial=0.0))
    y = y / peak if peak > _SILENCE else np.zeros_like(y)
    y = np.pad(y, (0, max(0, n_fft - len(y))))
    return np.abs(librosa.stft(y, n_fft=n_fft, hop_length=hop_length)) ** 2


def unit_decibels(spectrum: np.ndarray) -> np.ndarray:
    """Map powers to decibels below the greatest, [-80, 0], and these to [0, 1]; float32, same shape.

    0 is silence, so that padding with zeros is padding with silence. A spectrum of zeros stays zeros.
    """
    if not spectrum.max(initial=0.0) > 0:
        return np.zeros(spectrum.shape, dtype=np.float32)
    decibels = librosa.power_to_db(spectrum, ref=np.max, amin=1e-20, top_db=RANGE_DB)
    return np.clip((decibels + RANGE_DB) / RANGE_DB, 0.0, 1.0).astype(np.float32)


def log_mel(y: np.ndarray, bank: np.ndarray, *, n_fft: int, hop_length: int) -> np.ndarray:
    """Return the log-mel spectrogram of `y`, float32 (n_frames, n_mels) within [0, 1]."""
    return unit_decibels(bank @ power(y, n_fft=n_fft, hop_length=hop_length)).T
