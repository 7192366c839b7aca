"""What is noticed of a decoded sound before anybody learns from it: silence, its band, where its spectrum ends.

Each function takes a mono waveform float32 (n,) and returns flags of `pipeline.files.problems.FLAGS` with what is
said of each.
"""

import numpy as np
from scipy.signal.windows import blackmanharris

from pipeline.audio.mixing import SILENCE

QUIET = 1e-6  # power beside that of the loudest frame: -60 dB
MOSTLY = 0.8  # share of the time
LOWEST_EDGE = 1_500.0  # Hz; nothing is recorded at less than 4 kHz
OUTSIDE = 0.5  # share of the energy
_FRAME = 0.025  # s
_WINDOWS = 32  # that are looked at, spread over the sound
_LEAST = 256  # samples, for a spectrum
_NOTHING = (1e-8, 1e-6, 1e-5)  # share of the energy, -80 dB, and as little as poorer resamplers leave
_LOUD = 1e-4  # power beside that of the loudest window
_FILLED = 1e-6  # power beside the mean of all frequencies, -60 dB: as much as any part of the band has
_EDGE = 1_000.0  # by how much the weakest part of the band exceeds the strongest above it, 30 dB


def silence(y: np.ndarray, rate: int) -> dict[str, str]:
    """Flag a sound that is silent, constant, or silent for most of the time between its ends."""
    if np.abs(y).max() < SILENCE:
        return {"silent": ""}
    if np.ptp(y) < SILENCE:
        return {"constant": ""}
    length = max(1, round(_FRAME * rate))
    whole = y[: len(y) // length * length].reshape(-1, length)
    if len(whole) < 10:
        return {}
    power = np.einsum("ij,ij->i", whole, whole) / length
    quiet = float((power < QUIET * power.max()).mean())
    return {"mostly_silent": f"{quiet:.0%} of the time below -60 dB"} if quiet > MOSTLY else {}


def spectrum(y: np.ndarray, rate: int) -> tuple[np.ndarray, np.ndarray]:
    """Return frequencies, Hz (k,), and the power at each in windows spread over the sound (windows, k).

    The sum of a window is its power. Empty for a sound too short to tell.
    """
    n = min(2 ** max(8, int(np.log2(max(rate / 8, 1)))), len(y))
    if n < _LEAST:
        return np.zeros(0), np.zeros((0, 0))
    window = blackmanharris(n, sym=False).astype(np.float32)
    begins = np.unique(np.linspace(0, len(y) - n, min(_WINDOWS, max(1, 2 * len(y) // n - 1))).astype(int))
    pieces = (y[begins[:, None] + np.arange(n)] - y.mean(dtype=np.float64)).astype(np.float32)
    power = np.square(np.abs(np.fft.rfft(pieces * window, axis=1)))
    return np.fft.rfftfreq(n, 1 / rate), power * np.float32(2 / (n * float(np.square(window).sum())))


def band(frequencies: np.ndarray, power: np.ndarray, heard: tuple[float, float]) -> dict[str, str]:
    """Flag a sound most of whose energy lies outside the band that features are made of, (lowest, highest) Hz."""
    total = float(power.sum())
    if not total > SILENCE**2:
        return {}
    outside = float(power[:, (frequencies < heard[0]) | (frequencies > heard[1])].sum()) / total
    if outside <= OUTSIDE:
        return {}
    return {"band": f"{outside:.0%} of the energy outside {heard[0]:g} to {heard[1]:g} Hz"}


def upsampled(frequencies: np.ndarray, power: np.ndarray, step: float | None) -> dict[str, str]:
    """Flag a sound that fills the lower part of its band and has nothing, behind a sharp edge, in the upper half.

    What is softer and softer towards the top, a tone, or one that moves, has no such edge, or not all the time.
    `step` is the least difference of samples: its rounding noise is no sound. None, a lossy codec, is not judged:
    such a codec draws an edge of its own.
    """
    if step is None or len(frequencies) < _LEAST // 2:
        return {}
    mean = power.mean(axis=0, dtype=np.float64)
    total, top = float(mean.sum()), float(frequencies[-1])
    if not total > SILENCE**2:
        return {}
    rounding = 1.5 * step**2 / 12 / len(mean)  # at each frequency
    above = np.cumsum(np.maximum(mean - rounding, 0)[::-1])[::-1]
    for nothing in _NOTHING:
        edge = float(frequencies[np.argmax(above < nothing * total)])
        if above[-1] < nothing * total and LOWEST_EDGE < edge < top / 2 and _is_sharp(frequencies, power, edge):
            return {"upsampled": f"nothing above {edge:,.0f} of {top:,.0f} Hz"}
    return {}


def _is_sharp(frequencies: np.ndarray, power: np.ndarray, edge: float) -> bool:
    """Whether in most of the windows that are loud enough the band is filled up to an edge, and empty behind it."""
    loud = power[power.sum(axis=1) > _LOUD * power.sum(axis=1).max()]
    # Neighbours together: a single one is as often next to nothing, in noise.
    inside = _smoothed(loud[:, (frequencies > 0.1 * edge) & (frequencies < 0.9 * edge)])
    beyond = _smoothed(loud[:, frequencies > 1.1 * edge])
    if not inside.size or not beyond.size:
        return False
    weakest, strongest = np.percentile(inside, 10, axis=1), np.percentile(beyond, 95, axis=1)
    filled = (weakest > _FILLED * loud.mean(axis=1)) & (weakest > _EDGE * strongest)
    return bool(filled.mean() > 0.5)


def _smoothed(power: np.ndarray) -> np.ndarray:
    """Return the mean of each eight neighbours, (windows, k // 8)."""
    return power[:, : power.shape[1] // 8 * 8].reshape(len(power), -1, 8).mean(axis=2)
