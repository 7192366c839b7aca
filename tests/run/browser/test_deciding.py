"""Decisions: by key and by button, of one clip and of many, undone, kept, exported and imported."""

import pytest

from pipeline.corrections import store

pytestmark = [pytest.mark.keras, pytest.mark.slow]


def test_accept_reject_relabel_and_undo(explorer, site) -> None:
    clip = explorer.click(explorer.point("promoted"))
    given = site.clips.loc[clip, "label"]
    made = []
    for key, words in (("a", f"Accepted: {given}"), ("r", f"Not {given}"), ("u", "Unsure"), ("1", "Relabelled ")):
        explorer.press(key)
        assert explorer.text("#decided").startswith(words)
        made.append(explorer.rows()[0])
    assert [row["decision"] for row in made] == ["accept", "reject", "unsure", "relabel"]
    assert {row["given_label"] for row in made} == {row["predicted_label"] for row in made} == {given}
    assert [row["new_label"] for row in made[:3]] == ["", "", ""]
    assert made[3]["new_label"] == explorer.text("#likely li:first-child .name") != given
    for before in (*made[2::-1], None):
        explorer.press("z")
        assert explorer.rows() == [before] * bool(before)
    assert explorer.page.is_disabled("#undo")


def test_every_key_has_a_button_with_a_name(opened, site) -> None:
    clip = opened.click(opened.point("promoted"))
    given = site.clips.loc[clip, "label"]
    opened.until("Earmark.player.playing")
    decisions = []
    for name in (f"Accept {given}", f"Not {given}", "Unsure"):
        button = opened.page.get_by_role("button", name=name, exact=True)
        button.click()
        assert button.get_attribute("aria-pressed") == "true"
        decisions.append(opened.rows()[0]["decision"])
    assert decisions == ["accept", "reject", "unsure"]
    opened.page.get_by_role("combobox", name="Relabel").fill("bowed")
    opened.page.locator("#relabel-list").get_by_role("option", name="Bowed_string").click()
    assert opened.rows()[0]["new_label"] == "Bowed_string"
    for name in ("Undo", f"Pause clip {clip}", f"Play clip {clip}", "Next clip", "Previous clip", "Help"):
        opened.page.get_by_role("button", name=name).first.click()
    assert opened.js("document.getElementById('help').open")


def test_a_reload_keeps_the_clip_the_decisions_and_the_way_back(explorer) -> None:
    explorer.page.fill("#reviewer", "Ada")
    explorer.press("Tab")
    clip = explorer.click(explorer.point("promoted"))
    explorer.press("a", "r")
    before = explorer.rows()
    explorer.until("location.hash.includes('clip=')")
    explorer.reload()
    assert explorer.text("#clip-id") == clip
    assert explorer.rows() == before
    assert before[0]["reviewer"] == "Ada"
    assert explorer.page.input_value("#reviewer") == "Ada"
    explorer.press("z")
    assert explorer.rows()[0]["decision"] == "accept"


def test_a_lasso_is_decided_as_one(explorer, site) -> None:
    rows = explorer.lasso()
    assert len(rows) > 5
    assert explorer.text("#selection-text") == f"{len(rows)} clips selected"
    clips = {explorer.js("row => Earmark.data.clips.id[row]", row) for row in rows}
    training = {clip for clip in clips if site.clips.loc[clip, "split"] == "train"}
    assert training < clips
    explorer.press("a")
    assert {row["clip_id"]: row["decision"] for row in explorer.rows()} == dict.fromkeys(training, "accept")
    explorer.press("z")
    assert explorer.rows() == []
    explorer.press("r")
    assert {row["clip_id"]: row["decision"] for row in explorer.rows()} == dict.fromkeys(training, "reject")
    explorer.press("l", *"engine", "Enter")
    assert all((row["new_label"] or row["given_label"]) == "Engine" for row in explorer.rows())
    assert {row["decision"] for row in explorer.rows()} <= {"accept", "relabel"}
    explorer.press("Escape")
    assert explorer.js("Earmark.state.selection") == []


def test_test_clips_are_closed(opened) -> None:
    opened.click(opened.point("test"))
    assert all(opened.page.is_disabled(f"#{name}") for name in ("accept", "reject", "unsure"))
    opened.press("a", "1")
    assert opened.rows() == []


def test_the_file_is_what_the_pipeline_takes_and_comes_back(explorer, site, visit, tmp_path) -> None:
    explorer.page.fill("#reviewer", '=HYPERLINK("x"), "Ada"')
    explorer.press("Tab")
    explorer.click(explorer.point("promoted"))
    explorer.press("a", "j", "r", "j", "u", "j", "2")
    made = explorer.rows()
    assert sorted(row["decision"] for row in made) == ["accept", "reject", "relabel", "unsure"]
    text = explorer.export()
    (tmp_path / "taken.csv").write_bytes(text.encode())
    assert site.read(tmp_path / "taken.csv").to_dict("records") == made
    assert ",\"'=HYPERLINK(" in text
    store.write(tmp_path / "written.csv", site.read(tmp_path / "taken.csv"))
    assert (tmp_path / "written.csv").read_text() == text
    elsewhere = visit(site.disk)
    elsewhere.take_in(text)
    assert elsewhere.rows() == made
    assert elsewhere.export() == text
    elsewhere.press("z")
    assert elsewhere.rows() == []


def test_rows_that_cannot_be_taken_are_named_and_the_others_are_taken(opened, site) -> None:
    test = site.clips.index[site.clips["split"] == "test"][0]
    train = site.clips.index[site.clips["split"] == "train"][0]
    head = ",".join(store.COLUMNS)
    opened.take_in(f"{head}\nnobody,,,unsure,,,,\n{test},,,unsure,,,,\n{train},,,unsure,,,,\n{train},,,perhaps,,,,\n")
    problems = opened.page.locator("#imported-problems li").all_inner_texts()
    assert [problem.split(":")[0] for problem in problems] == ["line 2", "line 3", "line 5"]
    assert [row["clip_id"] for row in opened.rows()] == [train]
