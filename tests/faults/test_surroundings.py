"""Where it runs: folders of any name, terminals of little, and disks that may not be written to."""

import errno
import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest
import soundfile

from pipeline.files import artifacts
from tests.faults.conftest import RATE, ROOT, Project, tone

WORDS = "möwe 猫 🐦"


@pytest.fixture
def abroad(tmp_path: Path, make_project) -> Project:
    """The project in a folder whose name has spaces and letters of other scripts, as have a clip's and a class's."""
    project: Project = make_project(tmp_path / f"a {WORDS}" / "project")
    project.table("\n".join(project.rows()).replace("Meow", WORDS) + "\n")
    soundfile.write(project.sounds / f"{WORDS}.wav", tone(990), RATE)
    project.add(f"{WORDS}.wav,{WORDS},1")
    project.params["report"]["title"] = WORDS
    return project


def as_dvc_does(project: Project, stage: str, **environment: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if name in ("PATH", "TMPDIR")}
    return subprocess.run(
        [sys.executable, *project.command(stage)],
        cwd=project.folder,
        env={**kept, "PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


@pytest.mark.fault(40)
def test_any_text_in_names_without_a_home_and_without_a_locale(abroad: Project):
    abroad.passes("prepare")
    done = as_dvc_does(abroad, "spectrograms", HOME="/nonexistent", LC_ALL="C")
    assert done.returncode == 0, done.stderr
    assert (abroad.index()["status"] == "ok").all()
    assert artifacts.read_classes(abroad.data / "listed") == ["Bark", WORDS]


@pytest.mark.fault(40)
def test_a_message_reaches_a_terminal_without_utf8(abroad: Project):
    abroad.add("more.wav,Küken,0")
    done = as_dvc_does(abroad, "prepare", LC_ALL="C", PYTHONIOENCODING="ascii")
    assert done.returncode == 1
    assert done.stderr.startswith("error: found no verified training clip of 'K\\xfcken'")
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.fault(40)
def test_a_label_that_the_terminal_cannot_show_is_shown_as_an_escape():
    code = """
import sys
from types import SimpleNamespace
from stages import cli
from stages.commands import predict
heard = SimpleNamespace(path="a.wav", labels=[("m\\u00f6we", 0.5)], flags={})
predict.work = lambda _: predict._as_table([heard], 5) or 0
sys.argv = ["earmark", "predict", "a.wav"]
cli.main()
"""
    command = [sys.executable, "-c", code]
    done = subprocess.run(
        command, cwd=ROOT, env={**os.environ, "PYTHONIOENCODING": "ascii"}, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, "a.wav   m\\xf6we 50.0%\n"), done.stderr


@pytest.mark.fault(40)
def test_where_nothing_else_may_be_written_to_numba_gets_a_folder_that_goes_with_the_process():
    code = "import os; os.access = lambda *_: False; import pipeline; print(os.environ['NUMBA_CACHE_DIR'])"
    kept = {name: value for name, value in os.environ.items() if name != "NUMBA_CACHE_DIR"}
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=kept, capture_output=True, text=True, check=True)
    folder = Path(done.stdout.strip())
    assert folder.name.startswith("earmark-numba-")
    assert not folder.exists()


def _mounted() -> list[str]:
    """How to run a command with the libraries and the folder `home` read-only; empty where that is not possible."""
    libraries = sysconfig.get_path("purelib")
    mounts = [f"mount --bind '{at}' '{at}' && mount -o remount,bind,ro '{at}'" for at in (libraries, "home")]
    command = ["unshare", "-m", "sh", "-c", " && ".join([*mounts, '! touch home/x 2>/dev/null && exec "$0" "$@"'])]
    return command if os.geteuid() == 0 and shutil.which("unshare") else []


@pytest.mark.fault(40)
@pytest.mark.slow  # numba compiles what it may not keep
def test_libraries_and_home_may_be_read_only(project: Project):
    prefix = _mounted()
    (project.folder / "home").mkdir()
    if not prefix or subprocess.run([*prefix, "true"], cwd=project.folder, capture_output=True, check=False).returncode:
        pytest.skip("needs the right to mount")
    call = f"decode('sounds/00.wav', sr={RATE}, max_seconds=9, trim_db=60)"
    code = f"from pipeline.audio.decoding import decode; print({call}.y.size)"
    home = {**os.environ, "HOME": str(project.folder / "home"), "PYTHONPATH": str(ROOT)}
    command = [*prefix, sys.executable, "-c", code]
    done = subprocess.run(command, cwd=project.folder, env=home, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, f"{RATE // 2}\n"), done.stderr


def test_a_file_system_without_locks_is_told_and_gone_on_with(
    copied: Project, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def none(file: int, operation: int) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr("pipeline.files.locks.fcntl.flock", none)
    copied.passes("ensemble")
    assert "run one `dvc repro` at a time" in capsys.readouterr().err
