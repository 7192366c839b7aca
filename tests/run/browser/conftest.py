"""The finished run's pages in Debian's Chromium, opened from disk and served by `earmark review`."""

import contextlib
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from .driver import Explorer, Review, Site

CHROMIUM = shutil.which("chromium")


@pytest.fixture(scope="module")  # not the session: while it runs, nothing else in this thread may use asyncio
def browser() -> Iterator[Any]:
    if CHROMIUM is None:
        pytest.skip("chromium not found: install it to test the explorer's page (apt-get install chromium)")
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright not found: pip install it, or make test")
    with playwright.sync_playwright() as running:
        arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
        found = running.chromium.launch(executable_path=CHROMIUM, args=arguments)
        yield found
        found.close()


@pytest.fixture
def run(browser: Any, request: pytest.FixtureRequest) -> Path:
    """Where the finished run lies. Asked for by name, so that without a browser none is made."""
    folder: Path = request.getfixturevalue("finished").folder
    return folder


@pytest.fixture
def site(run: Path, tmp_path: Path) -> Site:
    """A copy of the run, to be reviewed and broken."""
    return Site(run, tmp_path / "a projé")


@pytest.fixture
def visit(browser: Any) -> Iterator[Callable[..., Explorer]]:
    """Open an address as a browser of its own would, or in that of `beside`; run `before` ahead of the page's scripts.

    In the end nothing may have been said by any of them.
    """
    with contextlib.ExitStack() as opened:
        tabs: list[Explorer] = []

        def go(address: str, beside: Explorer | None = None, before: str = "", **how: Any) -> Explorer:
            how = {"viewport": {"width": 1440, "height": 900}, "reduced_motion": "reduce"} | how
            context = beside.page.context if beside else browser.new_context(**how)
            if not beside:
                opened.callback(context.close)
            page = context.new_page()
            page.add_init_script(before)
            tabs.append(Explorer(page, address))
            return tabs[-1]

        yield go
        assert [tab.said for tab in tabs] == [[] for _ in tabs]


@pytest.fixture
def review(site: Site, root: Path) -> Iterator[Callable[[], Review]]:
    """Start `earmark review` on the site."""
    running: list[Review] = []

    def start() -> Review:
        running.append(Review(site, root))
        return running[-1]

    yield start
    for server in running:
        if server.process.poll() is None:
            server.end()


@pytest.fixture(params=["disk", "served"])
def explorer(
    request: pytest.FixtureRequest, site: Site, review: Callable[[], Review], visit: Callable[..., Explorer]
) -> Explorer:
    """The explorer, opened from disk and served."""
    return visit(site.disk if request.param == "disk" else review().address)


@pytest.fixture
def opened(site: Site, visit: Callable[..., Explorer]) -> Explorer:
    """The explorer, opened from disk."""
    return visit(site.disk)
