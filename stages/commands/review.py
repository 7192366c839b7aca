"""`earmark review`: listen to the clips of a run that has ended and correct their labels."""

import argparse
import threading
import webbrowser
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

    corrections = arguments.corrections or arguments.run / "corrections.csv"

    def ready(address: str) -> None:
        print(f"review    {address}")
        print(f"          open it in a browser; decisions go to {corrections}; Ctrl-C stops", flush=True)
        if arguments.open:
            # A browser of the terminal's own would keep the server waiting.
            threading.Thread(target=webbrowser.open, args=(address,), daemon=True).start()

    serving.serve(arguments.run, arguments.reports, corrections, port=arguments.port, ready=ready)
    return 0
