"""The `earmark` command: settings to begin with, and what to do with a run that has ended."""

import argparse
import csv
import io
import json
import os
import sys
import threading
import webbrowser
from collections.abc import Callable
from pathlib import Path

from pipeline import __version__
from pipeline.errors import EarmarkError, ParamsError


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
        sys.exit(f"error: {error}")
    except BrokenPipeError:
        # Whoever read the output has read enough (`| head`): nothing more can be written, not even at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except OSError as error:
        sys.exit(f"error: {error.filename or 'a file'}: {error.strerror or error}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="earmark", description=__doc__)
    parser.add_argument("--version", action="version", version=f"earmark {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    preset = commands.add_parser("preset", help="list the presets, or write one as params.yaml")
    preset.add_argument("name", nargs="?", metavar="NAME", help="of the preset to write; without it, they are listed")
    preset.add_argument(
        "--out", type=Path, default=Path("params.yaml"), metavar="FILE", help="default: params.yaml; - prints it"
    )
    preset.add_argument("--force", action="store_true", help="replace a file that has other contents")
    preset.set_defaults(work=_preset)
    predict = commands.add_parser("predict", help="label audio files with the ensemble of the last run")
    predict.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="an audio file, or a folder of them")
    predict.add_argument("--run", type=Path, default=Path("data"), help="where the run's data lies (default: data)")
    predict.add_argument("--top", type=_count, default=3, metavar="K", help="labels a clip (default: 3)")
    predict.add_argument("--device", choices=["auto", "cpu", "gpu"], default="auto")
    form = predict.add_mutually_exclusive_group()
    form.add_argument("--json", dest="form", action="store_const", const=_as_json, help="JSON, one object a clip")
    form.add_argument(
        "--csv", dest="form", action="store_const", const=_as_csv, help="CSV: path,rank,label,probability"
    )
    predict.set_defaults(work=_predict, form=_as_table)
    review = commands.add_parser("review", help="listen to the clips of the last run and correct their labels")
    review.add_argument("--run", type=Path, default=Path("data"), help="where the run's data lies (default: data)")
    review.add_argument("--reports", type=Path, default=Path("reports"), help="its reports (default: reports)")
    review.add_argument(
        "--corrections", type=Path, metavar="FILE", help="where decisions are kept (default: corrections.csv in RUN)"
    )
    review.add_argument(
        "--port", type=_port, default=0, metavar="N", help="default: that of last time, or any that is free"
    )
    review.add_argument("--open", action="store_true", help="open it in the browser")
    review.set_defaults(work=_review)
    return parser


def _count(text: str) -> int:
    value = int(text) if text.isdecimal() else 0
    if value < 1:
        raise argparse.ArgumentTypeError(f"expected a number of labels from 1 on, found {text!r}")
    return value


def _port(text: str) -> int:
    value = int(text) if text.isdecimal() else -1
    if value != 0 and not 1024 <= value <= 65535:
        raise argparse.ArgumentTypeError(f"expected a port from 1024 to 65535, or 0 for any, found {text!r}")
    return value


def _preset(arguments: argparse.Namespace) -> int:
    from pipeline.files.publishing import publish
    from pipeline.presets import catalogue, layout

    if arguments.name is None:
        width = max(map(len, catalogue.names()))
        for name in catalogue.names():
            print(f"{name:<{width}}  {catalogue.description(name)[0]}")
        return 0
    text = layout.text(catalogue.settings(arguments.name), catalogue.description(arguments.name))
    out: Path = arguments.out
    if str(out) == "-":
        print(text, end="")
        return 0
    if (out.exists() or out.is_symlink()) and not out.is_file():
        raise ParamsError(f"{out}: is no file, expected a params file, or nothing; remove it, or name another by --out")
    if out.exists() and not arguments.force and out.read_bytes() != text.encode():
        raise ParamsError(
            f"{out}: there already and not the preset {arguments.name}, so it was left as it is; --force replaces it, "
            "--out FILE writes to another file"
        )
    with publish(out) as temporary:
        temporary.write_text(text, encoding="utf-8")
    print(f"{out}: the preset {arguments.name}; `make repro` runs it")
    return 0


def _predict(arguments: argparse.Namespace) -> int:
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


def _review(arguments: argparse.Namespace) -> int:
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


if __name__ == "__main__":
    main()
