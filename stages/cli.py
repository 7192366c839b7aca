"""The `earmark` command: sounds taken in, settings to begin with, and what to do with a run that has ended."""

import argparse
import io
import os
import sys

from pipeline import __version__
from pipeline.errors import EarmarkError
from pipeline.files.shown import lines, plain
from stages.commands import export_dataset, new, predict, preset, review

COMMANDS = (new, preset, predict, review, export_dataset)

SUMMARY = "From audio with half-trusted labels to labels that can be trusted, and a tagger."
FIRST = """first:
  earmark new FOLDER            say what is in a folder of sounds; writes nothing
  earmark new FOLDER --write    take it in: data/sounds/clips.csv and params.yaml
  make repro                    run; the report is reports/index.html
  earmark review --open         listen and correct, then `make repro` again
  earmark predict NEW           label other sounds

without sounds of your own: `earmark preset demo`, then `make repro`"""


def main() -> None:
    """Parse the command line; an `EarmarkError` is printed and ends with exit code 1."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A label that the terminal's encoding lacks is shown as an escape.
        sys.stdout.reconfigure(errors="backslashreplace")
    arguments = _parser().parse_args()
    try:
        code = arguments.work(arguments)
        sys.stdout.flush()
        sys.exit(code)
    except EarmarkError as error:
        sys.exit(f"error: {lines(error)}")
    except BrokenPipeError:
        # Whoever read the output has read enough (`| head`): nothing more can be written, not even at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except OSError as error:
        sys.exit(f"error: {plain(error.filename or 'a file')}: {plain(error.strerror or error)}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="earmark", description=SUMMARY, epilog=FIRST, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--version", action="version", version=f"earmark {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for command in COMMANDS:
        command.add(commands)
    return parser


if __name__ == "__main__":
    main()
