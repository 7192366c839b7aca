"""`earmark predict`: label audio files with the ensemble of a run that has ended."""

import argparse
import csv
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any


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
        "--csv", dest="form", action="store_const", const=_as_csv, help="CSV: path,rank,label,probability"
    )
    parser.set_defaults(work=work, form=_as_table)


def _count(text: str) -> int:
    value = int(text) if text.isdecimal() else 0
    if value < 1:
        raise argparse.ArgumentTypeError(f"expected a number of labels from 1 on, found {text!r}")
    return value


def work(arguments: argparse.Namespace) -> int:
    """Print the likeliest labels of each file; 1 where one could not be labelled."""
    # These load TensorFlow: not for --help.
    from pipeline.ensemble import tagging
    from pipeline.networks import backend

    paths = tagging.find_audio(arguments.paths)
    backend.configure(arguments.device, "float32")
    tagger = tagging.load_tagger(arguments.run / "ensemble", arguments.run / "members")
    predictions = tagging.predict(tagger, paths, top_k=arguments.top)
    write: Callable[[list[tagging.Prediction]], None] = arguments.form
    write(predictions)
    problems = [p for p in predictions if p.problem]
    for prediction in problems:
        print(f"{prediction.path}: not labelled: {prediction.problem}", file=sys.stderr)
    return 1 if problems else 0


def _as_table(predictions: list) -> None:
    width = max(len(str(p.path)) for p in predictions)
    for prediction in predictions:
        labels = "   ".join(f"{label} {probability:.1%}" for label, probability in prediction.labels)
        print(f"{prediction.path!s:<{width}}   {labels or '-'}")


def _as_json(predictions: list) -> None:
    rows = [
        {
            "path": str(p.path),
            "labels": [{"label": label, "probability": round(probability, 6)} for label, probability in p.labels],
            "problem": p.problem or None,
        }
        for p in predictions
    ]
    json.dump(rows, sys.stdout, indent=2, ensure_ascii=False)
    print()


def _as_csv(predictions: list) -> None:
    """Print a table that a spreadsheet may open: text that it would take for a formula is marked by an apostrophe."""
    from pipeline.files.guarded_csv import guard

    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(["path", "rank", "label", "probability"])
    for p in predictions:
        for rank, (label, probability) in enumerate(p.labels, start=1):
            writer.writerow([guard(str(p.path)), rank, guard(label), f"{probability:.6f}"])
