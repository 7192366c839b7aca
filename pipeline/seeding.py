"""One way to get randomness: a stream is named by the run's seed and by what it is for."""

import hashlib

import numpy as np


def derive(seed: int, *keys: str | int) -> int:
    """Return a 32-bit seed that depends on `seed` and on every key, and on nothing else."""
    text = "\x1f".join([str(seed), *map(str, keys)])
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big")


def rng(seed: int, *keys: str | int) -> np.random.Generator:
    """Return the generator of the stream named by `seed` and `keys`.

    The same arguments give the same stream on every machine; different keys give independent ones,
    so that adding a draw in one place changes nothing in another.
    """
    return np.random.default_rng(derive(seed, *keys))
