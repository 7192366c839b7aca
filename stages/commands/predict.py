"""`earmark predict`: label audio files with the ensemble of a run that has ended."""

import argparse
import csv
import sys
import textwrap
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

NAMED = 3  # clips of a kind that are named one by one


def add(commands: Any) -> None:
    """Add the command to the subparsers of `earmark`."""
    parser = commands.add_parser("predict", help="label audio files with the ensemble of the last run")
    parser.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="an audio file, or a folder of them")
    parser.add_argument("--run", type=Path, default=Path("data"), help="where the run's data lies (default: data)")
    parser.add_argument("--top", type=_count, default=3, metavar="K", help="labels a clip (default: 3)")
    parser.add_argument("--device", choices=["auto", "cpu", "gpu"], default="auto")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", dest="form", action="store_const", const=_as_json, help="JSON, one object a clip")
    form.add_argument(
        "--csv", dest="form", action="store_const", const=_as_csv, help="CSV: path,rank,label,probability,flags"
    )
    parser.set_defaults(work=work, form=_as_table)


def _count(text: str) -> int:
    value = int(text) if text.isdecimal() else 0
    if value < 1:
        raise argparse.ArgumentTypeError(f"expected a number of labels from 1 on, found {text!r}")
    return value


def work(arguments: argparse.Namespace) -> int:
    """Print the likeliest labels of each file; 1 where one could not be labelled, or a folder not be looked into."""
    from pipeline.ensemble import finding
    from pipeline.files.shown import plain

    found = finding.find(arguments.paths)
    for line in found.left_out():
        print(line, file=sys.stderr)
    # These load TensorFlow: not for --help, nor where there is nothing to label.
    from pipeline.ensemble import tagging
    from pipeline.networks import backend

    backend.configure(arguments.device, "float32")
    tagger = tagging.load_tagger(arguments.run / "ensemble", arguments.run / "members")
    done: list[tagging.Prediction] = []
    write: Callable[[Iterable[tagging.Prediction], int], None] = arguments.form
    width = max(len(plain(path)) for path in found.files)
    write(_kept(tagging.predict(tagger, found.files, top_k=arguments.top), done), width)
    sys.stdout.flush()
    problems = [p for p in done if p.problem]
    for prediction in problems:
        print(f"{plain(prediction.path)}: not labelled: {plain(prediction.problem)}", file=sys.stderr)
    for line in _noticed(done):
        print(line, file=sys.stderr)
    return 1 if problems or found.unread else 0


def _kept(predictions: Iterable, done: list) -> Iterator:
    for prediction in predictions:
        done.append(prediction)
        yield prediction


def _noticed(predictions: list) -> Iterator[str]:
    """Yield a line for each thing noticed: of how many clips, and the first of them."""
    from pipeline.files.problems import FLAGS
    from pipeline.files.shown import plain

    for flag, words in FLAGS.items():
        paths = [plain(p.path) for p in predictions if flag in p.flags]
        if paths:
            more = f" and {len(paths) - NAMED} more" if len(paths) > NAMED else ""
            yield f"{flag}: {words}: {', '.join(paths[:NAMED])}{more}"


def _as_table(predictions: Iterable, width: int) -> None:
    from pipeline.files.shown import plain

    for p in predictions:
        labels = "   ".join(f"{plain(label)} {probability:.1%}" for label, probability in p.labels)
        note = f"   ({', '.join(p.flags)})" if p.flags else ""
        print(f"{plain(p.path):<{width}}   {labels or '-'}{note}")


def _as_json(predictions: Iterable, _: int) -> None:
    from pipeline.files.shown import as_json

    before = "[\n"
    for p in predictions:
        row = {
            "path": str(p.path),
            "labels": [{"label": label, "probability": round(probability, 6)} for label, probability in p.labels],
            "problem": p.problem or None,
            "flags": p.flags,
        }
        print(before + textwrap.indent(as_json(row), "  "), end="")
        before = ",\n"
    print("\n]")


def _as_csv(predictions: Iterable, _: int) -> None:
    """Print a table that a spreadsheet may open: text that it would take for a formula is marked by an apostrophe."""
    from pipeline.files import problems
    from pipeline.files.guarded_csv import guard
    from pipeline.files.shown import plain

    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(["path", "rank", "label", "probability", "flags"])
    for p in predictions:
        flags = problems.to_text(p.flags)
        for rank, (label, probability) in enumerate(p.labels, start=1):
            writer.writerow([guard(plain(p.path)), rank, guard(plain(label)), f"{probability:.6f}", flags])
