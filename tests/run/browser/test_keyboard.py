"""By the keyboard alone, from the first Tab to the file in hand."""

import pytest

pytestmark = [pytest.mark.keras, pytest.mark.slow]


def focused(explorer) -> str:
    return explorer.js("document.activeElement.id")


def test_the_queue_from_start_to_finish(site, review, visit, tmp_path) -> None:
    explorer = visit(review().address)
    total = explorer.js("Earmark.queue.rows.length")
    explorer.tab_to("reviewer")
    explorer.press(*"Ada", "Tab")
    explorer.tab_to("start", back=True)
    explorer.press("Enter")
    assert focused(explorer) == "play"
    explorer.until("Earmark.player.time > Earmark.data.clips.offset[Earmark.player.row]")
    explorer.press("Space")
    explorer.until("Earmark.player.audio.paused")
    first = explorer.text("#clip-id")
    explorer.press("j", "k")
    assert explorer.text("#clip-id") == first
    assert explorer.page.is_visible("#covered")
    explorer.press("l", *"rain", "Enter")
    assert explorer.rows()[0]["clip_id"] == first
    assert "Rain" in (explorer.rows()[0]["new_label"], explorer.rows()[0]["given_label"])
    for decided in range(1, total):
        assert explorer.text("#progress-text") == f"{decided} of {total} decided"
        explorer.press("ar2u"[decided % 4])
    assert "That was all of the queue." in explorer.text("#said")
    explorer.press("z")
    assert explorer.text("#progress-text") == f"{total - 1} of {total} decided"
    explorer.press("a")
    assert "hidden verified clips" in explorer.text("#accuracy")
    explorer.tab_to("export", back=True)
    text = explorer.export(lambda: explorer.press("Enter"))
    (tmp_path / "ours.csv").write_bytes(text.encode())
    table = site.read(tmp_path / "ours.csv")
    assert len(table) == total
    assert set(table["reviewer"]) == {"Ada"}
    explorer.until(lambda: len(site.read()) == total)


def test_help_search_map_and_many_at_once(opened, site) -> None:
    opened.press("?")
    assert opened.js("document.getElementById('help').open")
    opened.press("a", "j", "Escape")
    assert not opened.js("document.getElementById('help').open")
    assert opened.rows() == []
    opened.press("/", *"siren", "Enter")
    sirens = set(site.clips.index[site.clips["label"] == "Siren"])
    opened.tab_to("map")
    walked = []
    for key in ("ArrowRight", "ArrowUp", "ArrowLeft", "+", "0"):
        opened.press(key)
        walked.append(opened.text("#clip-id"))
    assert len(set(walked)) > 1
    assert walked[-1] == walked[-3]
    opened.tab_to("select-shown")
    opened.press("Enter")
    shown = {opened.js("row => Earmark.data.clips.id[row]", row) for row in opened.js("Earmark.state.selection")}
    assert sirens - set(site.clips.index[site.clips["split"] == "test"]) <= shown
    opened.press("u")
    assert {row["clip_id"] for row in opened.rows()} == {
        clip for clip in shown if site.clips.loc[clip, "split"] == "train"
    }
    opened.press("z", "Escape")
    assert opened.rows() == []


def test_the_focus_can_be_seen_wherever_it_goes(opened) -> None:
    opened.press("j")
    seen = set()
    for _ in range(150):
        opened.press("Tab")
        name, outline = opened.js("[document.activeElement.id, getComputedStyle(document.activeElement).outlineStyle]")
        if opened.js("document.activeElement === document.body"):
            break
        assert outline != "none", f"#{name} has the focus and does not show it"
        seen.add(name)
    parts = {"search", "undo", "help-open", "start", "export", "import", "map", "lasso", "play", "accept", "reject"}
    assert parts - seen <= {"undo"}  # which has nothing to do yet
