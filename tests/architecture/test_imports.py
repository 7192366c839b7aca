"""Imports go one way, and Keras is loaded only where networks are."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

PLUGINS = ("datasets", "features", "models", "augment", "projection")
FOR_PLUGINS = {"pipeline.errors", "pipeline.settings", "pipeline.seeding", "pipeline.audio", "pipeline.csv_text"}
KERAS = {"models", "augment", "patches", "losses", "training", "inference", "backend"}
# What is built on those; named here so that a new one is a decision.
ON_TOP_OF_KERAS = {"encoding", "learner", "members", "predicting"}


def imported(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def modules(root: Path) -> list[Path]:
    return sorted((root / "pipeline").rglob("*.py"))


def test_the_library_never_imports_a_stage(root: Path) -> None:
    assert [p for p in modules(root) if any(n.split(".")[0] in ("stages", "benchmarks") for n in imported(p))] == []


@pytest.mark.parametrize("kind", PLUGINS)
def test_plugins_import_only_what_all_may_and_their_own_folder(root: Path, kind: str) -> None:
    for path in sorted((root / "pipeline" / kind).glob("*.py")):
        ours = {n for n in imported(path) if n.startswith("pipeline.")}
        own = {n for n in ours if n == f"pipeline.{kind}" or n.startswith(f"pipeline.{kind}._")}
        allowed = {n for n in ours if any(n == a or n.startswith(f"{a}.") for a in FOR_PLUGINS)}
        assert ours - own - allowed == set(), path


def test_keras_is_imported_where_networks_are_and_nowhere_else(root: Path) -> None:
    for path in modules(root):
        place = path.relative_to(root / "pipeline").parts[0].removesuffix(".py")
        if any(n.split(".")[0] in ("keras", "tensorflow", "jax", "torch") for n in imported(path)):
            assert place in KERAS | ON_TOP_OF_KERAS, path


@pytest.mark.parametrize("name", ["training", "inference"])
def test_training_and_inference_take_arrays(root: Path, name: str) -> None:
    assert not any(n.startswith("pipeline.artifacts") for n in imported(root / "pipeline" / f"{name}.py"))


@pytest.mark.parametrize(
    "stage", ["prepare", "spectrograms", "spread", "ensemble", "project", "report", "summary", "cli"]
)
def test_stages_without_networks_do_not_load_tensorflow(root: Path, stage: str) -> None:
    code = f"import sys, stages.{stage}; sys.exit('tensorflow' in sys.modules or 'keras' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=root, check=False).returncode == 0


def test_nothing_unpickles(root: Path) -> None:
    for path in modules(root):
        text = path.read_text(encoding="utf-8")
        assert "allow_pickle=True" not in text, path
        assert not imported(path) & {"pickle", "joblib.load", "dill", "cloudpickle"}, path
