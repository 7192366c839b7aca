"""What every stage shares: its command line, and how it fails."""

import argparse
import io
import sys
from collections.abc import Callable
from pathlib import Path

from pipeline.errors import EarmarkError
from pipeline.params import Params, load_params

Work = Callable[[Params, argparse.Namespace], None]


def run(work: Work, description: str, *paths: str, extra: tuple[str, ...] = ()) -> None:
    """Parse `--params` and one required `--<path>` a name in `paths`, then call `work(params, arguments)`.

    `extra` names required options that are text, not paths. An `EarmarkError` is printed and ends the process
    with exit code 1; anything else is a defect of ours and keeps its traceback.
    """
    if isinstance(sys.stdout, io.TextIOWrapper):
        # The name of a class that the terminal's encoding lacks is shown as an escape.
        sys.stdout.reconfigure(errors="backslashreplace")
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--params", type=Path, default=Path("params.yaml"))
    for name in paths:
        parser.add_argument(f"--{name}", type=Path, required=True)
    for name in extra:
        parser.add_argument(f"--{name}", required=True)
    arguments = parser.parse_args()
    try:
        work(load_params(arguments.params), arguments)
    except EarmarkError as error:
        sys.exit(f"error: {error}")
