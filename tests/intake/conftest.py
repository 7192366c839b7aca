"""Folders of sounds in the layouts that people have, small, and the command that looks at them."""

import csv
import runpy
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from pipeline.presets import catalogue, layout

ROOT = Path(__file__).resolve().parents[2]


def sound(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, np.zeros(80), 8000, subtype="PCM_16")


def lines(path: Path, *rows: str, encoding: str = "utf-8") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes("".join(f"{row}\n" for row in rows).encode(encoding))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where sounds lie, outside the project."""
    made = tmp_path / "my sounds"
    made.mkdir()
    return made


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with the demo's settings, and the working directory in it."""
    made = tmp_path / "project"
    (made / "data" / "sounds").mkdir(parents=True)
    (made / "dvc.yaml").write_bytes((ROOT / "dvc.yaml").read_bytes())
    text = layout.text(catalogue.settings("demo"), catalogue.description("demo"))
    (made / "params.yaml").write_text(text, encoding="utf-8")
    monkeypatch.chdir(made)
    return made


@pytest.fixture
def new(project: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """Run `earmark new` in this process; return what it printed, or `error: ...`."""
    from stages import cli

    def run(*arguments: object) -> str:
        monkeypatch.setattr(sys, "argv", ["earmark", "new", *map(str, arguments)])
        with pytest.raises(SystemExit) as end:
            cli.main()
        printed = capsys.readouterr().out
        return printed if end.value.code == 0 else f"{end.value.code}"

    return run


@pytest.fixture
def prepare(project: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Callable[[], str]:
    """Run the check and the stage `prepare` on what was written; return what they printed, or `error: ...`."""

    def run() -> str:
        stages = {"stages.check": [], "stages.prepare": ["--raw", "data/raw", "--listed", "data/listed"]}
        for module, arguments in stages.items():
            sys.modules.pop(module, None)
            monkeypatch.setattr(sys, "argv", [module, *arguments])
            try:
                runpy.run_module(module, run_name="__main__")
            except SystemExit as end:
                return str(end.code)
        return capsys.readouterr().out

    return run


def rows(path: Path) -> list[dict[str, str]]:
    """The rows of a CSV."""
    with open(path, encoding="utf-8") as file:
        return list(csv.DictReader(file))
