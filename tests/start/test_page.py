"""`earmark review --start` as it is used: listened to in a browser, at a desk and on a phone, then stopped."""

import os
import re
import shutil
import signal
import subprocess
import sys

import pytest

from pipeline.presets import layout
from tests.run.browser.driver import Explorer
from tests.run.browser.test_access import assert_accessible

pytestmark = pytest.mark.whole
CHROMIUM = shutil.which("chromium")


@pytest.fixture
def command(project, root):
    """Start the command in the project; it is ended afterwards."""
    project.given["dataset"]["root"] = "sounds"
    (project.root / "params.yaml").write_text(layout.text(project.given, []), encoding="utf-8")
    running = []

    def begin():
        running.append(
            subprocess.Popen(
                [sys.executable, "-m", "stages.cli", "review", "--start"],
                cwd=project.root,
                env=os.environ | {"PYTHONPATH": str(root)},
                text=True,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
            )
        )
        return running[-1]

    yield begin
    for process in running:
        process.kill()
        process.communicate()


def address(process):
    line = process.stdout.readline()
    found = re.search(r"http://\S+", line)
    assert found, line + process.stderr.read()
    assert "decisions go to sounds/clips.csv" in process.stdout.readline()
    return found[0]


@pytest.fixture
def tab():
    if CHROMIUM is None:
        pytest.skip("chromium not found: install it to test the explorer's page (apt-get install chromium)")
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright not found: pip install it, or make test")
    with playwright.sync_playwright() as running:
        browser = running.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"] if os.geteuid() == 0 else [])
        yield lambda where, width: Explorer(
            browser.new_page(viewport={"width": width, "height": 900}, reduced_motion="reduce"), where
        )
        browser.close()


def test_five_of_each_class_are_heard_and_marked(project, command, tab):
    process = command()
    explorer = tab(address(process), 1280)
    assert_accessible(explorer.page, "start, wide")
    assert "Nothing is trained yet" in explorer.text("#queue-lead")
    assert "Verified so far: high 0, low 0, mid 0" in explorer.text("#accuracy")
    explorer.page.click("#start")
    explorer.until("Earmark.player.playing")
    assert explorer.js("Earmark.player.audio.currentSrc").endswith(".wav")
    explorer.press(*"a" * 14)
    explorer.press("r")
    explorer.until("document.getElementById('save-status').textContent === 'Saved in sounds/clips.csv'")
    marked = [line.split(",") for line in project.table.read_text().splitlines()[1:]]
    assert sum(verified == "1" for _, _, verified, _ in marked) == 14
    assert explorer.said == []
    phone = tab(explorer.page.url, 390)
    for name in ("map", "clip", "queue"):
        phone.page.click(f"#tab-{name}")
        assert_accessible(phone.page, f"start, {name} on a phone")
    process.send_signal(signal.SIGINT)
    out, error = process.communicate(timeout=30)
    assert (process.returncode, error) == (0, "")
    assert out.splitlines()[0] == "verified  14 clips more, marked in sounds/clips.csv; 14 of 18 now"
    assert out.splitlines()[-1] == "next      make repro"


def test_a_second_one_and_a_review_of_the_run_wait(project, command):
    address(command())
    out, error = command().communicate(timeout=60)
    assert out == ""
    assert error.startswith("error: data/corrections.csv: another `earmark review` is at work on it")


def test_what_cannot_be_started_is_said_in_one_line(project, command):
    project.table.write_text("path,label\n00.wav,high\n01.wav,low\n")
    process = command()
    _, error = process.communicate(timeout=60)
    assert process.returncode == 1
    assert error.splitlines()[-1].startswith("error: sounds/clips.csv: has no column 'verified'")
