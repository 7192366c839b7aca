"""Noises and impacts of the demo: rain, engines, knocks, applause, sirens, crickets.

Conventions: as in `_synth_pitched`.
"""

from collections.abc import Callable

import numpy as np
from scipy.signal import butter, fftconvolve, lfilter, sosfilt

from pipeline.plugins.datasets._synth_pitched import SR, Random, fade, log_uniform, phase, seconds


def band(x: np.ndarray, low: float, high: float, order: int = 1) -> np.ndarray:
    """Band-pass `x` from `low` to `high` Hz (Butterworth)."""
    return sosfilt(butter(order, [low, min(high, 0.48 * SR)], "bandpass", fs=SR, output="sos"), x)


def slow(random: Random, n: int, rate: float) -> np.ndarray:
    """Smooth random curve in 0..1 that changes about `rate` times a second."""
    points = max(4, int(n / SR * rate) + 3)
    return np.interp(np.linspace(0, points - 1, n), np.arange(points), random.uniform(0, 1, points))


def _events(random: Random, n: int, times: np.ndarray, grain: np.ndarray, spread: float) -> np.ndarray:
    """Put `grain` at `times` (seconds) with levels spread over `spread` in the natural logarithm."""
    train = np.zeros(n)
    places = (times * SR).astype(int)
    places = places[(places >= 0) & (places < n)]
    np.add.at(train, places, np.exp(random.normal(0, spread, places.size)) * random.choice([-1, 1], places.size))
    return fftconvolve(train, grain)[:n]


def _burst(random: Random, length: float, decay: float, low: float, high: float) -> np.ndarray:
    n = int(length * SR)
    return band(random.normal(size=n), low, high) * np.exp(-seconds(n) / decay)


def _poisson(random: Random, n: int, rate: float) -> np.ndarray:
    return np.sort(random.uniform(0, n / SR, random.poisson(rate * n / SR)))


def rain(random: Random, n: int) -> np.ndarray:
    """A bed of filtered noise under drops that fall at random."""
    low = log_uniform(random, 150, 1500)
    bed = band(random.normal(size=n), low, low * log_uniform(random, 3, 20))
    ring = np.sin(2 * np.pi * log_uniform(random, 800, 5000) * seconds(300)) * np.exp(-seconds(300) / 0.002)
    drops = _events(random, n, _poisson(random, n, log_uniform(random, 15, 300)), ring, 0.8)
    swell = 0.5 + slow(random, n, 1.0)
    return swell * (bed / bed.std() + log_uniform(random, 0.1, 3) * drops / (drops.std() + 1e-9))


def engine(random: Random, n: int) -> np.ndarray:
    """Firing pulses through a resonance, over noise that breathes with them; from idle to revving."""
    speed = log_uniform(random, 12, 140) * 2 ** (random.uniform(-0.5, 0.5) * (2 * slow(random, n, 1.0) - 1))
    angle = phase(speed)
    pulse = np.exp(log_uniform(random, 1, 8) * (np.cos(angle) - 1)) + random.uniform(0, 0.6) * np.cos(angle / 2)
    rough = random.normal(size=n) * (0.2 + pulse) * random.uniform(0.1, 0.8)
    low = log_uniform(random, 50, 150)
    return band(pulse - pulse.mean() + rough, low, low * log_uniform(random, 4, 40))


def knock(random: Random, n: int) -> np.ndarray:
    """One to eight blows on wood or metal: a few damped modes and a click."""
    t = seconds(int(0.35 * SR))
    modes = log_uniform(random, 90, 700) * np.array([1, *random.uniform(1.3, 6, 4)])
    grain = _burst(random, 0.35, 0.004, 200, 5000) * random.uniform(0.2, 1)
    for mode in modes:
        grain = grain + random.uniform(0.1, 1) * np.exp(-t / log_uniform(random, 0.01, 0.12)) * np.sin(
            2 * np.pi * mode * t
        )
    period = random.uniform(0.1, 0.6)
    times = random.uniform(0, 0.3) + period * np.arange(random.integers(1, 9)) * (1 + random.normal(0, 0.08))
    return _events(random, n, times, grain, 0.25)


def applause(random: Random, n: int) -> np.ndarray:
    """Hands: from one person clapping in time to a crowd."""
    low = log_uniform(random, 500, 1400)
    grain = _burst(random, 0.08, log_uniform(random, 0.004, 0.02), low, low * random.uniform(1.5, 4))
    if random.random() < 0.4:
        times = random.uniform(0, 0.2) + np.arange(20) * random.uniform(0.15, 0.5) + random.normal(0, 0.015, 20)
    else:
        times = _poisson(random, n, log_uniform(random, 8, 250))
    return _events(random, n, times, grain, 0.5) + 1e-3 * random.normal(size=n)


def siren(random: Random, n: int) -> np.ndarray:
    """A tone that wails, yelps or alternates between two pitches, with overdriven harmonics."""
    sweep = np.sin(2 * np.pi * log_uniform(random, 0.2, 5) * seconds(n) + random.uniform(0, 6))
    shape = random.integers(3)
    sweep = np.sign(sweep) if shape == 0 else sweep if shape == 1 else 2 / np.pi * np.arcsin(sweep)
    sweep = lfilter([0.01], [1, -0.99], sweep)
    frequency = log_uniform(random, 350, 1500) * 2 ** (random.uniform(0.2, 0.7) * sweep)
    drive = log_uniform(random, 1.5, 12)
    return np.tanh(drive * np.sin(phase(frequency))) * fade(n, random.uniform(0.005, 0.3), random.uniform(0.005, 0.3))


def crickets(random: Random, n: int) -> np.ndarray:
    """One to four insects, each a high tone chopped into syllables and chirps, over night air."""
    t, out = seconds(n), np.zeros(n)
    for _ in range(random.integers(1, 5)):
        syllables = np.clip(np.sin(2 * np.pi * log_uniform(random, 12, 60) * t), 0, 1)
        chirps = np.sin(2 * np.pi * log_uniform(random, 0.5, 4) * t + random.uniform(0, 6)) > random.uniform(-1, 0.5)
        tone = np.sin(phase(log_uniform(random, 1800, 6500) * (1 + 0.01 * slow(random, n, 8))))
        out += random.uniform(0.2, 1) * tone * syllables * lfilter([0.01], [1, -0.99], chirps.astype(float))
    return out + random.uniform(0, 0.1) * band(random.normal(size=n), 200, 5000)


def _wind(random: Random, n: int) -> np.ndarray:
    low = log_uniform(random, 60, 300)
    return band(random.normal(size=n), low, low * random.uniform(1.5, 6)) * slow(random, n, 2.0)


def _footsteps(random: Random, n: int) -> np.ndarray:
    grain = _burst(random, 0.2, log_uniform(random, 0.01, 0.05), log_uniform(random, 80, 400), 3000)
    return _events(random, n, random.uniform(0.35, 0.7) * np.arange(8) + random.normal(0, 0.02, 8), grain, 0.3)


SOUNDS: dict[str, Callable[[Random, int], np.ndarray]] = {
    "Applause": applause,
    "Crickets": crickets,
    "Engine": engine,
    "Knock": knock,
    "Rain": rain,
    "Siren": siren,
}
OTHERS: dict[str, Callable[[Random, int], np.ndarray]] = {"Footsteps": _footsteps, "Wind": _wind}
