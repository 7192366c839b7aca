"""What the pages link to and name is there, and they are short enough to be read."""

import re
from itertools import takewhile
from pathlib import Path

import pytest

from ..conftest import ROOT
from . import markdown

PAGES = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "tests/faults/README.md")),
    *sorted((ROOT / "docs").glob("*.md")),
    *sorted((ROOT / "benchmarks").glob("*.md")),
]
DOCS = [path for path in PAGES if path.parent == ROOT / "docs"]
MAX_LINES, MAX_ROWS, MAX_BYTES = 150, 25, 150_000

SOURCES = ("benchmarks", "docs", "pipeline", "presets", "stages", "tests")
_PATH = re.compile(r"[\w.+-]+(?:/[\w.+-]+)*/?")
_MODULE = re.compile(r"(?:pipeline|stages|benchmarks|tests)((?:\.\w+)+)")
_SOURCE = {".py", ".md", ".yaml", ".toml", ".cfg", ".txt", ".lock", ".js"}
_MADE_BY_A_RUN = {"data", "reports", "dvc_plots"}
_STANDS_FOR_ANY = {"NAME", "AREA"}

named = pytest.mark.parametrize("page", PAGES, ids=lambda path: path.relative_to(ROOT).as_posix())


def _read(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def _broken(page: Path, target: str) -> str | None:
    """Say what is wrong with a link of a page, or nothing."""
    if re.match(r"https?://[\w.-]+\.\w+(/|$)", target):
        return None
    way, _, anchor = target.partition("#")
    path = (page.parent / way).resolve() if way else page
    if not path.is_relative_to(ROOT):
        return f"{target}: leads out of the repository"
    if not path.exists():
        return f"{target}: no such file"
    if anchor and (path.suffix != ".md" or anchor not in markdown.anchors(_read(path))):
        return f"{target}: no such heading"
    return None


@named
def test_every_link_leads_somewhere(page: Path) -> None:
    assert [wrong for target in markdown.links(_read(page)) if (wrong := _broken(page, target))] == []


@pytest.fixture(scope="module")
def files() -> set[str]:
    """The name of every file of ours."""
    return {path.name for part in SOURCES for path in (ROOT / part).rglob("*")}


def _is_there(page: Path, path: str, files: set[str]) -> bool:
    places = (ROOT, page.parent, ROOT / "pipeline")
    return any((place / path).exists() for place in places) or ("/" not in path and path in files)


def _names_a_path(word: str) -> bool:
    """Whether a word is meant as a path of the repository: source by its suffix, or below one of our folders."""
    parts = Path(word).parts or ("..",)
    if not _PATH.fullmatch(word) or parts[0] in {*_MADE_BY_A_RUN, ".."} or Path(word).stem in _STANDS_FOR_ANY:
        return False
    return Path(word).suffix in _SOURCE or (len(parts) > 1 and parts[0] in SOURCES)


def _names_a_missing_module(word: str) -> bool:
    found = _MODULE.match(word)
    if found is None or word[found.end() :][:1] == "/":
        return False
    module = ROOT.joinpath(*found[0].split(".")[:2])
    return not (module.is_dir() or module.with_suffix(".py").is_file())


@named
def test_every_path_of_the_repository_that_is_named_is_there(page: Path, files: set[str]) -> None:
    words = [word.strip("\"'()[],;:") for span in markdown.code(_read(page)) for word in span.split()]
    assert [word for word in words if _names_a_path(word) and not _is_there(page, word, files)] == []
    assert [word for word in words if _names_a_missing_module(word)] == []


def test_the_readme_is_short() -> None:
    text = _read(ROOT / "README.md")
    assert len(text.splitlines()) <= MAX_LINES
    assert max(markdown.table_rows(text)) <= MAX_ROWS


def test_the_readme_leads_to_every_page() -> None:
    linked = set(markdown.links(_read(ROOT / "README.md")))
    assert [page.name for page in DOCS if f"docs/{page.name}" not in linked] == []


@pytest.mark.parametrize("page", DOCS, ids=lambda path: path.name)
def test_a_page_begins_with_the_question_that_it_answers(page: Path) -> None:
    title, _, *rest = _read(page).splitlines()
    assert title.startswith("# ")
    assert "?" in " ".join(takewhile(bool, rest))


def test_every_picture_of_the_pages_is_small_and_shown() -> None:
    shown = {target for page in DOCS for target in markdown.links(_read(page))}
    pictures = [path for path in (ROOT / "docs").rglob("*") if path.is_file() and path.suffix != ".md"]
    assert [path.name for path in pictures if path.stat().st_size > MAX_BYTES] == []
    assert [path.name for path in pictures if path.relative_to(ROOT / "docs").as_posix() not in shown] == []
