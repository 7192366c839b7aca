"""From the report to the clips and back."""

import pytest

pytestmark = [pytest.mark.keras, pytest.mark.slow]


def test_each_class_of_the_report_leads_to_its_clips(explorer, site) -> None:
    page = explorer.page
    page.click("#report-link")
    links = page.locator("a[href*='explorer/index.html#class=']")
    names = set(links.all_inner_texts())
    assert names >= set(site.clips.loc[site.clips["label"] != "", "label"])
    name = links.first.inner_text()
    links.first.click()
    explorer.ready()
    assert name in explorer.text("#class-chip").splitlines()
    shown = explorer.js("Earmark.atlas.shown().map(row => Earmark.data.clips.id[row])")
    given = site.clips.index[(site.clips["label"] == name)]
    assert set(given) <= set(shown)
    if "http" in page.url:
        assert explorer.text("#save-status") == "Saved in data/corrections.csv"


def test_links_to_a_clip_and_to_the_queue(site, visit) -> None:
    clip = site.clips.index[5]
    explorer = visit(f"{site.disk}#clip={clip}")
    assert explorer.text("#clip-id") == clip
    explorer.page.goto(f"{site.disk}#queue")
    explorer.reload()
    assert explorer.js("document.activeElement.id") == "start"
    explorer.page.goto(f"{site.disk}#clip=nobody")
    explorer.until("document.getElementById('said').textContent.includes('no clip nobody')")
