from pathlib import Path

from tests.architecture import table
from tests.conftest import dvc_stages


def test_contributing_says_what_each_stage_depends_on(root: Path) -> None:
    text = table.PAGE.read_text(encoding="utf-8")
    assert table.filled(text, dvc_stages(root)) == text, "run `python -m tests.architecture.table`"


def test_another_dependency_is_another_table(root: Path) -> None:
    stages = dvc_stages(root)
    before = table.rows(stages)
    stages["spread"]["deps"].append("pipeline/networks")
    changed = [new for old, new in zip(before, table.rows(stages), strict=True) if old != new]
    assert len(changed) == 1
    assert "networks" in changed[0]
