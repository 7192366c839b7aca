"""Labels that are HTML, script or a spreadsheet's formula, in everything that a run shows."""

import csv
import io
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from pipeline.explorer.write import write_explorer
from pipeline.files.guarded_csv import guard, unguard
from pipeline.reporting.report import write_report
from stages.commands import predict
from tests.reporting.conftest import make

HOSTILE = [
    "<img src=x onerror=alert(1)>",
    "</script><script>alert(1)</script>",
    "=cmd|' /C calc'!A0",
    "@SUM(1)",
    "javascript:alert(1)",
    "\u2028alert(1)",
]
FORMULA = ("=", "+", "-", "@", "\t", "\r")


class Tags(HTMLParser):
    """The start tags of a page, and the addresses they lead to."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report and the explorer of a run whose classes and review are hostile."""
    root = tmp_path_factory.mktemp("hostile")
    said = {"given_label": "", "decision": "relabel", "new_label": HOSTILE[0]}
    said |= {"reviewer": HOSTILE[2], "note": HOSTILE[1]}
    names = sorted([*HOSTILE, "Oboe"])
    clips = make(root / "run", n=48, classes=names).read().answers
    row = clips[(clips["split"] == "train") & ~clips["verified"] & (clips["label"] != HOSTILE[0])].iloc[0]
    said |= {"clip_id": row["clip_id"], "given_label": row["label"]}
    made = make(root / "run", n=48, classes=names, reviews=[said])
    run = made.read()
    (root / "reports").mkdir()
    write_report(root / "reports", run, made.params)
    write_explorer(root / "reports" / "explorer", run, made.params)
    return root


@pytest.mark.fault(25)
def test_pages_hold_hostile_labels_as_text(reports: Path):
    for page in (reports / "reports").rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        found = Tags(text)
        assert not [name for name, _ in found.attributes if name.startswith("on") or name == "style"]
        assert not [
            value for name, value in found.attributes if name in ("href", "src") and "javascript:" in (value or "")[:20]
        ]
        assert HOSTILE[0] not in text
        assert HOSTILE[1] not in text
    assert "&lt;img src=x onerror=alert(1)&gt;" in (reports / "reports" / "index.html").read_text(encoding="utf-8")


@pytest.mark.fault(25)
def test_the_explorers_data_is_one_script_of_one_line(reports: Path):
    text = (reports / "reports" / "explorer" / "data.js").read_text(encoding="utf-8")
    assert len(text.splitlines()) == 1
    assert not re.search("[<>&\u2028\u2029]", text)
    shown = json.loads(text.removeprefix("window.EARMARK_DATA = ").removesuffix(";\n"))
    assert set(HOSTILE) < set(shown["classes"])


@pytest.mark.fault(25)
def test_no_table_holds_a_formula(reports: Path):
    tables = [*(reports / "reports").rglob("*.csv"), reports / "run" / "labels" / "corrections.csv"]
    assert {path.name for path in tables} >= {"submission.csv", "decisions.csv", "confusion.csv", "corrections.csv"}
    cells = set()
    for path in tables:
        found = {cell for row in csv.reader(io.StringIO(path.read_text(encoding="utf-8"))) for cell in row}
        numbers = {cell for cell in found if re.fullmatch(r"-?[\d.]+(e-?\d+)?", cell)}
        assert not [cell for cell in found - numbers if cell.startswith(FORMULA)], path
        cells |= found
    # They are there: marked as text, so that nothing is lost.
    assert HOSTILE[2] in {unguard(cell) for cell in cells}


@pytest.mark.fault(25)
def test_predictions_as_csv_hold_no_formula(capsys):
    class Prediction:
        path, labels, flags = Path("=a.wav"), [(HOSTILE[2], 0.5)], {}

    predict._as_csv([Prediction()], 0)
    assert capsys.readouterr().out.splitlines()[1] == f"{guard('=a.wav')},1,{guard(HOSTILE[2])},0.500000,"
