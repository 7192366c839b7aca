"""Imports go one way, and Keras is loaded only where networks are."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

PLUGINS = ("datasets", "features", "models", "autoencoders", "augment", "projection")
LOOSE = {"__init__", "errors", "seeding", "settings"}
FOR_PLUGINS = {
    "pipeline.errors",
    "pipeline.settings",
    "pipeline.seeding",
    "pipeline.files.faults",
    "pipeline.files.guarded_csv",
    "pipeline.files.names",
    "pipeline.files.sheets",
}
# The folders of the library from the ground up; each may import those below it, and none beside or above.
FLOORS = (
    ("posterior", "compute"),
    ("files", "params", "probs"),
    ("audio", "corrections", "networks", "spreading", "plugins", "presets"),
    ("clips", "judges", "latents", "members"),
    ("audit", "labels", "results", "ensemble", "review", "intake"),
    ("explorer", "export", "reporting"),
    ("start",),
)
# Where Keras is imported; a new place is a decision.
KERAS = {"networks", "plugins/models", "plugins/autoencoders", "latents/encoding", "members/saved", "ensemble/tagging"}


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


def test_figures_are_handed_tables_and_compute_nothing(root: Path) -> None:
    allowed = {"pipeline.reporting", "pipeline.errors"}
    for path in (root / "pipeline" / "reporting" / "figures").glob("*.py"):
        used = {name for name in imported(path) if name.startswith("pipeline.")}
        assert {name for name in used if not name.startswith(tuple(allowed))} == set(), path.name


def test_few_modules_lie_loose(root: Path) -> None:
    assert {path.stem for path in (root / "pipeline").glob("*.py")} == LOOSE


def test_a_folder_imports_those_below_it_alone(root: Path) -> None:
    floor = {name: number for number, names in enumerate(FLOORS) for name in names}
    folders = {path.name for path in (root / "pipeline").iterdir() if path.is_dir() and path.name != "__pycache__"}
    assert set(floor) == folders
    for path in modules(root):
        own = path.relative_to(root / "pipeline").parts[0]
        used = {name.split(".")[1] for name in imported(path) if name.startswith("pipeline.")} & folders - {own}
        assert own in LOOSE | {f"{name}.py" for name in LOOSE} or all(floor[name] < floor[own] for name in used), path
        assert not used or own in folders, path


def test_a_package_holds_a_docstring_and_nothing_else(root: Path) -> None:
    """A name that a package hands on would make each stage that uses one module depend on all of them."""
    for path in sorted((root / "pipeline").rglob("*/__init__.py")):
        nodes = ast.parse(path.read_text(encoding="utf-8")).body
        assert [type(node) for node in nodes] == [ast.Expr], path


@pytest.mark.parametrize("kind", PLUGINS)
def test_plugins_import_only_what_all_may_and_their_own_folder(root: Path, kind: str) -> None:
    here = f"pipeline.plugins.{kind}"
    for path in sorted((root / "pipeline" / "plugins" / kind).glob("*.py")):
        ours = {n for n in imported(path) if n.startswith("pipeline.")}
        own = {n for n in ours if n == here or n.startswith(f"{here}._")}
        allowed = {
            n for n in ours if any(n == a or n.startswith(f"{a}.") or a.startswith(f"{n}.") for a in FOR_PLUGINS)
        }
        assert ours - own - allowed == set(), path


def test_the_kinds_of_plugins_are_folders(root: Path) -> None:
    assert {path.parent.name for path in (root / "pipeline" / "plugins").glob("*/*.py")} == set(PLUGINS)


def test_keras_is_imported_where_networks_are_and_nowhere_else(root: Path) -> None:
    for path in modules(root):
        place = path.relative_to(root / "pipeline").with_suffix("").as_posix()
        if any(n.split(".")[0] in ("keras", "tensorflow", "jax", "torch") for n in imported(path)):
            assert any(place == known or place.startswith(f"{known}/") for known in KERAS), path


@pytest.mark.parametrize("name", ["fitting", "inference"])
def test_fitting_and_inference_take_arrays(root: Path, name: str) -> None:
    path = root / "pipeline" / "networks" / f"{name}.py"
    assert not any(n.startswith("pipeline.files.artifacts") for n in imported(path))


@pytest.mark.whole
@pytest.mark.parametrize(
    "stage", ["prepare", "spectrograms", "audit", "spread", "ensemble", "project", "report", "summary", "cli"]
)
def test_stages_without_networks_do_not_load_tensorflow(root: Path, stage: str) -> None:
    code = f"import sys, stages.{stage}; sys.exit('tensorflow' in sys.modules or 'keras' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=root, check=False).returncode == 0


def test_nothing_unpickles(root: Path) -> None:
    for path in modules(root):
        text = path.read_text(encoding="utf-8")
        assert "allow_pickle=True" not in text, path
        assert not imported(path) & {"pickle", "joblib.load", "dill", "cloudpickle"}, path
