"""Clouds of points that stand for clips, a class each, with labels that are partly wrong."""

from collections.abc import Callable, Iterator

import numpy as np
import pandas as pd
import pytest
from threadpoolctl import threadpool_limits


def _clouds(
    seed: int = 0,
    *,
    n: int = 300,
    k: int = 4,
    d: int = 12,
    rate: float = 0.3,
    verified: float = 0.4,
    apart: float = 3.0,
) -> tuple[np.ndarray, pd.DataFrame, np.ndarray]:
    """Return latents (n, d), the clips table and the true labels."""
    random = np.random.default_rng(seed)
    y = random.integers(0, k, n)
    x = random.normal(size=(n, d)) + apart * np.eye(k, d)[y]
    trusted = random.random(n) < verified
    wrong = (random.random(n) < rate) & ~trusted
    given = np.where(wrong, (y + random.integers(1, k, n)) % k, y)
    clips = pd.DataFrame(
        {
            "clip_id": [f"clip{i:04d}" for i in range(n)],
            "path": [f"{i}.wav" for i in range(n)],
            "label": [f"class{c}" for c in given],
            "verified": trusted,
            "split": "train",
            "fold": 0,
            "group": [f"source{i}" for i in range(n)],
        }
    )
    return x, clips, np.array([f"class{c}" for c in y])


@pytest.fixture(scope="package", autouse=True)
def one_thread() -> Iterator[None]:
    """On few rows the threads of the linear algebra wait for each other more than they compute."""
    with threadpool_limits(1):
        yield


@pytest.fixture
def clouds() -> Callable[..., tuple[np.ndarray, pd.DataFrame, np.ndarray]]:
    return _clouds


@pytest.fixture
def open_clouds() -> Callable[[int, int], tuple[np.ndarray, pd.DataFrame, np.ndarray]]:
    """Clouds of four classes and a fifth, of no class, of which nothing is verified and whose labels say nothing."""

    def make(seed: int, n: int) -> tuple[np.ndarray, pd.DataFrame, np.ndarray]:
        x, clips, truth = _clouds(seed, n=n, k=5, rate=0.2, apart=5)
        outside, random = truth == "class4", np.random.default_rng(seed + 50)
        drawn = random.choice([f"class{c}" for c in range(4)], n)
        label = np.where(outside | (clips["label"] == "class4"), drawn, clips["label"])
        return x, clips.assign(label=label, verified=clips["verified"] & ~outside), truth

    return make


@pytest.fixture
def families() -> dict[str, list[str]]:
    return {"all_of_them": [f"class{c}" for c in range(4)]}
