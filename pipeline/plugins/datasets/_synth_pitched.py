"""Pitched sounds of the demo: plucked, bowed and blown strings and pipes, organs, bells, electric pianos.

Conventions: a sound is a function `(random, n) -> waveform` that draws its own parameters from `random` and
returns float64 of shape (n,) at `SR`, of any level; a note is `(random, f0, n) -> waveform` with f0 in Hz.
"""

from collections.abc import Callable

import numpy as np
from scipy.signal import lfilter

SR = 22_050
Random = np.random.Generator
Note = Callable[[Random, float, int], np.ndarray]


def log_uniform(random: Random, low: float, high: float) -> float:
    """Draw from `low` to `high`, uniformly in the logarithm."""
    return float(np.exp(random.uniform(np.log(low), np.log(high))))


def seconds(n: int) -> np.ndarray:
    """Time of each of `n` samples, in seconds."""
    return np.arange(n) / SR


def fade(n: int, attack: float, release: float) -> np.ndarray:
    """Envelope that rises over `attack` and falls over `release` seconds, raised cosines."""
    t = seconds(n)
    rise = np.clip(t / max(attack, 1e-4), 0, 1)
    fall = np.clip((t[-1] - t) / max(release, 1e-4), 0, 1)
    return np.sin(np.pi / 2 * rise) ** 2 * np.sin(np.pi / 2 * fall) ** 2


def phase(frequency: np.ndarray) -> np.ndarray:
    """Phase in radians of an oscillator of the given instantaneous frequency (Hz)."""
    return 2 * np.pi * np.cumsum(frequency) / SR


def _vibrato(random: Random, f0: float, n: int, depth: float) -> np.ndarray:
    drift = random.normal(0, 0.003) * np.linspace(-1, 1, n)
    wave = depth * np.sin(2 * np.pi * random.uniform(4, 7) * seconds(n) + random.uniform(0, 6))
    return f0 * (1 + drift + wave * np.clip(seconds(n) / 0.3, 0, 1))


def _partials(angle: np.ndarray, f0: float, amplitudes: np.ndarray) -> np.ndarray:
    """Sum harmonics 1, 2, ... that lie below the Nyquist frequency."""
    total = np.zeros_like(angle)
    for k, amplitude in enumerate(amplitudes, start=1):
        if abs(amplitude) > 1e-3 and k * f0 < 0.45 * SR:
            total += amplitude * np.sin(k * angle)
    return total


def _play(note: Note, random: Random, n: int, low: float, high: float, most: int) -> np.ndarray:
    """Play one to `most` notes in a row or as a chord, pitches around a centre drawn from low..high Hz."""
    out = np.zeros(n)
    count = int(random.integers(1, most + 1))
    spread = random.uniform(0, 1) if random.random() < 0.7 else 0.0
    centre, tuning = log_uniform(random, low, high), 2 ** (random.normal(0, 0.25) / 12)
    for i in range(count):
        start = int(spread * i / count * n)
        f0 = centre * tuning * 2 ** (int(random.integers(-7, 8) if i else 0) / 12)
        length = n - start if random.random() < 0.6 else min(n - start, int(n * random.uniform(0.3, 0.9)))
        if length > 400:
            out[start : start + length] += random.uniform(0.5, 1) * note(random, f0, length)
    return out


def _pluck(random: Random, f0: float, n: int) -> np.ndarray:
    """Karplus-Strong (Karplus and Strong 1983, Computer Music Journal 7(2)), with a fractional delay."""
    period = SR / f0 - 0.5
    whole = int(period)
    part = period - whole
    burst = random.uniform(-1, 1, whole + 1)
    burst = lfilter([1 - (b := random.uniform(0.0, 0.85))], [1, -b], burst)
    position = max(1, int(random.uniform(0.05, 0.5) * whole))
    burst = burst - np.roll(burst, position)
    loss = 10 ** (-3 / (f0 * log_uniform(random, 0.4, 5.0)))
    feedback = np.zeros(whole + 3)
    feedback[0] = 1.0
    feedback[whole : whole + 3] -= loss * 0.5 * np.array([1 - part, 1.0, part])
    excitation = np.zeros(n)
    excitation[: min(n, len(burst))] = burst[:n]
    return lfilter([1.0], feedback, excitation) * fade(n, 0.001, 0.03)


def _bow(random: Random, f0: float, n: int) -> np.ndarray:
    angle = phase(_vibrato(random, f0, n, random.uniform(0, 0.012)))
    k = np.arange(1, 16)
    body = 1 + random.uniform(0, 3) * np.exp(-((k * f0 - random.uniform(400, 1500)) ** 2) / (2 * 300.0**2))
    tone = _partials(angle, f0, body * k ** -random.uniform(0.6, 1.3) * random.uniform(0.5, 1, k.size))
    scrape = lfilter([1, -0.9], [1], random.normal(size=n)) * random.uniform(0.0, 0.15)
    return (tone + scrape) * fade(n, log_uniform(random, 0.02, 0.5), random.uniform(0.03, 0.4))


def _organ(random: Random, f0: float, n: int) -> np.ndarray:
    bars = np.zeros(16)
    bars[[0, 1, 2, 3, 5, 7, 9, 11, 15]] = random.uniform(0, 1, 9) * (random.random(9) < 0.65)
    bars[0] = max(bars[0], 0.4)
    depth = random.uniform(0, 0.3)
    turn = 1 + depth * np.sin(2 * np.pi * random.uniform(0.8, 7) * seconds(n))
    angle = phase(f0 * (1 + 0.004 * depth * turn))
    click = random.normal(size=n) * np.exp(-seconds(n) / 0.004) * random.uniform(0, 0.5)
    return (_partials(angle, f0, bars) * turn + click) * fade(n, log_uniform(random, 0.003, 0.1), 0.04)


def _bell(random: Random, f0: float, n: int) -> np.ndarray:
    ratios = np.array([0.5, 1.0, 1.19, 1.5, 2.0, 2.51, 2.66, 3.01, 4.1, 5.4])
    ratios = ratios * (1 + random.normal(0, 0.02, ratios.size))
    t, decay = seconds(n), log_uniform(random, 0.15, 3.0)
    out = np.zeros(n)
    for ratio, level in zip(ratios, random.uniform(0.0, 1, ratios.size) ** 1.5, strict=True):
        if f0 * ratio < 0.45 * SR:
            beat = 1 + random.uniform(0, 0.5) * np.sin(2 * np.pi * random.uniform(0.5, 6) * t)
            out += level * beat * np.exp(-t * ratio**0.7 / decay) * np.sin(2 * np.pi * f0 * ratio * t)
    return out * fade(n, log_uniform(random, 0.001, 0.02), 0.02)


def _electric_piano(random: Random, f0: float, n: int) -> np.ndarray:
    """Two FM pairs (Chowning 1973, JAES 21(7)): a body at ratio 1 and a tine at a high ratio."""
    t, decay = seconds(n), log_uniform(random, 0.2, 2.5)
    angle = 2 * np.pi * f0 * t
    body = np.sin(angle + random.uniform(0.3, 2.5) * np.exp(-t / (decay * 0.6)) * np.sin(angle))
    ratio = float(random.choice([3, 5, 7, 11, 14]))
    tine = np.sin(angle * 1.002 + random.uniform(0.1, 1.5) * np.exp(-t / 0.12) * np.sin(min(ratio, 9e3 / f0) * angle))
    shake = 1 + random.uniform(0, 0.4) * np.sin(2 * np.pi * random.uniform(3, 7) * t)
    mix = random.uniform(0.25, 0.7)
    return ((1 - mix) * body + mix * tine) * shake * np.exp(-t / decay) * fade(n, 0.002, 0.05)


def _flute(random: Random, f0: float, n: int) -> np.ndarray:
    wander = lfilter([0.002], [1, -0.998], random.normal(size=n))
    frequency = _vibrato(random, f0, n, random.uniform(0, 0.015)) * (1 + 0.02 * wander)
    amplitudes = np.array([1, *(random.uniform(0.02, 0.6, 5) * 0.7 ** np.arange(5))])
    width = random.uniform(0.9, 0.985)
    breath = lfilter([1 - width], [1, -2 * width * np.cos(2 * np.pi * f0 / SR), width**2], random.normal(size=n))
    tone = _partials(phase(frequency), f0, amplitudes) + random.uniform(0.05, 0.9) * breath
    shake = 1 + random.uniform(0, 0.3) * np.sin(2 * np.pi * random.uniform(4, 6) * seconds(n))
    return tone * shake * fade(n, log_uniform(random, 0.02, 0.25), random.uniform(0.03, 0.2))


def _kalimba(random: Random, f0: float, n: int) -> np.ndarray:
    t, decay = seconds(n), log_uniform(random, 0.1, 0.8)
    tone = np.sin(2 * np.pi * f0 * t) + random.uniform(0.1, 0.5) * np.exp(-t / 0.05) * np.sin(2 * np.pi * 5.4 * f0 * t)
    return tone * np.exp(-t / decay) * fade(n, 0.001, 0.02)


def _whistle(random: Random, f0: float, n: int) -> np.ndarray:
    glide = f0 * 2 ** (random.uniform(-0.5, 0.5) * np.sin(np.pi * np.linspace(0, random.uniform(0.5, 2), n)))
    return (np.sin(phase(glide)) + 0.03 * random.normal(size=n)) * fade(n, 0.05, 0.1)


SOUNDS: dict[str, Callable[[Random, int], np.ndarray]] = {
    "Bell": lambda random, n: _play(_bell, random, n, 250, 1300, 4),
    "Bowed_string": lambda random, n: _play(_bow, random, n, 110, 700, 4),
    "Electric_piano": lambda random, n: _play(_electric_piano, random, n, 80, 500, 5),
    "Flute": lambda random, n: _play(_flute, random, n, 330, 1300, 4),
    "Organ": lambda random, n: _play(_organ, random, n, 80, 500, 4),
    "Plucked_string": lambda random, n: _play(_pluck, random, n, 80, 600, 5),
}
OTHERS: dict[str, Callable[[Random, int], np.ndarray]] = {
    "Kalimba": lambda random, n: _play(_kalimba, random, n, 200, 900, 5),
    "Whistling": lambda random, n: _play(_whistle, random, n, 500, 1800, 2),
}
