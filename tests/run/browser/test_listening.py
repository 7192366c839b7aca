"""A point on the map is a clip that one hears."""

from urllib.parse import unquote, urlsplit

import pytest
import soundfile

pytestmark = [pytest.mark.keras, pytest.mark.slow]


def heard(explorer, site) -> str:
    """Wait until the open clip sounds; return its id."""
    clip = explorer.text("#clip-id")
    explorer.until("Earmark.player.time > Earmark.data.clips.offset[Earmark.state.current] + 0.1")
    source = urlsplit(explorer.js("Earmark.player.audio.currentSrc"))
    assert unquote(source.path) == (f"/clips/{clip}" if source.scheme == "http" else str(site.audio(clip)))
    # Whatever the address says: what sounds is as long as that clip.
    seconds = soundfile.info(site.audio(clip)).duration
    assert explorer.js("Earmark.player.audio.duration") == pytest.approx(seconds, abs=0.01)
    return clip


def test_a_click_on_a_point_plays_that_clip(explorer, site) -> None:
    for status in ("test", "promoted", "verified"):
        clip = explorer.click(explorer.point(status))
        assert heard(explorer, site) == clip
        label = site.clips.loc[clip, "label"]
        assert status == "test" or explorer.text("#given") == f"Given: {label}"
    explorer.press(" ")
    explorer.until("Earmark.player.audio.paused")
    explorer.page.click("#near li:nth-child(2) .open")
    near = heard(explorer, site)
    assert near != clip
    assert site.clips.loc[near, "verified"]


def test_the_playhead_is_where_the_sound_is(opened) -> None:
    row = opened.point("promoted")
    opened.click(row)
    opened.until("Earmark.player.playing")
    opened.press(" ")
    opened.until("Earmark.player.audio.paused")
    box = opened.page.locator("#spectrogram").bounding_box()
    opened.page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    offset, length = opened.js("row => [Earmark.data.clips.offset[row], Earmark.data.clips.length[row]]", row)
    opened.until("!Earmark.player.audio.seeking")
    assert opened.js("Earmark.player.audio.currentTime") == pytest.approx(offset + length / 2, abs=0.03)
    head = opened.page.locator("#spectrogram .playhead").bounding_box()
    assert head["x"] + head["width"] / 2 == pytest.approx(box["x"] + box["width"] / 2, abs=3)
    opened.press(" ")
    opened.until("Earmark.player.audio.ended")
    assert opened.page.locator("#spectrogram .playhead").bounding_box()["x"] > box["x"] + 0.8 * box["width"]


def test_moving_over_points_with_alt_plays_them(opened, site) -> None:
    opened.click(opened.point("verified"))  # a browser lets no page sound before it was touched
    row = opened.point("promoted")
    x, y = opened.place(row)
    opened.page.keyboard.down("Alt")
    opened.page.mouse.move(x - 40, y)
    opened.page.mouse.move(x, y, steps=4)
    opened.page.keyboard.up("Alt")
    assert heard(opened, site) == opened.js("row => Earmark.data.clips.id[row]", row)


def test_a_clip_that_is_gone_is_missing_and_the_page_lives_on(explorer, site) -> None:
    row = explorer.point("promoted")
    clip = explorer.js("row => Earmark.data.clips.id[row]", row)
    site.audio(clip).unlink()
    explorer.click(row)
    explorer.until("!document.getElementById('missing').hidden")
    assert site.clips.loc[clip, "path"] in explorer.text("#missing")
    explorer.press("a", "j")
    heard(explorer, site)
    assert not explorer.page.is_visible("#missing")
    assert [entry["clip_id"] for entry in explorer.rows()] == [clip]
    # The browser tells its console of it too; that is all that it tells.
    explorer.expect("Failed to load resource")
