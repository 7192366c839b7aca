"""What the map is coloured by, what its legend counts and filters, and the switch between maps."""

import numpy as np
import pandas as pd
import pytest

pytestmark = [pytest.mark.keras, pytest.mark.slow]

# A second map beside the run's own: the first one with its axes exchanged.
TWO_MAPS = """let kept;
Object.defineProperty(window, 'EARMARK_DATA', {
    get: () => kept,
    set: (data) => { kept = data; data.maps.umap = { x: data.maps.tsne.y, y: data.maps.tsne.x }; },
});"""


def legend(explorer) -> dict[str, int]:
    entries = explorer.page.locator("#legend button").all()
    found = [(entry.locator(".name").inner_text(), entry.locator(".n").text_content()) for entry in entries]
    return {name: int(text.split()[0]) for name, text in found}


def test_the_legend_counts_what_the_run_says(site, opened) -> None:
    labels = pd.read_csv(site.folder / "data/labels/labels.csv", keep_default_na=False)
    train = labels["outcome"] != "test"
    targets = labels["target"][train & (labels["target"] != "")].value_counts()
    assert {name: n for name, n in legend(opened).items() if name in set(targets.index)} == targets.to_dict()
    opened.page.click("#stage-before")
    verified = labels["label"][train & labels["verified"]].value_counts()
    assert {name: n for name, n in legend(opened).items() if name in set(targets.index)} == verified.to_dict()
    opened.page.click("#stage-after")
    opened.page.select_option("#colour-by", "status")
    for status in ("verified", "promoted", "test"):
        assert legend(opened)[status] == (labels["outcome"] == status).sum()
    opened.page.select_option("#colour-by", "family")
    families = labels["family"][train].value_counts()
    assert {name: n for name, n in legend(opened).items() if name in set(families.index)} == families.to_dict()
    opened.click(opened.point("promoted"))
    opened.press("a")
    opened.page.select_option("#colour-by", "decision")
    assert 1 in legend(opened).values()
    for mode in ("label", "status", "confidence", "family", "decision"):
        for stage in ("before", "after"):
            opened.page.select_option("#colour-by", mode)
            opened.page.click(f"#stage-{stage}")
            assert sum(legend(opened).values()) == len(labels), (mode, stage)


def test_the_legend_and_the_search_show_some_alone(site, opened) -> None:
    opened.page.select_option("#colour-by", "status")
    hidden = opened.point("pool")
    opened.page.locator("#legend button", has_text="promoted").click()
    assert opened.text("#shown") == f"{legend(opened)['promoted']} of {len(site.clips)} clips"
    rows = opened.js("Earmark.atlas.shown()")
    assert {opened.js("row => Earmark.clips.status(row)", row) for row in rows} == {"promoted"}
    assert opened.js("row => Earmark.atlas.map.pick(...Earmark.atlas.map.place(row))", hidden) != hidden
    opened.page.click("#show-all")
    opened.page.fill("#search", "organ")
    opened.page.locator("#search-list").get_by_role("option", name="Class Organ").click()
    named = set(site.clips.index[site.clips["label"] == "Organ"])
    shown = {opened.js("row => Earmark.data.clips.id[row]", row) for row in opened.js("Earmark.atlas.shown()")}
    assert named <= shown
    assert len(shown) < len(site.clips) / 2
    opened.page.click("#class-chip")
    assert opened.text("#shown") == f"{len(site.clips)} clips"


def test_the_maps_change_places(site, visit) -> None:
    explorer = visit(site.disk, before=TWO_MAPS)
    place, points = "Array.from(Earmark.data.clips.id, (_, row) => Earmark.atlas.map.place(row))", {}
    for name in ("t-SNE", "UMAP"):
        button = explorer.page.get_by_role("button", name=name)
        button.click()
        assert button.get_attribute("aria-pressed") == "true"
        points[name] = np.array(explorer.js(place))
    for axis in (0, 1):  # that of the screen points down
        assert np.corrcoef(points["t-SNE"][:, axis], -points["UMAP"][:, 1 - axis])[0, 1] > 0.999


def test_the_theme_is_the_readers_choice(site, visit) -> None:
    explorer = visit(site.disk, color_scheme="dark")
    background = "getComputedStyle(document.getElementById('map')).backgroundColor"
    dark = explorer.js(background)
    explorer.page.click("#theme")
    light = explorer.js(background)
    assert explorer.text("#theme") == "Light"
    explorer.reload()
    assert explorer.js(background) == light != dark
