"""The report as a whole: every part is there, the page is inert and offline, and a tiny run renders too."""

import json
import re
from html.parser import HTMLParser

import pytest

from pipeline import artifacts
from pipeline.reporting.report import write_report

HOSTILE = [
    "<img src=x onerror=alert(1)>",
    "</script><b>",
    "=cmd|'/C calc'!A0",
    "$\\frac{",
    "_hidden",
    "狗吠 bark",
    "NA",
]
SECTIONS = (
    "numbers promotion judging decisions spreading maps autoencoder feature-maps rounds members confusion classes "
    "quarantine"
)
FIGURES = (
    "tsne_group_group0 tsne_group_group1 umap_classes umap_status reconstructions autoencoder_loss feature_maps_small "
    "feature_maps_large rounds training confusion reliability beliefs"
)


def _write(made, out):
    out.mkdir()
    write_report(out, made.read(), made.params)
    return (out / "index.html").read_text(encoding="utf-8")


class Tags(HTMLParser):
    def __init__(self, page):
        super().__init__()
        self.found = []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))

    def all(self, name):
        return [attributes for tag, attributes in self.found if tag == name]


def _files(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_every_part_is_there_and_in_order(finished):
    _, folder = finished
    page = (folder / "index.html").read_text(encoding="utf-8")
    assert [section["id"] for section in Tags(page).all("section")] == SECTIONS.split()
    drawn = {path.stem for path in (folder / "figures").iterdir()}
    assert drawn == set(FIGURES.split())
    assert "Left out" not in page
    assert {path.name for path in folder.iterdir()} == {
        *("index.html", "metrics.json", "submission.csv", "figures", "tables", "plots")
    }


def test_every_picture_is_a_file_with_words_for_it(finished):
    _, folder = finished
    images = Tags((folder / "index.html").read_text(encoding="utf-8")).all("img")
    assert sorted(image["src"] for image in images) == sorted(
        f"figures/{p.name}" for p in (folder / "figures").iterdir()
    )
    assert all(len(image["alt"]) > 10 for image in images)


def test_the_page_needs_no_network_and_no_script(finished):
    _, folder = finished
    page = (folder / "index.html").read_text(encoding="utf-8")
    tags = Tags(page)
    assert not tags.all("script")
    assert not tags.all("link")
    addresses = [a[key] for _, a in tags.found for key in ("src", "href") if key in a]
    assert not [address for address in addresses if re.match(r"[a-z]+:|//", address)]
    assert all(address.startswith("#") or (folder / address).is_file() for address in addresses)
    assert "prefers-color-scheme: dark" in page
    assert "width=device-width" in page


def test_the_same_run_gives_the_same_bytes(finished, tmp_path):
    made, folder = finished
    _write(made, tmp_path / "again")
    again, before = _files(tmp_path / "again"), _files(folder)
    assert [name for name in before if before[name] != again.get(name)] == []


def test_hostile_labels_are_inert(make_run, tmp_path):
    made = make_run(classes=sorted([*HOSTILE, "Oboe"]), truth=True, n=96)
    page = _write(made, tmp_path / "reports")
    assert all(image["src"].startswith("figures/") for image in Tags(page).all("img"))
    assert not [a for _, a in Tags(page).found if any(key.startswith("on") for key in a)]
    assert "<img src=x" not in page
    assert "&lt;img src=x onerror=alert(1)&gt;" in page
    for path in (tmp_path / "reports").rglob("*.csv"):
        cells = artifacts.read_table(path).to_numpy(dtype=str).ravel()
        assert path.name == "submission.csv" or not [cell for cell in cells if cell.startswith(("=", "+", "@"))]
    submitted = artifacts.read_table(tmp_path / "reports" / "submission.csv")["label"].str.cat(sep=" ")
    assert "=cmd|'/C calc'!A0" in submitted
    assert "'=cmd" not in submitted


@pytest.mark.parametrize("n", [1, 2, 5])
def test_a_tiny_run_says_what_it_left_out(n, make_run, tmp_path):
    page = _write(make_run(n=n, n_classes=2, quarantined=0), tmp_path / "reports")
    if n < 3:
        assert "Left out: t-SNE before and after promotion" in page
        assert re.search(r"[12] clips? ha\w+ a place on the map; it takes 3 or more", page)
    if n < 4:
        assert "no test clip with a known label was scored" in page.lower()


def test_without_test_labels_or_truth_the_report_says_so(make_run, tmp_path):
    page = _write(make_run(truth=False, test_labels=False), tmp_path / "reports")
    found = json.loads((tmp_path / "reports" / "metrics.json").read_text())
    assert "No label of a test clip is known" in page
    assert "The truth of these clips is not known" in page
    assert not [
        name for name in found if "test_accuracy" in name or name in ("promotion.precision", "promotion.recall")
    ]
    assert found["ensemble.test_clips"] == 0
    assert 0 < found["promotion.estimated_precision"] < 1


def test_rounds_that_select_nothing_and_members_without_maps_are_recorded(make_run, tmp_path):
    made = make_run(rounds=1)
    for member in ("small", "large"):
        folder = made.root / "members" / member
        rounds = artifacts.read_table(folder / "rounds.csv").assign(selected="0")
        artifacts.write_table(folder / "rounds.csv", rounds)
        artifacts.write_table(folder / "selections.csv", artifacts.read_table(folder / "selections.csv")[:0])
    page = _write(made, tmp_path / "reports")
    assert list(artifacts.read_table(tmp_path / "reports" / "tables" / "rounds.csv")["selected"]) == ["0", "0"]
    assert "The rounds of self-training" in page


def test_one_method_gives_both_kinds_of_map(make_run, tmp_path):
    made = make_run(n=40)
    made.params = made.params.model_copy(
        update={"project": made.params.project.model_copy(update={"methods": ["umap"]})}
    )
    _write(made, tmp_path / "reports")
    drawn = {path.stem for path in (tmp_path / "reports" / "figures").iterdir()}
    assert {"umap_group_group0", "umap_group_group1", "umap_classes", "umap_status"} <= drawn
