"""Served, every decision is in the file at once, or the page says that it is not; it is never lost."""

import resource

import pytest

pytestmark = [pytest.mark.keras, pytest.mark.slow]

SAVED = "document.getElementById('save-status').dataset.state === 'saved'"
UNSAVED = "document.getElementById('save-status').dataset.state === 'unsaved'"


def by_clip(rows) -> list[dict[str, str]]:
    return sorted(rows, key=lambda row: row["clip_id"])


def saved(site) -> list[dict[str, str]]:
    return by_clip(site.read().to_dict("records"))


def decide(explorer, *keys: str) -> None:
    explorer.click(explorer.point("promoted"))
    explorer.press(*keys)


def test_what_is_decided_is_in_the_file_at_once(site, review, visit) -> None:
    explorer = visit(review().address)
    assert "token" not in explorer.page.url
    assert explorer.text("#save-status") == "Saved in data/corrections.csv"
    decide(explorer, "a", "j", "r")
    explorer.until(lambda: len(site.read()) == 2)
    assert saved(site) == by_clip(explorer.rows())
    explorer.press("z")
    explorer.until(lambda: len(site.read()) == 1)
    clips = explorer.lasso()
    explorer.press("u")
    explorer.until(lambda: len(site.read()) > 5)
    assert len(site.read()) <= len(clips) + 1
    assert saved(site) == by_clip(explorer.rows())


def test_a_restart_and_another_browser_find_it(site, review, visit) -> None:
    first = review()
    explorer = visit(first.address)
    decide(explorer, "a", "j", "2")
    explorer.until(SAVED)
    explorer.until("Earmark.player.audio.readyState === 4")  # else the browser would ask a server that is gone for it
    first.end()
    again = visit(review().address)
    assert len(again.rows()) == 2
    assert by_clip(again.rows()) == saved(site)
    assert again.page.is_disabled("#undo")


def test_while_the_server_is_away_the_browser_keeps_it(site, review, visit) -> None:
    server = review()
    explorer = visit(server.address)
    server.end()
    decide(explorer, "a")
    explorer.until(UNSAVED)
    assert "is `earmark review` still running?" in explorer.text("#save-status")
    assert len(site.read()) == 0
    # The next server has another address, for which the browser keeps other things: the file goes there by hand.
    assert explorer.export().count("\n") == 2
    explorer.expect("Failed to load resource")


@pytest.mark.skipif(not hasattr(resource, "prlimit"), reason="only Linux can take a running program's disk away")
def test_a_full_disk_is_said_and_loses_nothing(site, review, visit) -> None:
    server = review()
    explorer = visit(server.address)
    decide(explorer, "a")
    explorer.until(lambda: len(site.read()) == 1)
    before, beside = site.corrections.read_bytes(), sorted(site.corrections.parent.iterdir())
    free = resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (len(before) + 10, free[1]))
    explorer.press("j", "a")
    explorer.until(UNSAVED)
    for words in ("NOT saved", "data/corrections.csv", "the file is as it was", "make room on the disk"):
        assert words in explorer.text("#save-status")
        assert words in explorer.text("#said")
    assert site.corrections.read_bytes() == before
    assert sorted(site.corrections.parent.iterdir()) == beside
    explorer.reload()
    explorer.until(UNSAVED)
    assert len(explorer.rows()) == 2
    resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, free)
    explorer.page.get_by_role("button", name="Save again").click()
    explorer.until(SAVED)
    assert len(site.read()) == 2
    assert saved(site) == by_clip(explorer.rows())
    explorer.expect("Failed to load resource")


def test_without_the_token_nothing_is_written_and_the_page_says_so(site, review, visit) -> None:
    explorer = visit(review().address.partition("#")[0])
    assert "opened without the token" in explorer.text("#save-status")
    decide(explorer, "a")
    assert len(explorer.rows()) == 1
    assert explorer.export().count("\n") == 2
    assert len(site.read()) == 0


# However late a tab hears of another: what was decided there may be in the file by then.
LATE = """const add = window.addEventListener;
window.addEventListener = function (name, heard, ...more) {
    add.call(this, name, name === 'storage' ? (event) => setTimeout(heard, 500, event) : heard, ...more);
};"""


@pytest.mark.parametrize("hearing", ["", LATE], ids=["at once", "late"])
def test_two_tabs_know_of_each_other(site, review, visit, hearing) -> None:
    server = review()
    one = visit(server.address)
    two = visit(server.address, beside=one, before=hearing)
    decide(one, "a")
    two.until("Earmark.decisions.list().length === 1")
    two.click(two.point("verified"))
    two.press("r")
    one.until("Earmark.decisions.list().length === 2")
    one.until(lambda: len(site.read()) == 2)


@pytest.mark.parametrize(
    ("broken", "words"),
    [
        (
            "Object.defineProperty(window, 'localStorage', {get() { throw new DOMException('', 'SecurityError'); }})",
            "allows no storage",
        ),
        ("Storage.prototype.setItem = () => { throw new DOMException('', 'QuotaExceededError'); }", "storage is full"),
    ],
    ids=["barred", "full"],
)
def test_a_browser_that_keeps_nothing_is_said(site, visit, broken, words) -> None:
    explorer = visit(site.disk, before=broken)
    decide(explorer, "a")
    assert explorer.text("#save-status").startswith("NOT kept: ")
    assert words in explorer.text("#save-status")
    assert explorer.export().count("\n") == 2
