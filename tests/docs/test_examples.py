"""The examples of the pages are what they are said to be: settings that load, tables that are read."""

from pathlib import Path

import pytest
from ruamel.yaml import YAML

from pipeline.corrections import store
from pipeline.params import registry
from pipeline.params.schema import load_params, overlay

from ..conftest import ROOT
from . import markdown

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def examples(language: str) -> list:
    """Return the blocks of a language as test cases, by page and line."""
    return [
        pytest.param(fence.text, id=f"{page.name}:{fence.line}")
        for page in PAGES
        for fence in markdown.split(page.read_text(encoding="utf-8"))[1]
        if fence.language == language
    ]


@pytest.mark.parametrize("text", examples("yaml"))
def test_settings_can_be_laid_over_the_params_file(text: str, tmp_path: Path) -> None:
    yaml = YAML(typ="safe")
    path = tmp_path / "params.yaml"
    yaml.dump(overlay(yaml.load(ROOT / "presets" / "demo.yaml"), yaml.load(text)), path)
    load_params(path)


@pytest.mark.parametrize("text", examples("csv"))
def test_tables_are_read(text: str, tmp_path: Path) -> None:
    path = tmp_path / "clips.csv"
    path.write_text(f"{text}\n", encoding="utf-8")
    rows = text.count("\n")
    if text.startswith("clip_id,"):
        table = store.read(path)
        assert set(table["decision"]) <= set(store.DECISIONS)
    else:
        table = registry.function("datasets", "csv")(tmp_path, tmp_path / "raw", seed=0)
        assert set(table["verified"]) == {True, False}
    assert len(table) == rows > 1


def test_the_pages_that_need_examples_have_them() -> None:
    for language in ("yaml", "csv"):
        pages = {str(case.id).split(":")[0] for case in examples(language)}
        assert {"README.md", "your-sounds.md"} <= pages
