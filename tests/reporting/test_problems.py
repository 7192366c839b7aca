"""What the audit found, as tables, numbers and lines, and where the page shows it."""

import json
import re

import pandas as pd
import pytest

from pipeline.errors import ArtifactError
from pipeline.files import formats
from pipeline.files.problems import FLAGS, FOUND, PROBLEMS
from pipeline.reporting.report import write_report
from pipeline.results import audit, licences

EXPLORER = "explorer/index.html#clip="


def table(*rows):
    return pd.DataFrame(rows, columns=audit.COLUMNS, dtype=str)


def section(page):
    return page[page.index('<h3 id="problems">') : page.index('<h3 id="quarantine">')]


def written(made, folder):
    folder.mkdir()
    write_report(folder, made.read(), made.params)
    return (folder / "index.html").read_text(encoding="utf-8"), json.loads((folder / "metrics.json").read_text())


def test_each_problem_has_a_place_in_the_order():
    assert sorted(audit.ORDER) == sorted(PROBLEMS) == sorted([*FLAGS, *FOUND])


@pytest.mark.fault(48)
class TestOfARun:
    def test_every_problem_is_counted_in_metrics_and_on_the_page(self, finished):
        found = json.loads((finished[1] / "metrics.json").read_text())
        assert {name: n for name, n in found.items() if name.startswith("audit.")} == {
            "audit.clips": 10,
            "audit.quarantined": 1,
            "audit.conflict": 2,
            "audit.across_split": 2,
            "audit.nearly_same": 2,
            "audit.unlike_class": 1,
            "audit.small_class": 1,
            "audit.large_group": 1,
            "audit.header": 1,
            "audit.clipped": 2,
        }
        part = section((finished[1] / "index.html").read_text(encoding="utf-8"))
        assert "10 of 160 clips have a problem, of 9 kinds" in part
        for name in found:
            if name.startswith("audit.") and name != "audit.clips":
                assert PROBLEMS[name.removeprefix("audit.")] in part

    def test_figures_are_shown_and_both_of_a_pair_lead_into_the_explorer(self, finished):
        part = section((finished[1] / "index.html").read_text(encoding="utf-8"))
        assert "3.1% of the samples at full scale" in part
        assert "says 22 frames, holds 22,050" in part
        assert f'{EXPLORER}clip0004">clip0004' in part
        assert f'{EXPLORER}clip0009">clip0009' in part
        assert "recorder-7" in part
        assert part.count("92% of the fingerprint") == 1, "a pair that is listed from both sides is one pair"

    def test_the_whole_is_a_file(self, finished):
        found = formats.read_table(finished[1] / "tables" / "problems.csv")
        assert len(found) == 11
        assert set(found["kind"]) == {problem for problem, *_ in found[["kind"]].itertuples(index=False)}
        assert found.loc[found["kind"] == "clipped", "detail"].tolist() == [
            "3.1% of the samples at full scale",
            "2.0% of the samples at full scale",
        ]


@pytest.mark.fault(48)
def test_without_a_problem_one_line_says_so_and_what_was_looked_at(make_run, tmp_path):
    page, found = written(make_run(n=24, audit=()), tmp_path / "reports")
    part = section(page)
    assert "None was found: length, level, channels and band of the sound" in part
    assert "<table" not in part
    assert [name for name in found if name.startswith("audit.")] == ["audit.clips"]
    assert audit.lines(found) == ["problem   none was found among the sounds and labels"]
    assert audit.lines({}) == []


@pytest.mark.fault(25)
def test_names_of_groups_that_are_out_to_hurt_are_inert(make_run, tmp_path):
    hostile = "<img src=x onerror=alert(1)>"
    rows = (("large_group", "", hostile, "=cmd|x"), ("clipped", 2, "", hostile))
    page, _ = written(make_run(n=24, audit=rows), tmp_path / "reports")
    assert hostile not in page
    assert page.count("&lt;img src=x") >= 2
    assert "'=cmd|x" in (tmp_path / "reports" / "tables" / "problems.csv").read_text()


def test_a_thousand_problems_are_a_light_page(make_run, tmp_path):
    rows = [("clipped", i, "", f"{i}%") for i in range(1000)]
    page, found = written(make_run(n=1000, audit=rows), tmp_path / "reports")
    assert found["audit.clipped"] == 1000
    assert "800 more rows are not shown" in page
    assert len(page) < 300_000


def test_licences_are_counted_where_the_data_have_them(make_run, tmp_path):
    made = make_run(n=40, licences=("CC0", "CC-BY", "CC0", ""))
    page, _ = written(made, tmp_path / "reports")
    found = licences.counts(made.read().answers)
    assert dict(zip(found["licence"], found["clips"], strict=True)) == {"CC0": 20, "CC-BY": 10, "not stated": 10}
    assert re.search(r'id="licences".*CC0</th><td class="n">20', page, re.DOTALL)
    assert 'href="#licences"' in page


def test_without_licences_there_is_no_word_of_them(finished):
    assert "licence" not in (finished[1] / "index.html").read_text(encoding="utf-8").lower()


def test_a_clip_that_is_none_of_the_run_is_refused(make_run):
    made = make_run(n=24)
    for row in (["clipped", "nobody", "", ""], ["same_sound", "clip0001", "nobody", ""]):
        formats.write_table(made.root / "audit" / "audit.csv", table(row))
        with pytest.raises(ArtifactError, match=r"audit\.csv: clip 'nobody' is not in clips\.csv; run `dvc repro`"):
            made.read()


@pytest.mark.parametrize("text", ["problem,clip_id,other,detail\nloud,clip0001,,\n", "problem,clip_id\nclipped,a\n"])
def test_a_table_of_another_form_is_refused(make_run, text):
    made = make_run(n=24)
    (made.root / "audit" / "audit.csv").write_text(text)
    with pytest.raises(ArtifactError, match=r"audit\.csv"):
        made.read()


def test_a_clip_with_several_problems_counts_once_and_pairs_on_both_sides():
    rows = table(
        ["same_sound", "a", "b", ""],
        ["same_sound", "b", "c", ""],
        ["silent", "a", "", ""],
        ["imbalance", "", "Dog", "200 to 3"],
    )
    assert audit.numbers(rows) == {"audit.clips": 3, "audit.same_sound": 3, "audit.imbalance": 1, "audit.silent": 1}
    assert audit.of_clips(rows)["clip_id"].tolist() == ["a", "b", "b", "c", "a"]
    assert len(audit.pairs(rows)) == 2
