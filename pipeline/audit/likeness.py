"""Whether two waveforms are of one recording: the greatest normalised cross-correlation over shifts.

Source: J. P. Lewis, "Fast Normalized Cross-Correlation", Vision Interface 1995: by FFT, each shift normalised by the
energy of what overlaps.
"""

import numpy as np
from scipy import fft
from scipy.signal import butter, sosfilt

SR = 8_000  # Hz, of the waveforms that are compared
_HUM = 150.0  # Hz: mains hum alone would make two recordings of one room alike
_LENGTH = 0.6  # share of the shorter one that has to overlap
_ENERGY = 0.3  # share of the energy of each that has to lie in what overlaps
_STEPS = 8  # between samples: half a sample of shift turns what is near 4 kHz by a quarter
_WORTH = 0.6  # of a height, below which no shift by less than a sample makes two sounds alike


def prepared(y: np.ndarray) -> np.ndarray:
    """Return float32 (n,) without hum and offset, as `likeness` takes it; `y` is float (n,) at `SR`."""
    filtered: np.ndarray = sosfilt(butter(2, _HUM, "highpass", fs=SR, output="sos"), y.astype(np.float64))
    return filtered.astype(np.float32)


def likeness(a: np.ndarray, b: np.ndarray) -> float:
    """Return between 0 and 1 how far one waveform is the other, whatever level, sign, shift and cut.

    `a`, `b`: float32 (n,), (m,) from `prepared`. 0 where one is silent, or too little of both overlaps.
    """
    size = fft.next_fast_len(len(a) + len(b) - 1, real=True)
    cross = fft.rfft(a, size) * np.conj(fft.rfft(b, size))
    shifts = np.arange(1 - len(b), len(a))
    begin, end = np.maximum(0, shifts), np.minimum(len(a), len(b) + shifts)
    of_a, of_b = _energy(a), _energy(b)
    held_a, held_b = of_a[end] - of_a[begin], of_b[end - shifts] - of_b[begin - shifts]
    enough = end - begin >= _LENGTH * min(len(a), len(b))
    enough &= (held_a >= _ENERGY * of_a[-1]) & (held_b >= _ENERGY * of_b[-1])
    norm = np.sqrt(held_a.astype(np.float64) * held_b)
    enough &= norm > 1e-12
    if not enough.any():
        return 0.0
    height = np.where(enough, np.abs(fft.irfft(cross, size)[shifts % size]) / np.where(enough, norm, 1.0), 0.0)
    best = int(height.argmax())
    if height[best] < _WORTH:
        return float(height[best])
    return float(min(1.0, max(height[best], _between(cross, size, int(shifts[best])) / norm[best])))


def _energy(y: np.ndarray) -> np.ndarray:
    return np.concatenate([[0.0], np.cumsum(y.astype(np.float64) ** 2)])


def _between(cross: np.ndarray, size: int, shift: int) -> float:
    """Return the greatest height of the correlation within a sample of `shift`."""
    steps = shift + np.arange(-_STEPS + 1, _STEPS) / _STEPS
    turned = np.exp(2j * np.pi * np.outer(steps, np.arange(len(cross))) / size) @ cross
    whole = 2 * turned.real - cross[0].real
    if size % 2 == 0:
        whole -= (np.exp(1j * np.pi * steps) * cross[-1]).real
    return float(np.abs(whole).max() / size)
