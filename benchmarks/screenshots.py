"""Pictures of the report and the explorer of the last run, as the README shows them.

    python -m benchmarks.screenshots

Wide and phone-wide, by Debian's Chromium. They are looked at, not measured.
"""

import argparse
import os
import shutil
import sys
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

WIDTHS = {"wide": (1440, 900), "phone": (390, 844)}


def main() -> None:
    """Take all pictures."""
    at = _arguments()
    chromium = shutil.which("chromium")
    if chromium is None:
        sys.exit("error: found no chromium, expected Debian's; install it: sudo apt-get install chromium")
    explorer = (at.reports / "explorer" / "index.html").resolve()
    report = (at.reports / "index.html").resolve()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox"] if os.geteuid() == 0 else []
        )
        for width in WIDTHS:
            page = _page(browser, width, report.as_uri())
            page.screenshot(path=at.out / f"report_{width}.png")
            page = _page(browser, width, explorer.as_uri())
            page.wait_for_selector("body.ready")
            _map(page, at.out / f"explorer_map_{width}.png")
            _queue(page, at.out / f"explorer_queue_{width}.png")
        browser.close()


def _page(browser: Browser, width: str, address: str) -> Page:
    across, down = WIDTHS[width]
    page = browser.new_page(viewport={"width": across, "height": down}, reduced_motion="reduce")
    page.goto(address)
    page.wait_for_load_state("networkidle")
    return page


def _map(page: Page, path: Path) -> None:
    """A promoted clip, chosen on the map."""
    page.evaluate("Earmark.state.open(Earmark.data.clips.status.indexOf(2))")
    page.wait_for_timeout(500)
    page.screenshot(path=path)


def _queue(page: Page, path: Path) -> None:
    """A few clips of the queue decided, the next one open."""
    if page.locator("#tab-queue").is_visible():
        page.locator("#tab-queue").click()
    page.locator("#colour-by").evaluate("e => { e.value = 'status'; e.dispatchEvent(new Event('change')); }")
    page.locator("#start").click()
    for key in "aararuaa":
        page.keyboard.press(key)
    page.keyboard.press("Space")
    page.wait_for_timeout(3000)
    page.screenshot(path=path)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--reports", type=Path, default=Path("reports"), help="the run's reports")
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results"), help="folder of the pictures")
    return parser.parse_args()


if __name__ == "__main__":
    main()
