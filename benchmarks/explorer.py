"""How the explorer opens and moves with many clips: sizes, time until it can be used, frame time while panning.

    python -m benchmarks.explorer --clips 10000 20000 --machine "AMD EPYC (Turin), 2 cores"

The run is made up (`_explorer_run.py`), the page and its browser are real: Debian's Chromium without a window, which
paints by software where there is no GPU (`renderer` says which). The map is dragged by the mouse for five seconds; a
frame is the time between two calls of requestAnimationFrame, 16.7 ms at best. Each repeat starts the browser anew.
`load` is the machine's average over the last minute: with more of it than cores, the browser had to share them.
"""

import argparse
import math
import os
import platform
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from playwright.sync_api import Browser, Page, Playwright, sync_playwright

from benchmarks import _explorer_run
from pipeline.explorer.write import write_explorer
from pipeline.files import formats
from pipeline.presets import catalogue

SIZE = (1440, 900)
PANNING = 5.0  # seconds
# When the page can be used, in ms since it was asked for.
WATCH = """new MutationObserver((_, watch) => {
    if (!document.body?.classList.contains('ready')) return;
    window.readyAt = performance.now();
    watch.disconnect();
}).observe(document, { subtree: true, childList: true, attributes: true });"""
OPENED = "[readyAt, performance.getEntriesByName('first-contentful-paint')[0].startTime]"
RENDERER = """() => {
    const gl = document.createElement('canvas').getContext('webgl2');
    const names = gl?.getExtension('WEBGL_debug_renderer_info');
    return names ? gl.getParameter(names.UNMASKED_RENDERER_WEBGL) : Earmark.atlas.map.kind;
}"""
RECORD = """() => {
    window.frames_ = [];
    const next = (now) => { frames_.push(now); window.frame_ = requestAnimationFrame(next); };
    window.drawn_ = Earmark.atlas.map.frames;
    window.frame_ = requestAnimationFrame(next);
}"""
STOP = "cancelAnimationFrame(frame_), [frames_, Earmark.atlas.map.frames - drawn_]"


def sizes(folder: Path) -> dict[str, float]:
    """Return the MB of the page's parts: `data.js`, the pictures, and the rest."""
    found = {"data_mb": 0, "sprites_mb": 0, "page_mb": 0}
    for path in folder.rglob("*"):
        part = {"data.js": "data_mb"}.get(path.name, "sprites_mb" if path.parent.name == "sprites" else "page_mb")
        found[part] += path.stat().st_size if path.is_file() else 0
    return {part: round(size / 1e6, 2) for part, size in found.items()}


def measure(playwright: Playwright, chromium: str, address: str) -> dict[str, Any]:
    """Open the page in a new browser and pan its map; times in ms."""
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    browser: Browser = playwright.chromium.launch(executable_path=chromium, args=arguments)
    page = browser.new_page(viewport={"width": SIZE[0], "height": SIZE[1]})
    page.add_init_script(WATCH)
    page.goto(address)
    page.wait_for_selector("body.ready")
    ready, paint = page.evaluate(OPENED)
    frames, drawn = pan(page)
    row = {
        "browser": f"Chromium {browser.version}",
        "renderer": page.evaluate(RENDERER),
        "first_paint_ms": round(paint),
        "ready_ms": round(ready),
        "frame_ms": round(float(np.median(frames)), 1),
        "frame_p95_ms": round(float(np.percentile(frames, 95)), 1),
        "frames": len(frames),
        "drawn": drawn,
        "load": round(os.getloadavg()[0], 1),
    }
    browser.close()
    return row


def pan(page: Page) -> tuple[np.ndarray, int]:
    """Drag the map in circles; return the time of each frame in ms, and how many of them drew the map."""
    box = page.locator("#map").bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.evaluate(RECORD)
    begun = time.monotonic()
    while (passed := time.monotonic() - begun) < PANNING:
        page.mouse.move(x + 200 * math.sin(3 * passed), y + 150 * math.sin(4 * passed))
    stamps, drawn = page.evaluate(STOP)
    page.mouse.up()
    return np.diff(stamps), drawn


def main() -> None:
    """Measure every size and append a row a repeat to `--out`."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clips", type=int, nargs="+", default=[20_000])
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--machine", default=platform.processor() or platform.machine(), help="what to call it")
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results/explorer.csv"))
    arguments = parser.parse_args()
    chromium = shutil.which("chromium")
    if chromium is None:
        sys.exit("error: found no chromium, expected Debian's; install it: sudo apt-get install chromium")
    params, rows = catalogue.params("demo"), list[dict[str, Any]]()
    for clips in arguments.clips:
        with tempfile.TemporaryDirectory() as temporary, sync_playwright() as playwright:
            folder = Path(temporary) / "reports" / "explorer"
            folder.parent.mkdir()
            write_explorer(folder, _explorer_run.make(clips), params)
            fixed = {"clips": clips, "machine": arguments.machine, **sizes(folder)}
            address = (folder / "index.html").as_uri()
            rows += [fixed | measure(playwright, chromium, address) for _ in range(arguments.repeats)]
    table = pd.DataFrame(rows)
    before = formats.read_table(arguments.out) if arguments.out.is_file() else pd.DataFrame()
    formats.write_table(arguments.out, pd.concat([before, table], ignore_index=True))
    print(f"{arguments.machine}; {table['browser'][0]}; {table['renderer'][0]}")
    print(table.drop(columns=["machine", "browser", "renderer"]).to_string(index=False))


if __name__ == "__main__":
    main()
