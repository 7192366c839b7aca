"""Only reports and benchmarks may name what would give the answers away: the code itself is searched."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ANSWERS = {"truth", "read_answers", "score_against_truth"}
RESULTS = ("pipeline/results/", "pipeline/reporting/", "stages/report.py", "benchmarks/")
# What gives the user's own data back, test labels with it.
RESULTS += ("pipeline/export/", "stages/commands/export_dataset.py")
# What makes the column before anyone learns, and what declares and hides it.
MAKERS = (
    "pipeline/plugins/datasets/",
    "pipeline/clips/simulated_noise.py",
    "pipeline/clips/preparing.py",
    "pipeline/intake/",
    "pipeline/files/schemas.py",
)


def _below(node: ast.AST, function: str = "") -> Iterator[tuple[str, ast.AST]]:
    """Yield each node with the function that it is in."""
    for child in ast.iter_child_nodes(node):
        inside = child.name if isinstance(child, ast.FunctionDef) and not function else function
        yield inside, child
        yield from _below(child, inside)


def _names(node: ast.AST) -> set[str]:
    """What a node names: a variable, an attribute, an import, an argument, or text such as a column's name."""
    fields = ("id", "attr", "name", "arg", "value")
    return {value for name in fields if isinstance(value := getattr(node, name, None), str)}


def mentions(source: str, words: set[str]) -> set[tuple[str, str]]:
    """Return (function, word) for each of `words` that the code names; comments and prose do not count."""
    return {(inside, word) for inside, node in _below(ast.parse(source)) for word in _names(node) & words}


@pytest.fixture(scope="module")
def sources(root: Path) -> dict[str, str]:
    files = [path for top in ("pipeline", "stages", "benchmarks") for path in sorted((root / top).rglob("*.py"))]
    return {path.relative_to(root).as_posix(): path.read_text(encoding="utf-8") for path in files}


def test_only_reports_and_benchmarks_may_see_answers(sources):
    allowed = {
        ("pipeline/files/artifacts.py", "read_answers", "read_answers"),
        ("pipeline/files/artifacts.py", "read_clips", "read_answers"),
        ("pipeline/files/artifacts.py", "read_clips", "truth"),
        ("pipeline/files/artifacts.py", "write_dealt", "read_answers"),
    }
    found = {
        (path, *mention)
        for path, source in sources.items()
        if not path.startswith(RESULTS)
        for mention in mentions(source, ANSWERS)
    }
    makers = {f for f in found if f[0].startswith(MAKERS) and f[2] == "truth"}
    assert found - makers <= allowed
    # The search finds what is there: else it would pass over anything.
    assert allowed <= found
    assert {"pipeline/plugins/datasets/demo.py", "pipeline/clips/simulated_noise.py"} <= {f[0] for f in makers}


def test_the_clips_table_is_read_in_one_place(sources):
    found = {
        path for path, source in sources.items() if any(w == "clips.csv" for _, w in mentions(source, {"clips.csv"}))
    }
    # The user's own table may be of that name: the data set `csv` reads it, `new` writes it, `review --start` marks it.
    own = {"pipeline/plugins/datasets/csv_.py", "pipeline/intake/writing.py", "pipeline/start/starting.py"}
    assert found <= {"pipeline/files/artifacts.py"} | own | {p for p in found if p.startswith(RESULTS)}
    assert "pipeline/files/artifacts.py" in found


def test_what_may_see_answers_is_not_used_by_what_learns(sources):
    for path, source in sources.items():
        # The pages show a run, or its beginning; that they may not name the answers themselves is tested above.
        if path.startswith((*RESULTS, "stages/summary.py", "pipeline/explorer/", "pipeline/start/")):
            continue
        imported = {
            f"{node.module}.{alias.name}"
            for node in ast.walk(ast.parse(source))
            if isinstance(node, ast.ImportFrom) and node.module
            for alias in node.names
        }
        assert not {
            name
            for name in imported
            if name.startswith(("pipeline.results", "pipeline.reporting", "pipeline.export", "benchmarks"))
        }, path


@pytest.mark.parametrize(
    "line",
    [
        "y = clips['truth']",
        "y = clips.truth",
        "c = clips.assign(truth=clips['label'])",
        "from pipeline.files.artifacts import read_answers",
        "from pipeline.files.artifacts import read_answers as read_clips",
        "clips = artifacts.read_answers(folder)",
        "read = getattr(artifacts, 'read_answers')",
        "def work(truth): ...",
        "x = [row for row in clips if row['truth'] == row['label']]",
    ],
)
def test_the_search_sees_a_leak(line):
    assert mentions(f'"""Prose of the truth."""\ndef fit(clips):\n    {line}\n', ANSWERS)


def test_the_search_passes_over_prose():
    assert not mentions('"""The truth."""\n# truth, read_answers\nx = "the truth is not known"\n', ANSWERS)
