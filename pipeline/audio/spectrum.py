"""The spectrum of a whole clip: by what clips are found that may be the same recording.

It hardly changes with the level, the codec, a little noise, a cut or a shift, and takes 256 bytes a clip.
"""

import numpy as np

BANDS = 64
_N_FFT = 1_024
_LOWEST, _HIGHEST = 60.0, 8_000.0  # Hz
_BLOCK = 2_048  # windows at a time: memory does not grow with the clip


def long_term(y: np.ndarray, sr: int) -> np.ndarray:
    """Return the root of the mean power in bands, of unit length; zeros where there is no sound.

    Args:
        y: float32 (n,), mono.
        sr: of `y`, Hz. Bands are spaced by ratio from 60 Hz to 8 kHz, or to half of `sr`.

    Returns:
        float32 (BANDS,).
    """
    y = np.pad(y, (0, max(0, _N_FFT - len(y))))
    windows = np.lib.stride_tricks.sliding_window_view(y, _N_FFT)[:: _N_FFT // 2]
    window, power = np.hanning(_N_FFT).astype(np.float32), np.zeros(_N_FFT // 2 + 1)
    for begin in range(0, len(windows), _BLOCK):
        power += (np.abs(np.fft.rfft(windows[begin : begin + _BLOCK] * window, axis=1)) ** 2).sum(axis=0)
    edges = np.geomspace(_LOWEST, min(_HIGHEST, sr / 2), BANDS + 1) * _N_FFT / sr
    # A band narrower than a bin has its share of that bin.
    total = np.concatenate([[0.0], np.cumsum(power)])
    held = np.diff(np.interp(edges, np.arange(len(total)), total)) / np.diff(edges)
    root = np.sqrt(np.maximum(held, 0))
    length = np.linalg.norm(root)
    return (root / length if length > 0 else root).astype(np.float32)
