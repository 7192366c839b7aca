"""The explorer's benchmark: a run of the size that was asked for, and figures of the page that it makes."""

import json
import shutil

import pytest

from benchmarks import _explorer_run, explorer
from pipeline.explorer.records import STATUSES
from pipeline.explorer.write import write_explorer
from pipeline.presets import catalogue


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    folder = tmp_path_factory.mktemp("page") / "reports" / "explorer"
    folder.parent.mkdir()
    write_explorer(folder, _explorer_run.make(400), catalogue.params("demo"))
    return folder


def test_the_run_has_all_that_a_page_shows(written):
    text = (written / "data.js").read_text(encoding="utf-8")
    shown = json.loads(text.removeprefix("window.EARMARK_DATA = ").removesuffix(";\n"))
    assert len(shown["clips"]["id"]) == len(set(shown["clips"]["id"])) == 400
    found = {STATUSES[status] for status in shown["clips"]["status"]}
    assert found == {"verified", "promoted", "corrected", "pseudo-labelled", "pool", "test"}
    assert set(shown["maps"]) == {"tsne", "umap"}
    assert shown["queue"]["rows"]


def test_sizes_are_those_of_the_files(written):
    found = explorer.sizes(written)
    assert found["data_mb"] == round((written / "data.js").stat().st_size / 1e6, 2) > 0
    # A clip's picture of real sound has about 1 kB.
    assert 0.6 < 1000 * found["sprites_mb"] / 400 < 1.5
    assert 0.1 < found["page_mb"] < 0.5


def test_a_page_is_opened_and_panned(written, monkeypatch):
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("chromium not found: install it to measure the explorer (apt-get install chromium)")
    monkeypatch.setattr(explorer, "PANNING", 0.5)
    with explorer.sync_playwright() as playwright:
        row = explorer.measure(playwright, chromium, (written / "index.html").as_uri())
    assert 0 < row["first_paint_ms"] <= row["ready_ms"] + 1000
    assert 0 < row["frame_ms"] <= row["frame_p95_ms"]
    assert 0 < row["drawn"] <= row["frames"] + 2
