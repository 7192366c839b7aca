"""The page in a browser: tables sort by mouse and by keyboard, opened from disk and served under a strict policy."""

import shutil
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest

from pipeline.reporting.report import write_report

POLICY = "default-src 'none'; img-src 'self'; style-src 'self'; script-src 'self'"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


class Strict(SimpleHTTPRequestHandler):
    def do_GET(self):
        if self.path == "/favicon.ico":
            self.send_response(204)
            self.end_headers()
        else:
            super().do_GET()

    def end_headers(self):
        self.send_header("Content-Security-Policy", POLICY)
        super().end_headers()

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def browser():
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if CHROMIUM is None:
        pytest.skip("no Chromium on the PATH")
    with playwright.sync_playwright() as running:
        found = running.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield found
        found.close()


@pytest.fixture(scope="module")
def served(finished):
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Strict, directory=finished[1]))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/index.html"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(params=["disk", "served"])
def page(request, browser, finished, served):
    """The page, and what its console complained of."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    opened = context.new_page()
    opened.said = []
    opened.on("console", lambda message: opened.said.append(message.text))
    opened.on("pageerror", lambda error: opened.said.append(str(error)))
    opened.goto((finished[1] / "index.html").as_uri() if request.param == "disk" else served)
    yield opened
    assert opened.said == []
    context.close()


def _column(page, table, n):
    return page.locator(table).first.locator(f"tbody tr > :nth-child({n})").all_text_contents()


def _number(text):
    return float(text.replace(",", "").removesuffix("%"))


def test_numbers_sort_as_numbers_and_text_as_text(page):
    classes = "h3#classes ~ .wide table"
    before = _column(page, classes, 1)
    heading = page.locator(classes).locator("th", has_text="training clips")
    heading.get_by_role("button").click()
    shown = [_number(text) for text in _column(page, classes, 2)]
    assert shown == sorted(shown, reverse=True)
    assert heading.get_attribute("aria-sort") == "descending"
    heading.get_by_role("button").click()
    shown = [_number(text) for text in _column(page, classes, 2)]
    assert shown == sorted(shown)
    assert heading.get_attribute("aria-sort") == "ascending"
    page.locator(classes).locator("th", has_text="class").get_by_role("button").first.click()
    assert _column(page, classes, 1) == sorted(before, key=str.lower)
    assert heading.get_attribute("aria-sort") is None


def test_dashes_come_last_either_way_by_keyboard_alone(page):
    listed = "section#next .wide table"
    button = page.locator(listed).get_by_role("button", name="taken to be")
    button.focus()
    for _ in range(2):
        page.keyboard.press("Enter")
        cells = _column(page, listed, 5)
        known = [text for text in cells if text != "–"]
        assert 0 < len(known) < len(cells)
        assert cells[: len(known)] == known
    assert known == sorted(known, key=str.lower, reverse=True)


def test_sums_stay_below(page):
    splits = "h3#splits ~ .wide table"
    page.locator(splits).first.get_by_role("button", name="minutes").click()
    assert page.locator(splits).first.locator("tr").last.locator("th").text_content() == "all"


@pytest.mark.parametrize("width", [390, 1440])
def test_nothing_sticks_out_of_the_window(width, page):
    page.set_viewport_size({"width": width, "height": 900})
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    style = "getComputedStyle(document.querySelector('main')).fontFamily"
    assert "sans-serif" in page.evaluate(style)


def test_without_javascript_the_tables_are_there(browser, finished):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto((finished[1] / "index.html").as_uri())
    assert page.locator("thead button").count() == 0
    assert len(_column(page, "h3#classes ~ .wide table", 1)) == 12
    context.close()


def test_hostile_labels_run_nothing(browser, make_run, tmp_path):
    made = make_run(n=96, classes=sorted(["</script><img src=x onerror=alert(1)>", "=cmd|x", "Oboe"]))
    (tmp_path / "out").mkdir()
    write_report(tmp_path / "out", made.read(), made.params)
    page = browser.new_page()
    page.on("dialog", lambda dialog: pytest.fail(f"the page said {dialog.message}"))
    page.goto((tmp_path / "out" / "index.html").as_uri())
    for button in page.locator("thead button").all():
        button.click()
    assert page.locator('img[src="x"]').count() == 0
    link = page.locator("h3#classes ~ .wide table a").filter(has_text="script").first.get_attribute("href")
    assert link == "explorer/index.html#class=%3C%2Fscript%3E%3Cimg%20src%3Dx%20onerror%3Dalert%281%29%3E"
    page.close()
