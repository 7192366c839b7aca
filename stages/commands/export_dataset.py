"""`earmark export-dataset`: take the cleaned set out of a run, for others or for the next project."""

import argparse
import csv
import os
import shlex
from pathlib import Path
from typing import Any

FORMS = ("csv", "audiofolder", "parquet")


def add(commands: Any) -> None:
    """Add the command to the subparsers of `earmark`."""
    parser = commands.add_parser("export-dataset", help="take the cleaned set out: sounds, labels, why, and whose")
    parser.add_argument("out", type=Path, metavar="OUT", help="a new folder")
    parser.add_argument("--to", choices=FORMS, default="csv", help="its form (default: csv, which goes in again)")
    parser.add_argument("--run", type=Path, default=Path("data"), help="where the run's data lies (default: data)")
    parser.add_argument(
        "--only",
        type=_names,
        metavar="OUTCOMES",
        help="of verified,reviewed,promoted,corrected,left_out,test (default: all but left_out)",
    )
    parser.add_argument(
        "--licence", type=_names, default=[], metavar="NAMES", help='such as CC0,"CC BY" (default: any)'
    )
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--copy", dest="link", action="store_false", help="copies of the sounds (this is the default)")
    how.add_argument("--link", action="store_true", help="hard links: second names of the same files, without room")
    parser.add_argument("--force", action="store_true", help="replace an earlier export")
    parser.set_defaults(work=work, link=False)


def _names(text: str) -> list[str]:
    """Return the names of a list with commas between, quoted where one holds a comma."""
    (names,) = csv.reader([text], skipinitialspace=True)
    found = [name.strip() for name in names]
    if not all(found):
        raise argparse.ArgumentTypeError(f"expected names with commas between, found {text!r}")
    return found


def work(arguments: argparse.Namespace) -> int:
    """Write the export, and say what left and what stays."""
    from pipeline.export import selection, writing
    from pipeline.files.shown import plain
    from pipeline.results import licences

    only = arguments.only or list(selection.USUAL)
    chosen = selection.choose(arguments.run, only, arguments.licence)
    asked = [f"--only {','.join(only)}", *([f"--licence {','.join(arguments.licence)}"] if arguments.licence else [])]
    copied = writing.write(
        arguments.out,
        chosen,
        arguments.run / "raw",
        arguments.to,
        link=arguments.link,
        force=arguments.force,
        asked=asked,
    )
    clips = chosen.clips
    counts = ", ".join(f"{(clips['outcome'] == name).sum()} {name.replace('_', ' ')}" for name in only)
    print(f"export    {len(clips)} clips to {plain(arguments.out)}: {counts}")
    print(f"stay      {selection.said(chosen.stays)}")
    for name, count in licences.counts(clips).itertuples(index=False):
        print(f"licence   {count} {plain(name)}")
    if copied:
        print(f"copied    {copied}: they lie on another file system, or cannot be linked")
    if arguments.to == "csv":
        root = plain(shlex.quote(os.path.abspath(arguments.out)))
        print(f"next      dataset: {{name: csv, root: {root}}} in the params.yaml of the next project")
    return 0
