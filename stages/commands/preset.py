"""`earmark preset`: list the presets, or write one as params.yaml."""

import argparse
from pathlib import Path
from typing import Any

from pipeline.errors import ParamsError


def add(commands: Any) -> None:
    """Add the command to the subparsers of `earmark`."""
    parser = commands.add_parser("preset", help="list the presets, or write one as params.yaml")
    parser.add_argument("name", nargs="?", metavar="NAME", help="of the preset to write; without it, they are listed")
    parser.add_argument(
        "--out", type=Path, default=Path("params.yaml"), metavar="FILE", help="default: params.yaml; - prints it"
    )
    parser.add_argument("--force", action="store_true", help="replace a file that has other contents")
    parser.set_defaults(work=work)


def work(arguments: argparse.Namespace) -> int:
    """List the presets, or write the one named."""
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
