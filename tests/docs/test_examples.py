"""The examples of the pages are what they are said to be: settings that load, tables that are read."""

from pathlib import Path

import pytest
from ruamel.yaml import YAML

from pipeline.corrections import store
from pipeline.params import registry
from pipeline.params.overlay import lay
from pipeline.params.schema import Params, load_params
from pipeline.presets import catalogue, layout

from ..conftest import ROOT
from . import markdown

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
# The preset that the reader of a page has; elsewhere it is the demo.
BEFORE = {"your-sounds.md": "csv"}
NEEDED = {"yaml": {"demo.md", "settings.md", "your-sounds.md"}, "csv": {"listening.md", "your-sounds.md"}}


def examples(language: str) -> list:
    """Return the blocks of a language as test cases, by page and line."""
    return [
        pytest.param(page.name, fence.text, id=f"{page.name}:{fence.line}")
        for page in PAGES
        for fence in markdown.split(page.read_text(encoding="utf-8"))[1]
        if fence.language == language
    ]


@pytest.mark.parametrize(("page", "text"), examples("yaml"))
def test_settings_can_be_laid_over_the_params_file(page: str, text: str, tmp_path: Path) -> None:
    path = tmp_path / "params.yaml"
    laid = lay(catalogue.settings(BEFORE.get(page, "demo")), YAML(typ="safe").load(text), Params)
    path.write_text(layout.text(laid, []), encoding="utf-8")
    load_params(path)


@pytest.mark.parametrize(("page", "text"), examples("csv"))
def test_tables_are_read(page: str, text: str, tmp_path: Path) -> None:
    path = tmp_path / "clips.csv"
    path.write_text(f"{text}\n", encoding="utf-8")
    rows = text.count("\n")
    if text.startswith("clip_id,"):
        table = store.read(path)
        assert set(table["decision"]) <= set(store.DECISIONS)
    else:
        table = registry.function("datasets", "csv")(tmp_path, tmp_path / "raw", seed=0)
        assert set(table["verified"]) == {True, False}
    assert len(table) == rows > 1, page


def test_the_pages_that_need_examples_have_them() -> None:
    for language, needed in NEEDED.items():
        assert needed <= {str(case.values[0]) for case in examples(language)}


@pytest.mark.parametrize("name", catalogue.names())
def test_the_list_of_presets_says_of_each_what_it_says_itself(name: str) -> None:
    words = catalogue.description(name)[0].removesuffix(".")
    assert f"| `{name}` | {words}" in (ROOT / "docs" / "presets.md").read_text(encoding="utf-8")
