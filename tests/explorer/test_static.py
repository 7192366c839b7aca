"""The page's own files: all are loaded, none is missing, and nothing in them needs the network or a looser policy."""

import re

from pipeline.explorer.write import STATIC

PAGE = (STATIC / "index.html").read_text(encoding="utf-8")
SCRIPTS = re.findall(r'<script src="([^"]+)" defer></script>', PAGE)


def test_every_script_is_loaded_once_and_is_there():
    assert SCRIPTS[0] == "data.js"
    assert sorted(SCRIPTS[1:]) == sorted(f"js/{path.name}" for path in (STATIC / "js").iterdir())
    assert PAGE.count("<script") == len(SCRIPTS)


def test_the_page_holds_nothing_that_its_policy_bars():
    assert "unsafe" not in re.search(r'Content-Security-Policy" content="([^"]+)"', PAGE)[1]
    assert not re.search(r'<style|\sstyle="|\son\w+="', PAGE)


def test_nothing_is_fetched_from_elsewhere():
    for path in STATIC.rglob("*.*"):
        text = path.read_text(encoding="utf-8").replace("http://www.w3.org/2000/svg", "")
        assert not re.search(r"https?://|@import|url\((?!#|[\"']?data:)", text), path.name


def test_text_from_data_never_becomes_markup():
    for path in (STATIC / "js").iterdir():
        assert not re.search(
            r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b", path.read_text("utf-8")
        ), path
