"""Copies of the project that a soak may disturb."""

from pathlib import Path

from benchmarks.soak.compare import compare
from benchmarks.soak.project import MEMBER, fresh, project_files, snapshot
from pipeline.params.schema import load_params


def test_a_snapshot_is_the_project_with_one_member_of_many_rounds(root: Path, tmp_path: Path) -> None:
    snapshot(root, tmp_path, rounds=30, clips=240)
    params = load_params(tmp_path / "params.yaml")
    member = params.members[MEMBER]
    assert list(params.members) == [MEMBER]
    assert (member.rounds.number, member.rounds.restart, params.dataset.settings["clips"]) == (30, False, 240)
    assert (tmp_path / "stages" / "self_train.py").read_bytes() == (root / "stages" / "self_train.py").read_bytes()
    assert (tmp_path / "data" / "corrections.csv").exists()
    assert not any((tmp_path / name).exists() for name in (".git", ".venv", "data/clips", "data/checkpoints"))


def test_without_git_nothing_is_copied_that_a_run_has_made(tmp_path: Path) -> None:
    for name in ("stages/judge.py", "data/corrections.csv", "data/.gitignore", ".dvc/config"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("")
    wanted = project_files(tmp_path)
    for name in ("data/clips/clips.csv", "reports/index.html", ".dvc/cache/x", ".dvc/tmp/y", "a/__pycache__/b.pyc"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("")
    assert project_files(tmp_path) == wanted
    assert len(wanted) == 4


def test_a_fresh_copy_has_nothing_of_the_lap_before(project: Path, tmp_path: Path) -> None:
    lap = tmp_path / "lap"
    (lap / "data").mkdir(parents=True)
    (lap / "data" / "old").write_text("")
    fresh(project, lap)
    assert compare(project, lap).empty
