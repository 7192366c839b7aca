"""For everybody: axe finds nothing serious, in light and dark, at a desk and on a phone, where a finger does it all."""

import pytest

pytestmark = [pytest.mark.keras, pytest.mark.slow]

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True, "device_scale_factor": 2}


def assert_accessible(page, what: str) -> None:
    from axe_playwright_python.sync_playwright import Axe

    # Without preloading, which a page from disk does not allow it.
    found = Axe().run(page, options={"resultTypes": ["violations"], "preload": False}).response["violations"]
    bad = [
        (entry["id"], [node["html"] for node in entry["nodes"]])
        for entry in found
        if entry["impact"] in ("serious", "critical")
    ]
    assert bad == [], what
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), f"{what}: sticks out"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_axe_finds_nothing_serious(site, visit, scheme, width) -> None:
    size = {"viewport": {"width": width, "height": 900}, "color_scheme": scheme}
    explorer = visit(site.disk, **size)
    page = explorer.page
    explorer.press("j", "a", "j")
    for tab in ("map", "clip", "queue"):
        if width == 390:
            page.click(f"#tab-{tab}")
        if width == 390 or tab == "queue":  # a wide page shows all three at once
            assert_accessible(page, f"{tab}, {scheme}, {width} wide")
    page.click("#start")  # a clip that is covered
    if width == 390:
        page.click("#tab-map")
    page.click("#select-shown")
    page.fill("#search", "s")
    assert_accessible(page, f"selection and search, {scheme}, {width} wide")
    explorer.press("Escape", "Escape", "?")
    assert_accessible(page, f"help, {scheme}, {width} wide")
    page.goto(site.report.as_uri())
    assert_accessible(page, f"report, {scheme}, {width} wide")


def test_a_phone_does_it_all(site, visit) -> None:
    phone = visit(site.disk, **PHONE)
    page = phone.page
    page.touchscreen.tap(*phone.place(phone.point("promoted")))
    phone.until("Earmark.player.time > Earmark.data.clips.offset[Earmark.state.current]")
    page.locator("#now").get_by_role("button", name="Open").tap()
    for decision in ("accept", "reject", "unsure"):
        page.tap(f"#{decision}")
        assert phone.rows()[0]["decision"] == decision
    page.tap("#undo")
    assert phone.rows()[0]["decision"] == "reject"
    page.tap("#tab-map")
    page.tap("#select-shown")
    page.tap("#selection-decide")
    page.tap("#unsure")
    assert len(phone.rows()) > 50
    page.tap("#tab-queue")
    page.locator("#queue-list button").first.tap()
    assert page.is_visible("#player")
    assert not page.is_visible("#map")
    page.tap("#tab-queue")
    assert phone.export().count("\n") == len(phone.rows()) + 1
