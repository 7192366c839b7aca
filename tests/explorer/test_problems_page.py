"""Problems on the page: found by filter, mark, word and ear; nothing that tells which clips are hidden in the queue."""

import os
import shutil

import numpy as np
import pytest
import soundfile

from pipeline.explorer.write import write_explorer
from tests.reporting.conftest import PROBLEMS, make
from tests.run.browser.driver import Explorer
from tests.run.browser.test_access import assert_accessible

CHROMIUM = shutil.which("chromium")

pytestmark = pytest.mark.whole


@pytest.fixture(scope="module")
def browser():
    if CHROMIUM is None:
        pytest.skip("chromium not found: install it to test the explorer's page (apt-get install chromium)")
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright not found: pip install it, or make test")
    with playwright.sync_playwright() as running:
        found = running.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"] if os.geteuid() == 0 else [])
        yield found
        found.close()


def write(root, **settings):
    """Write a made-up run with its sounds; return the address of its page."""
    made = make(root / "data", n=80, **settings)
    run = made.read()
    for name in run.answers["path"]:
        path = root / "data" / "raw" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(path, 0.1 * np.sin(np.arange(16_000) / 9), 8000)
    write_explorer(root / "reports" / "explorer", run, made.params)
    return (root / "reports" / "explorer" / "index.html").as_uri(), run


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    return write(tmp_path_factory.mktemp("problems"))[0]


@pytest.fixture
def visit(browser):
    opened = []

    def go(where, width=1440, **how):
        context = browser.new_context(viewport={"width": width, "height": 900}, reduced_motion="reduce", **how)
        opened.append((context, Explorer(context.new_page(), where)))
        return opened[-1][1]

    yield go
    for context, explorer in opened:
        assert explorer.said == []
        context.close()


def opened(explorer, row):
    explorer.js("row => Earmark.state.open(row)", row)


@pytest.mark.fault(48)
class TestWhoeverLooksForProblems:
    def test_finds_them_by_keyboard_on_the_map_and_in_the_queue(self, visit, address):
        explorer = visit(address)
        everything = explorer.js("Earmark.atlas.shown().length")
        explorer.tab_to("problem")
        explorer.page.select_option("#problem", "clipped")
        assert explorer.js("Earmark.atlas.shown()") == [5, 8]
        assert explorer.text("#problem-chip").startswith("Problem: cut off at full scale")
        assert set(explorer.js("Earmark.queuePanel.rows()")) <= {5, 8}
        explorer.tab_to("problem-chip")
        explorer.press("Enter")
        assert explorer.js("Earmark.atlas.shown().length") == everything
        assert not explorer.page.is_visible("#problem-chip")

    def test_is_told_in_words_and_figures(self, visit, address):
        explorer = visit(address)
        opened(explorer, 5)
        said = explorer.text("#problems")
        assert "the header says another length than the file holds. says 22 frames, holds 22,050" in said
        assert "cut off at full scale. 3.1% of the samples at full scale" in said
        assert explorer.page.is_visible("#spectrogram .flag")
        opened(explorer, 20)
        assert explorer.page.locator("#problems").count() == 0
        assert not explorer.page.is_visible("#spectrogram .flag")

    def test_hears_both_of_a_pair_by_turns(self, visit, address):
        explorer = visit(address)
        opened(explorer, 1)
        assert "the same sound under two labels" in explorer.text("#problems")
        explorer.press("b")
        explorer.until("Earmark.player.row === 6 && Earmark.player.playing")
        explorer.tab_to("compare")
        explorer.press("Enter")
        explorer.until("Earmark.player.row === 1 && Earmark.player.playing")
        explorer.page.click("#problems .open")
        assert explorer.text("#clip-id") == "clip0006"
        opened(explorer, 20)
        explorer.press("b")
        assert explorer.text("#said") == "No other clip was found to sound the same."

    def test_follows_a_link_and_can_send_one(self, visit, address):
        explorer = visit(f"{address}#problem=nearly_same")
        assert explorer.js("Earmark.atlas.shown()") == [4, 9]
        explorer.page.select_option("#problem", "any")
        explorer.until("location.hash === '#problem=any'")
        explorer.page.goto(f"{address}#problem=loud")
        explorer.until("document.getElementById('said').textContent === 'No clip of this run has that problem.'")

    def test_sees_kinds_by_colour_and_shape(self, visit, address):
        explorer = visit(address)
        explorer.page.select_option("#colour-by", "problem")
        style = explorer.js(
            "[...new Set(Earmark.palette.style('problem', 'after').legend.map((one) => one.colour + one.shape))].length"
        )
        assert style == explorer.js("Earmark.problems.kinds.length")
        explorer.page.click("#legend button:has-text('cut off at full scale')")
        assert explorer.js("Earmark.atlas.shown()") == [8]  # the other one has a worse problem


def test_a_run_without_problems_has_no_filter_of_them(visit, tmp_path):
    explorer = visit(write(tmp_path, audit=())[0])
    assert not explorer.page.is_visible("#problem-field")
    assert explorer.js("document.querySelector('#colour-by [value=problem]').hidden")
    opened(explorer, 1)
    assert explorer.page.locator("#problems").count() == 0


@pytest.mark.parametrize("problem", ["any", "unlike_class"])
def test_hidden_clips_are_not_given_away(visit, tmp_path, problem):
    address, run = write(tmp_path, audit=())
    verified = np.flatnonzero(run.train & run.labels["verified"].to_numpy() & run.features.ok).tolist()
    telling = [("unlike_class", row, "", "of 9 none") for row in verified]
    address, _ = write(tmp_path / "again", audit=(*telling, *(row for row in PROBLEMS if row[0] == "clipped")))
    explorer = visit(address)
    hidden = explorer.js("Earmark.data.queue.rows.filter((row, at) => Earmark.data.queue.kind[at] === 'hidden')")
    assert hidden
    opening = "row => Earmark.state.open(row, { queue: true })"
    explorer.js(opening, hidden[0])
    assert explorer.page.locator("#problems").count() == 0
    assert not explorer.page.is_visible("#spectrogram .flag")
    explorer.press("b")
    assert explorer.text("#said") == "Covered until you decide."
    explorer.page.select_option("#problem", problem)
    assert not set(hidden) & set(explorer.js("Earmark.queuePanel.rows()")) - {5, 8}
    shown = explorer.js("Earmark.atlas.shown()")
    other = explorer.js("Earmark.data.queue.rows.find((row, at) => Earmark.data.queue.kind[at] === 'left_out')")
    assert hidden[0] in shown
    explorer.js(opening, other)
    assert other in explorer.js("Earmark.atlas.shown()"), "a covered clip stays, whether it has the problem or not"
    explorer.js(opening, hidden[0])
    explorer.press("a")
    opened(explorer, hidden[0])
    assert "sounds like another class" in explorer.text("#problems")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_axe_finds_nothing_serious(visit, address, scheme, width):
    explorer = visit(f"{address}#problem=any&clip=clip0001", width, color_scheme=scheme)
    explorer.page.evaluate("Earmark.state.setLook({ mode: 'problem' })")
    for tab in ("map", "clip", "queue"):
        if width == 390:
            explorer.page.click(f"#tab-{tab}")
        assert_accessible(explorer.page, f"{tab}, {scheme}, {width} wide")


@pytest.mark.fault(47)
class TestAClipThatDoesNotPlayFromDisk:
    @pytest.mark.parametrize(
        ("name", "kind"),
        [("a.aiff", "AIFF"), ("a.b.WMA", "WMA"), ("a.caf", "CAF"), ("bare", "files without an ending")],
    )
    def test_says_which_format_the_browser_cannot_play(self, visit, address, name, kind):
        explorer = visit(address)
        explorer.js("name => { Earmark.data.clips.path[2] = `audio/${name}`; }", name)
        opened(explorer, 2)
        explorer.until("document.getElementById('missing').textContent.includes('can')")
        said = explorer.text("#missing")
        assert said.startswith(f"Not heard: audio/{name}: this browser can't play {kind};")
        assert "`earmark review` plays every format" in said
        explorer.expect("Failed to load resource")

    def test_or_that_it_may_be_gone(self, visit, address):
        explorer = visit(address)
        explorer.js("() => { Earmark.data.clips.path[2] = 'audio/gone.wav'; }")
        opened(explorer, 2)
        explorer.until(
            "document.getElementById('missing').textContent.includes('the file is gone, or of a kind of WAV')"
        )
        explorer.expect("Failed to load resource")
