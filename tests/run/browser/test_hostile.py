"""Names that are out to hurt stay names: on the page, in its addresses and in the files that it writes."""

import re
from dataclasses import replace

import pytest

from pipeline.explorer.write import write_explorer
from pipeline.files import artifacts
from pipeline.params.schema import load_params
from pipeline.results.run import read_run
from stages.report import INPUTS

from .driver import Site

pytestmark = [pytest.mark.keras, pytest.mark.slow]

TAG, FORMULA, LONG = "</script><img src=x onerror=alert(1)>", "=cmd|' /C calc'!A0", "é&amp;" + "_very" * 30
RENAMED = {"Applause": TAG, "Bell": FORMULA, "Crickets": LONG}
FILE = "<img src=x onerror=alert(1)> 100% #1?.wav"


def rename(data) -> None:
    """Give the classes other names wherever a run keeps them."""
    for path in [*data.rglob("*.csv"), *data.rglob("*.json")]:
        text = path.read_text(encoding="utf-8")
        for name, other in RENAMED.items():
            text = re.sub(rf"\b{name}\b", lambda _, other=other: other, text)
        path.write_text(text, encoding="utf-8")


@pytest.fixture
def site(run, tmp_path) -> Site:
    """A run whose names are hostile, in which three clips were corrected to such classes."""
    made = Site(run, tmp_path / "run", ("data", "reports", "params.yaml"))
    data = made.folder / "data"
    rename(data)
    params = load_params(made.folder / "params.yaml")
    found = read_run({name: data / name for name in INPUTS}, params)
    labels, answers = found.labels.copy(), found.answers.copy()
    tame = labels.index[(labels["outcome"] == "left_out") & ~labels["given"].isin(RENAMED.values())]
    for row, name in zip(tame, RENAMED.values(), strict=False):
        labels.loc[row, ["outcome", "target", "reason"]] = "corrected", name, TAG
        answers.loc[row, "path"] = f"audio_train/{row} {FILE}"
        made.audio(answers.loc[row, "clip_id"]).rename(data / "raw" / answers.loc[row, "path"])
    del made.clips
    artifacts.write_clips(data / "clips", answers, found.classes)
    explorer = made.folder / "reports" / "explorer"
    explorer.rename(tmp_path / "tame")
    write_explorer(explorer, replace(found, labels=labels, answers=answers), params)
    return made


def test_hostile_names_are_names(explorer, site) -> None:
    decided = []
    for name in RENAMED.values():
        row = explorer.js(
            """name => Earmark.data.clips.id.findIndex((_, row) => Earmark.clips.status(row) === 'corrected'
                && Earmark.clips.name(Earmark.data.clips.target[row]) === name)""",
            name,
        )
        clip = explorer.js("row => Earmark.data.clips.id[row]", row)
        explorer.page.fill("#search", clip)
        explorer.press("Enter")
        explorer.until("Earmark.player.time > 0.1")
        assert explorer.text("#asked") == f"Is this {name}?"
        assert TAG in explorer.text("#inspector")
        explorer.page.get_by_role("button", name=f"Accept {name}", exact=True).click()
        assert name in explorer.text("#said")
        given = site.clips.loc[clip, "label"]
        decided.append({"clip_id": clip, "given_label": given, "predicted_label": name, "new_label": name})
    explorer.press("z", "r", "Escape")
    made = explorer.rows()
    assert [{key: row[key] for key in decided[0]} for row in made] == decided
    assert [row["decision"] for row in made] == ["relabel", "relabel", "reject"]
    explorer.page.hover("#map")
    explorer.lasso()
    explorer.press("l", *"script", "Enter")
    explorer.page.select_option("#queue-class", label=TAG)
    assert TAG in explorer.text("#class-chip")
    assert explorer.js("document.images.length") == 0
    inert(explorer.export(), explorer, site)


def inert(text: str, explorer, site) -> None:
    """See that no cell of the file is a formula, and that the file, and the one of the server, give all back."""
    path = site.folder / "exported.csv"
    path.write_bytes(text.encode())
    assert site.read(path).to_dict("records") == explorer.rows()
    assert f",'{FORMULA}," in text
    assert not re.search(r'(^|,)"?[=+@-]', text, re.MULTILINE)
    if "http" in explorer.page.url:
        explorer.until(lambda: len(site.read()) == len(explorer.rows()))
        assert sorted(site.corrections.read_text().splitlines()) == sorted(text.splitlines())


def test_an_address_with_a_hostile_class_leads_to_its_clips(opened) -> None:
    opened.page.goto(
        opened.page.url.partition("#")[0] + "#class=%3C%2Fscript%3E%3Cimg%20src%3Dx%20onerror%3Dalert(1)%3E"
    )
    opened.until("Earmark.state.cls >= 0")
    assert TAG in opened.text("#class-chip")
    opened.page.goto(opened.page.url.partition("#")[0] + "#class=%3Cimg%20src%3Dx%20onerror%3Dalert(1)%3E")
    opened.until("document.getElementById('said').textContent.includes('<img src=x')")
    assert opened.js("document.images.length") == 0


def test_what_gets_into_the_page_all_the_same_does_not_run(explorer) -> None:
    explorer.js(
        """() => {
            document.body.append(Object.assign(document.createElement('script'), { textContent: 'window.ran = 1' }));
            const box = document.createElement('div');
            box.innerHTML = '<img src="x" onerror="window.ran = 2"><p onclick="window.ran = 3">';
            document.body.append(box);
            box.lastChild.click();
        }"""
    )
    explorer.until(lambda: len([line for line in explorer.said if "Content Security Policy" in line]) >= 3)
    assert explorer.js("window.ran === undefined")
    explorer.expect("Content Security Policy")
    explorer.expect("Failed to load resource")
