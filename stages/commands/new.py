"""`earmark new`: look at a folder of sounds, say what it seems to be, and take it in as a data set."""

import argparse
from pathlib import Path
from typing import Any


def add(commands: Any) -> None:
    """Add the command to the subparsers of `earmark`."""
    parser = commands.add_parser("new", help="look at a folder of sounds, say what is in it, and take it in")
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="that holds the sounds; nothing in it is changed")
    parser.add_argument("--write", action="store_true", help="write data/sounds/clips.csv and two parts of params.yaml")
    parser.add_argument("--force", action="store_true", help="replace another clips.csv or section dataset")
    guesses = parser.add_argument_group("in the place of a guess")
    guesses.add_argument("--table", type=Path, metavar="FILE", help="the table with the labels")
    guesses.add_argument("--labels", metavar="COLUMN", help="a column; or folder, name: of each sound")
    guesses.add_argument("--verified", metavar="COLUMN", help="labels that somebody checked: a column; or all, none")
    guesses.add_argument("--group", metavar="COLUMN", help="what belongs together: a column; or folder, name, none")
    guesses.add_argument("--split", metavar="COLUMN", help="train or test: a column; or folder, none, a share as 0.2")
    parser.add_argument("--params", type=Path, default=Path("params.yaml"), metavar="FILE", help="default: params.yaml")
    parser.set_defaults(work=work)


def work(arguments: argparse.Namespace) -> int:
    """Print what was understood and, with `--write`, write it."""
    from pipeline.clips import preparing
    from pipeline.intake import folder, proposal, told, writing
    from pipeline.params import yaml_file
    from stages import check

    folder.check(arguments.folder)
    if check.DVC.is_file():
        preparing.apart_from(arguments.folder, check.outs(check.DVC), "FOLDER")
    found = folder.look(arguments.folder)
    wishes = proposal.Wishes(arguments.table, arguments.labels, arguments.group, arguments.verified, arguments.split)
    made = proposal.propose(found, wishes)
    settings = yaml_file.parse(arguments.params) if arguments.params.exists() else {}
    seed, folds = settings.get("seed", 0), settings.get("folds", 4)
    parts = proposal.parts(made, seed)
    problems = told.problems(made, parts, folds)
    for line in [*told.folder(found, folder.heads(found)), *told.proposal(made, parts)]:
        print(line)
    for line in problems:
        print(f"first     {line}")
    for line in told.advice(made, parts, folds):
        print(f"better    {line}")
    if not arguments.write:
        print("\nnothing was written; `--write` writes data/sounds/clips.csv and sets dataset and spread.grouping")
        return 0
    done = writing.write(made, arguments.folder, arguments.params, force=arguments.force)
    print("\n" + "\n".join(done or ["nothing changed: all of it is written already"]))
    after = "what stands after `first` above, then `make repro`" if problems else "`make repro`"
    print(f"next: {after}")
    return 0
