"""`earmark review`: listen to the clips of a run that has ended and correct their labels, or verify the first ones."""

import argparse
import threading
import webbrowser
from collections.abc import Callable
from pathlib import Path
from typing import Any


def add(commands: Any) -> None:
    """Add the command to the subparsers of `earmark`."""
    parser = commands.add_parser("review", help="listen to the clips of the last run and correct their labels")
    parser.add_argument("--run", type=Path, default=Path("data"), help="where the run's data lies (default: data)")
    parser.add_argument("--reports", type=Path, default=Path("reports"), help="its reports (default: reports)")
    parser.add_argument(
        "--corrections", type=Path, metavar="FILE", help="where decisions are kept (default: corrections.csv in RUN)"
    )
    parser.add_argument(
        "--port", type=_port, default=0, metavar="N", help="default: that of last time, or any that is free"
    )
    parser.add_argument(
        "--start",
        action="store_true",
        help="before the first run: verify labels by ear, in the data set's table",
    )
    parser.add_argument(
        "--params", type=Path, default=Path("params.yaml"), metavar="FILE", help="of --start (default: params.yaml)"
    )
    parser.add_argument("--open", action="store_true", help="open it in the browser")
    parser.set_defaults(work=work)


def _port(text: str) -> int:
    value = int(text) if text.isdecimal() else -1
    if value != 0 and not 1024 <= value <= 65535:
        raise argparse.ArgumentTypeError(f"expected a port from 1024 to 65535, or 0 for any, found {text!r}")
    return value


def work(arguments: argparse.Namespace) -> int:
    """Serve the explorer until it is stopped."""
    from pipeline.review import serving
    from pipeline.review.desk import Desk

    corrections = arguments.corrections or arguments.run / "corrections.csv"
    if arguments.start:
        return _start(arguments, corrections)
    desk = Desk(arguments.run, corrections)
    serving.serve(desk, arguments.reports, port=arguments.port, ready=_ready(arguments, corrections))
    return 0


def _start(arguments: argparse.Namespace, corrections: Path) -> int:
    from pipeline.params.schema import load_params
    from pipeline.review import lock, serving
    from pipeline.start import starting

    params = load_params(arguments.params)
    folder: Path = arguments.run / "start"
    folder.mkdir(parents=True, exist_ok=True)
    with lock.hold(corrections):  # a review of the last run would write there too
        desk = starting.prepare(params, folder, corrections)
        serving.serve(desk, folder / "reports", port=arguments.port, ready=_ready(arguments, desk.goal))
        print("\n".join(starting.summary(desk, folder)))
    return 0


def _ready(arguments: argparse.Namespace, goal: Path) -> Callable[[str], None]:
    """Return what says where the server is and where decisions go."""

    def ready(address: str) -> None:
        print(f"review    {address}")
        print(f"          open it in a browser; decisions go to {goal}; Ctrl-C stops", flush=True)
        if arguments.open:
            # A browser of the terminal's own would keep the server waiting.
            threading.Thread(target=webbrowser.open, args=(address,), daemon=True).start()

    return ready
