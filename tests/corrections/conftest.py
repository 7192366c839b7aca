"""Six clips, and rows of a review of them."""

from collections.abc import Callable

import pandas as pd
import pytest

from pipeline.corrections.store import COLUMNS

CLASSES = ["Bark", "Bell", "Siren"]
Row = dict[str, str]


def make_table(*rows: Row) -> pd.DataFrame:
    """Rows as `store.read` gives them; what is not named is empty."""
    whole = [dict.fromkeys(COLUMNS, "") | row for row in rows]
    table = pd.DataFrame(whole, columns=COLUMNS).astype(str)
    return table.assign(line=range(2, len(rows) + 2))


@pytest.fixture
def clips() -> pd.DataFrame:
    """As `artifacts.read_clips` gives it: a, b verified; c, d, e not, e without a label; t a test clip."""
    return pd.DataFrame(
        {
            "clip_id": ["a", "b", "c", "d", "e", "t"],
            "path": [f"{name}.wav" for name in "abcdet"],
            "label": ["Bark", "Bell", "Bark", "Siren", "", ""],
            "verified": [True, True, False, False, False, True],
            "split": ["train"] * 5 + ["test"],
            "fold": [0, 1, 0, 1, 0, -1],
            "group": [f"source{name}" for name in "abcdet"],
        }
    )


@pytest.fixture(scope="session")
def table() -> Callable[..., pd.DataFrame]:
    return make_table


@pytest.fixture(scope="session")
def classes() -> list[str]:
    return CLASSES
