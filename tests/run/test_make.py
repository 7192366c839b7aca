"""What `make` says on a machine that lacks something."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

TOOLS = ["sh", "bash", "echo", "test", "rm", "cat", "env", "grep", "git"]

pytestmark = pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")


def bare(folder: Path, scripts: dict[str, str]) -> dict[str, str]:
    """Return an environment whose PATH has a few tools and the scripts given, and nothing else."""
    folder.mkdir()
    for tool in TOOLS:
        if found := shutil.which(tool):
            (folder / tool).symlink_to(found)
    for name, text in scripts.items():
        (folder / name).write_text(f"#!/bin/sh\n{text}\n")
        (folder / name).chmod(0o755)
    kept = {key: value for key, value in os.environ.items() if key not in ("PYTHON", "MAKEFLAGS", "MAKELEVEL")}
    return kept | {"PATH": str(folder)}


def make(root: Path, tmp_path: Path, scripts: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    project = tmp_path / "a project"
    project.mkdir()
    for name in ("Makefile", "requirements.txt", "setup.cfg"):
        shutil.copy2(root / name, project)
    command = [str(shutil.which("make")), "repro", *arguments]
    environment = bare(tmp_path / "bin", scripts)
    return subprocess.run(command, cwd=project, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("scripts", "arguments", "says"),
    [
        ({}, [], "error: no Python 3.11 to 3.13 found; install one: sudo apt-get install python3 python3-venv"),
        ({"python3": "exit 1"}, [], "error: no Python 3.11 to 3.13 found; install one"),
        ({"old": "exit 1"}, ["PYTHON=old"], "error: no Python 3.11 to 3.13 found (old is none); install one"),
        (
            {"python3.12": 'case "$2" in *ensurepip*) exit 1;; esac; exit 0'},
            [],
            "error: python3.12 cannot make environments; install what it lacks: sudo apt-get install python3.12-venv",
        ),
    ],
)
def test_what_is_missing_is_said_in_one_line_with_what_mends_it(
    root: Path, tmp_path: Path, scripts: dict[str, str], arguments: list[str], says: str
) -> None:
    done = make(root, tmp_path, scripts, *arguments)
    assert done.returncode != 0
    said = [line for line in (done.stdout + done.stderr).splitlines() if not line.startswith("make")]
    assert len(said) == 1
    assert said[0].startswith(says)
    assert not (tmp_path / "a project" / ".venv").exists()
