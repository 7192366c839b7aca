"""Progress bars, for anything that takes longer than a few seconds."""

import sys
from typing import Any

from tqdm import tqdm


def bar(*, total: int, title: str, unit: str) -> Any:
    """Return a bar on standard error; where that is no terminal, it prints a line every ten seconds at most."""
    quiet = not sys.stderr.isatty()
    return tqdm(total=total, desc=title, unit=unit, file=sys.stderr, mininterval=10 if quiet else 0.2, leave=not quiet)
