"""The commands of the pages that are followed to the letter can be given as they stand.

What takes seconds is run, in a copy of the project. For what trains, waits for a person or prepares the shell,
something else is run that fails as soon as the command cannot be meant any more.
"""

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from ..conftest import ROOT
from ..run.conftest import copy_project
from . import markdown

PARSE = "import sys; from stages import cli; cli._parser().parse_args(sys.argv[1:])"
# What a command has to look like as a whole, and what is run for it.
KNOWN = (
    (r"dvc status", r"\g<0>"),
    (r"(?:\.venv/bin/)?earmark (preset(?: [^>]+)?)", r"python -m stages.cli \1"),
    (r"earmark ((?:predict |review )?--help)", r"python -m stages.cli \1"),
    (r"earmark ((?:predict|review|export-dataset|new) [^>]*)(?:> \S+)?", rf"python -c '{PARSE}' \1"),
    (r"make (?:repro|test)", r"\g<0> --dry-run"),
    (r"\. \.venv/bin/activate", r"grep --quiet --line-regexp 'VENV := .venv' Makefile"),
)
PAGES = ("README.md", "docs/demo.md", "docs/your-sounds.md", "docs/listening.md", "docs/presets.md")
PAGES += ("docs/export.md", "docs/new.md")
MADE_OF = ("Makefile", "dvc.lock", "requirements.txt", "requirements-dev.txt")


def commands(text: str) -> list[str]:
    """Return the commands of a page, without comments: the lines of its `sh` blocks, those at a prompt of `console`."""
    found: list[str] = []
    for fence in markdown.split(text)[1]:
        lines = fence.text.replace("\\\n", " ").split("\n")
        if fence.language == "console":
            lines = [line[2:] for line in lines if line.startswith("$ ")]
        elif fence.language != "sh":
            continue
        found += [line for line in (re.sub(r"(^|\s+)#.*", "", line).strip() for line in lines) if line]
    return found


def run_for(command: str) -> str:
    """Return what is run for a command.

    Raises:
        LookupError: it is not in the list.
    """
    for pattern, stand_in in KNOWN:
        if found := re.fullmatch(pattern, command):
            return found.expand(stand_in)
    raise LookupError(f"{command}: not in the list of commands; add it to KNOWN, with what is to be run for it")


@pytest.mark.parametrize("command", sorted({c for page in PAGES for c in commands((ROOT / page).read_text("utf-8"))}))
def test_a_command_can_be_given(command: str, tmp_path: Path) -> None:
    project = copy_project(ROOT, tmp_path / "copy").folder
    for name in MADE_OF:
        shutil.copy2(ROOT / name, project)
    kept = {key: value for key, value in os.environ.items() if not key.startswith("MAKE")}
    path = os.pathsep.join([str(Path(sys.executable).parent), kept["PATH"]])
    done = subprocess.run(
        shlex.split(run_for(command)),
        cwd=project,
        env=kept | {"PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_command_that_nobody_knows_is_said() -> None:
    with pytest.raises(LookupError, match="dvc repor: not in the list"):
        run_for("dvc repor")


def test_comments_and_what_a_command_answers_are_no_commands() -> None:
    page = (
        "```sh\nmake repro  # all\n# nothing\ndvc dag\n```\n\n```console\n$ earmark --help\nusage\n```\n```\nout\n```\n"
    )
    assert commands(page) == ["make repro", "dvc dag", "earmark --help"]
