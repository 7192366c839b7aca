"""Memory against rounds: the line through it and the figure."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.soak import memory


@given(st.lists(st.floats(-100, 100), min_size=4, max_size=30), st.floats(-5, 5))
def test_a_line_is_that_of_the_normal_equations(noise: list[float], slope: float) -> None:
    x = np.arange(1.0, len(noise) + 1)
    y = slope * x + np.array(noise)
    line = memory.fit_line(x, y)
    design = np.column_stack([np.ones_like(x), x])
    start, wanted = np.linalg.solve(design.T @ design, design.T @ y)
    left = y - design @ [start, wanted]
    error = np.sqrt(left @ left / (len(x) - 2) / np.sum((x - x.mean()) ** 2))
    assert line.slope == pytest.approx(wanted, abs=1e-8)
    assert line.start == pytest.approx(start, abs=1e-7)
    half = (line.high - line.low) / 2
    # Student's t between the 4.30 of two degrees of freedom and the 1.96 of many.
    assert 1.95 * error - 1e-6 <= half <= 4.31 * error + 1e-6


def test_a_line_needs_three_places() -> None:
    for x in (np.array([1.0, 2.0]), np.ones(5)):
        with pytest.raises(ValueError, match="expected three or more at different places"):
            memory.fit_line(x, np.zeros(len(x)))


def samples(growth: float, rounds: int = 12) -> pd.DataFrame:
    number = np.repeat(np.arange(1, rounds + 1), 4)
    seconds = np.arange(len(number), dtype=float)
    warm = np.minimum(number, 3) * 50
    return pd.DataFrame({"seconds": seconds, "round": number, "mb": 500 + warm + growth * number + seconds % 4})


def test_memory_is_that_of_the_rounds_after_the_first_ones() -> None:
    by_round = memory.by_round(samples(2.0))
    assert list(by_round["round"]) == list(range(1, 13))
    assert set(by_round["seconds"]) == {3.0}
    assert by_round["peak_mb"].iloc[-1] == 500 + 150 + 24 + 3
    line = memory.slope(by_round)
    assert line
    assert line.slope == pytest.approx(2)
    assert memory.slope(memory.by_round(samples(2.0, rounds=7))) is None


@pytest.mark.parametrize("rounds", [1, 12])
def test_memory_is_drawn(tmp_path: Path, rounds: int) -> None:
    memory.figure(samples(0.5, rounds), tmp_path / "memory.png")
    assert (tmp_path / "memory.png").stat().st_size > 5_000
