"""What the tests of the page share: a copy of a run to read and break, its server, and a tab that shows it."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from pipeline.corrections import store
from pipeline.files import artifacts

# What somebody has who reads the report and listens.
PARTS = ("data/clips", "data/features", "data/labels", "data/raw", "data/corrections.csv", "reports")
PATIENCE = 20.0


class Site:
    """A copy of a finished run."""

    def __init__(self, run: Path, folder: Path, parts: tuple[str, ...] = PARTS) -> None:
        self.folder = folder
        self.report, self.corrections = folder / "reports" / "index.html", folder / "data" / "corrections.csv"
        self.disk = (folder / "reports" / "explorer" / "index.html").as_uri()
        for part in parts:
            source, goal = run / part, folder / part
            goal.parent.mkdir(parents=True, exist_ok=True)
            # Not their modes: DVC keeps its outputs read-only.
            if source.is_dir():
                shutil.copytree(source, goal, copy_function=shutil.copyfile)
            else:
                shutil.copyfile(source, goal)

    @cached_property
    def clips(self) -> pd.DataFrame:
        """clips.csv by clip_id."""
        return artifacts.read_clips(self.folder / "data" / "clips").set_index("clip_id", drop=False)

    def audio(self, clip_id: str) -> Path:
        path: Path = self.folder / "data" / "raw" / self.clips.loc[clip_id, "path"]
        return path

    def read(self, path: Path | None = None) -> pd.DataFrame:
        """Return the rows of a corrections file as the pipeline takes them: read and checked against the run."""
        path = path or self.corrections
        table = store.read(path)
        store.check(table, self.clips, artifacts.read_classes(self.folder / "data" / "clips"), path)
        return table[store.COLUMNS]


class Review:
    """A running `earmark review` in a site's folder, with the paths that it takes by itself."""

    def __init__(self, site: Site, root: Path) -> None:
        environment = os.environ | {"PYTHONPATH": str(root)}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "stages.cli", "review"],
            cwd=site.folder,
            env=environment,
            text=True,
            stdout=subprocess.PIPE,
        )
        assert self.process.stdout
        found = re.search(r"http://\S+", self.process.stdout.readline())
        assert found, "earmark review did not start: see its message above"
        self.address = found[0]

    def end(self) -> None:
        self.process.send_signal(signal.SIGINT)
        self.process.communicate(timeout=PATIENCE)


class Explorer:
    """A tab with the explorer in it."""

    def __init__(self, page: Any, address: str) -> None:
        self.page, self.js, self.text = page, page.evaluate, page.inner_text
        # What must not happen anywhere: errors, messages of the console (a policy that bars something), dialogs.
        self.said: list[str] = []
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self.said.append(str(error)))
        page.on("dialog", lambda dialog: (self.said.append(f"dialog: {dialog.message}"), dialog.dismiss()))
        page.set_default_timeout(1000 * PATIENCE)
        page.goto(address)
        self.ready()

    def _hear(self, message: Any) -> None:
        # How fast software draws is no matter of the page.
        if "GL Driver Message (OpenGL, Performance" not in message.text:
            self.said.append(f"{message.type}: {message.text}")

    def expect(self, text: str) -> None:
        """Let pass what was said and holds `text`."""
        self.said = [line for line in self.said if text not in line]

    def ready(self) -> None:
        self.page.wait_for_selector("body.ready")

    def reload(self) -> None:
        self.page.reload()
        self.ready()

    def until(self, code: str | Callable[[], Any]) -> None:
        """Wait until JavaScript, or a call, gives something true. Playwright's own way needs eval in the page."""
        begun = time.monotonic()
        while not (self.js(code) if isinstance(code, str) else code()):
            assert time.monotonic() - begun < PATIENCE, f"never came true: {code}; {self.said}"
            self.page.wait_for_timeout(20)

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def tab_to(self, element: str, back: bool = False) -> None:
        """Walk to an element by its id as the keyboard does."""
        for _ in range(150):
            if self.js("document.activeElement.id") == element:
                return
            self.press("Shift+Tab" if back else "Tab")
        raise AssertionError(f"#{element} cannot be reached by Tab")

    def place(self, row: int) -> tuple[float, float]:
        """Return where a row's point is on the page."""
        x, y = self.js("row => Earmark.atlas.map.place(row)", row)
        box = self.page.locator("#map").bounding_box()
        return box["x"] + x, box["y"] + y

    def point(self, *statuses: str) -> int:
        """Return a row of that status whose point is not under another one, and whose audio lasts a while."""
        code = """statuses => Earmark.data.clips.id.findIndex((_, row) => statuses.includes(Earmark.clips.status(row))
            && Earmark.data.clips.length[row] > 1
            && Earmark.atlas.map.pick(...Earmark.atlas.map.place(row)) === row)"""
        row: int = self.js(code, statuses)
        assert row >= 0, f"no {statuses} clip can be clicked on"
        return row

    def click(self, row: int, **how: Any) -> str:
        """Click on a row's point; return the id of the clip."""
        self.page.mouse.click(*self.place(row), **how)
        clip: str = self.js("row => Earmark.data.clips.id[row]", row)
        return clip

    def lasso(self) -> list[int]:
        """Draw a lasso around the middle of the map with Shift; return the rows selected."""
        box = self.page.locator("#map").bounding_box()
        x, y, half = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2, box["height"] / 3
        self.page.keyboard.down("Shift")
        self.page.mouse.move(x - half, y - half)
        self.page.mouse.down()
        for dx, dy in ((half, -half), (half, half), (-half, half), (-half, 10 - half)):
            self.page.mouse.move(x + dx, y + dy, steps=3)
        self.page.mouse.up()
        self.page.keyboard.up("Shift")
        rows: list[int] = self.js("Earmark.state.selection")
        return rows

    def rows(self) -> list[dict[str, str]]:
        """Return the decisions as the page would write them."""
        found: list[dict[str, str]] = self.js("Earmark.decisions.list()")
        return found

    def export(self, press: Callable[[], None] | None = None) -> str:
        """Export by the button, or by `press`; return the file."""
        with self.page.expect_download() as download:
            (press or (lambda: self.page.click("#export")))()
        assert download.value.suggested_filename == "corrections.csv"
        return Path(download.value.path()).read_bytes().decode()

    def take_in(self, text: str) -> None:
        """Import a file of that text."""
        file = {"name": "theirs.csv", "mimeType": "text/csv", "buffer": text.encode()}
        self.page.set_input_files("#import-file", files=[file])
        self.until("document.getElementById('said').textContent.includes('taken from theirs.csv')")
