"""Fill the tables of README.md and of the pages of the benchmarks with the rows of `benchmarks.label_quality`.

    python -m benchmarks.tables

A table is known by the beginning of its heading; what stands below it is replaced, what stands around it is left
alone. A page has the tables that it wants, one or many or none, and each table is on some page.
"""

import sys
from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from benchmarks.label_quality import results, table_lines

RESULTS = tuple(Path("benchmarks/results") / f"label_quality{end}.csv" for end in ("", "_kinds", "_digits"))
_RATE = 0.3
_JUDGES = (
    "the report",
    "self-training classifier",
    "clean learning",
    "cleanlab",
    "earmark, same features",
    "latents",
    "out_of_fold",
    "both",
)
_FEATURES = ("verified only", "all as given", "self-training classifier", "clean learning", "earmark", "oracle")
TABLES: dict[str, table_lines.Lines] = {
    "| data | labels wrong |": table_lines.promoted,
    f"| data | {_RATE:.0%} wrong |": table_lines.beside(_RATE),
    **{
        f"| {title}, noise | method | precision | recall | AUROC |": table_lines.judged(name, _JUDGES)
        for name, title in table_lines.NAMES.items()
    },
    "| data | noise is | rate | method | precision | recall | AUROC |": table_lines.kinds(("cleanlab", "both")),
    "| data | noise | seeds | verified only, longer | all as given, longer | earmark | oracle, longer |": (
        table_lines.trained("longer", ("verified only", "all as given", "earmark", "oracle"))
    ),
    "| data | noise | seeds | verified only, from the judges | all as given, from the judges | cleanlab |": (
        table_lines.trained("continued", ("verified only", "all as given", "cleanlab", "earmark", "oracle"))
    ),
    "| data | noise | seeds | verified only | all as given | the report | earmark, from scratch |": (
        table_lines.trained("network", ("verified only", "all as given", "the report", "earmark", "oracle"))
    ),
    "| data | noise | seeds | verified only | all as given | self-training classifier | clean learning |": (
        table_lines.trained("logistic", _FEATURES)
    ),
}


def pages(root: Path = Path()) -> list[Path]:
    """Return the pages below `root` that may have tables."""
    return [root / "README.md", *sorted((root / "benchmarks").glob("*.md"))]


def filled(text: str, rows: pd.DataFrame) -> str:
    """Return `text` with every table of `TABLES` in it as the rows have it."""
    lines = text.split("\n")
    for heading, made in TABLES.items():
        for at in [i for i, line in enumerate(lines) if line.startswith(heading)]:
            end = at
            while end < len(lines) and lines[end].startswith("|"):
                end += 1
            lines[at + 2 : end] = made(rows)
    return "\n".join(lines)


def missing(texts: Iterable[str]) -> list[str]:
    """Return the headings of `TABLES` that are on none of these pages."""
    lines = [line for text in texts for line in text.split("\n")]
    return [heading for heading in TABLES if not any(line.startswith(heading) for line in lines)]


def read(root: Path = Path()) -> pd.DataFrame:
    """Return the rows of all `RESULTS`, below `root`."""
    return pd.concat([results.read(root / path) for path in RESULTS], ignore_index=True)


def main() -> None:
    """Rewrite the tables of all pages; exit with 1 if one is on no page."""
    rows = read()
    texts = {path: filled(path.read_text(encoding="utf-8"), rows) for path in pages()}
    for path, text in texts.items():
        path.write_text(text, encoding="utf-8")
    if lost := missing(texts.values()):
        sys.exit(f"error: no page has the table {lost[0]!r}; put its heading and the line of dashes on one, or take it")


if __name__ == "__main__":
    main()
