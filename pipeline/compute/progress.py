"""Progress bars, for anything that takes longer than a few seconds."""

import sys
from typing import Any

from tqdm import tqdm


def bar(*, total: int, title: str, unit: str) -> Any:
    """Return a bar on standard error; where that is no terminal, there is none."""
    return tqdm(total=total, desc=title, unit=unit, file=sys.stderr, disable=None)
