"""The report as a whole: its reading order, what it links to, that it is inert and offline, and tiny and large runs."""

import csv
import json
import re
import struct
from html.parser import HTMLParser
from urllib.parse import unquote

import pytest

from pipeline.files import formats
from pipeline.params.schema import Project
from pipeline.reporting.report import write_report

HOSTILE = [
    "<img src=x onerror=alert(1)>",
    "</script><img src=x onerror=alert(1)>",
    "=cmd|'/C calc'!A0",
    "$\\frac{",
    "_hidden",
    "狗吠 bark",
    "NA",
]
SECTIONS = ["went-in", "promoted", "learned", "fails", "next"]
FIGURES = (
    "tsne_family_family0 tsne_family_family1 umap_classes umap_status reconstructions autoencoder_loss "
    "feature_maps_small "
    "feature_maps_large rounds training confusion reliability beliefs"
)
EXPLORER = "explorer/index.html"


def _write(made, out):
    out.mkdir()
    write_report(out, made.read(), made.params)
    return (out / "index.html").read_text(encoding="utf-8")


class Tags(HTMLParser):
    """The start tags of a page, in order."""

    def __init__(self, page):
        super().__init__()
        self.found = []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))

    def all(self, name):
        return [attributes for tag, attributes in self.found if tag == name]

    def fragments(self, key):
        start = f"{EXPLORER}#{key}="
        return {unquote(a["href"].removeprefix(start)) for a in self.all("a") if a["href"].startswith(start)}


def _files(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


@pytest.fixture(scope="module")
def page(finished):
    return (finished[1] / "index.html").read_text(encoding="utf-8")


def test_every_part_is_there_and_in_order(finished, page):
    folder = finished[1]
    assert [section["id"] for section in Tags(page).all("section")] == SECTIONS
    drawn = {path.stem for path in (folder / "figures").iterdir()}
    assert drawn == set(FIGURES.split())
    assert "Left out:" not in page
    assert {path.name for path in folder.iterdir()} == {
        *("index.html", "report.css", "report.js", "metrics.json", "submission.csv", "figures", "tables", "plots")
    }


def test_the_contents_follow_the_page(page):
    tags = Tags(page)
    inside = [a["href"][1:] for a in tags.all("a") if a["href"].startswith("#")]
    ids = [attributes["id"] for _, attributes in tags.found if "id" in attributes]
    assert [name for name in ids if name in inside] == inside
    assert [name for name in inside if name in SECTIONS] == SECTIONS
    headings = {attributes["id"] for tag, attributes in tags.found if tag == "h3"}
    assert headings <= set(inside)


def test_every_part_opens_with_an_answer_in_numbers(page):
    parts = re.split(r"<section id=", page)[1:]
    for part in parts:
        assert re.search(r'</h2>\s*<p class="answer">[^<]*\d', part), part[:80]


def test_every_picture_is_a_file_with_its_size_words_for_it_and_how_to_read_it(finished, page):
    folder, images = finished[1], Tags(page).all("img")
    assert sorted(image["src"] for image in images) == sorted(
        f"figures/{p.name}" for p in (folder / "figures").iterdir()
    )
    assert all(len(image["alt"]) > 10 for image in images)
    assert all(image["loading"] == "lazy" for image in images)
    for image in images:
        size = struct.unpack(">II", (folder / image["src"]).read_bytes()[16:24])
        assert (int(image["width"]), int(image["height"])) == size
    captions = re.findall(r"<figcaption>(.*?)</figcaption>", page)
    assert len(captions) == len(images)
    assert min(map(len, captions)) > 100


def test_the_page_needs_no_network_and_nothing_inline(finished, page):
    tags = Tags(page)
    assert [script["src"] for script in tags.all("script")] == ["report.js"]
    assert [link["href"] for link in tags.all("link")] == ["report.css"]
    assert not tags.all("style")
    assert not [a for _, a in tags.found if "style" in a or any(key.startswith("on") for key in a)]
    policy = next(meta["content"] for meta in tags.all("meta") if "http-equiv" in meta)
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy
    addresses = [a[key] for _, a in tags.found for key in ("src", "href") if key in a]
    assert not [address for address in addresses if re.match(r"[a-z]+:|//", address)]
    beside = [a for a in addresses if not a.startswith("#") and a.partition("#")[0] != EXPLORER]
    assert all((finished[1] / address).is_file() for address in beside)


def test_classes_and_clips_lead_into_the_explorer(finished, page):
    run, tags = finished[0].read(), Tags(page)
    assert tags.fragments("class") == set(run.classes)
    listed = formats.read_table(finished[1] / "tables" / "decisions.csv")["clip_id"][:20]
    assert set(listed) <= tags.fragments("clip") <= set(run.answers["clip_id"])
    assert [a for a in tags.all("a") if a["href"] == f"{EXPLORER}#queue"]


def test_the_same_run_gives_the_same_bytes(finished, tmp_path):
    made, folder = finished
    _write(made, tmp_path / "again")
    again, before = _files(tmp_path / "again"), _files(folder)
    assert [name for name in before if before[name] != again.get(name)] == []


def test_hostile_labels_are_inert(make_run, tmp_path):
    made = make_run(classes=sorted([*HOSTILE, "Oboe"]), truth=True, n=96)
    clips = made.read().answers
    row = clips[(clips["split"] == "train") & ~clips["verified"]].iloc[0]
    said = {"clip_id": row["clip_id"], "given_label": HOSTILE[2], "decision": "relabel", "new_label": HOSTILE[1]}
    made = make_run(
        classes=sorted([*HOSTILE, "Oboe"]),
        truth=True,
        n=96,
        reviews=[said | {"reviewer": "=1+1", "note": "<script>alert(1)</script>"}],
    )
    page = _write(made, tmp_path / "reports")
    tags = Tags(page)
    assert all(image["src"].startswith("figures/") for image in tags.all("img"))
    assert not [a for _, a in tags.found if any(key.startswith("on") for key in a)]
    assert "<img src=x" not in page
    assert len(tags.all("script")) == page.count("</script>") == 1
    assert "&lt;img src=x onerror=alert(1)&gt;" in page
    assert tags.fragments("class") == {*HOSTILE, "Oboe"}
    for path in (tmp_path / "reports").rglob("*.csv"):
        cells = [cell for row in csv.reader(path.read_text(encoding="utf-8").splitlines()) for cell in row]
        assert not [cell for cell in cells if cell.startswith(("=", "+", "@"))]
    submitted = formats.read_table(tmp_path / "reports" / "submission.csv")
    assert "=cmd|'/C calc'!A0" in set(submitted.to_numpy(dtype=str).ravel())


@pytest.mark.parametrize("n", [1, 2, 5])
def test_a_tiny_run_says_what_it_left_out(n, make_run, tmp_path):
    page = _write(make_run(n=n, n_classes=2, quarantined=0), tmp_path / "reports")
    if n < 3:
        assert "Left out: t-SNE before and after promotion" in page
        assert re.search(r"[12] clips? ha\w+ a place on the map; it takes 3 or more", page)
    if n < 4:
        assert "no test clip with a known label was scored" in page.lower()


@pytest.mark.slow
def test_ten_thousand_clips_are_a_light_page(make_run, tmp_path):
    made = make_run(n=10_000, n_classes=41, n_families=4, quarantined=3, rounds=30)
    page = _write(made, tmp_path / "reports")
    assert len(page.encode()) < 3_000_000 / 10
    assert "more rows are not shown" in page


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
        rounds = formats.read_table(folder / "rounds.csv").assign(selected="0")
        formats.write_table(folder / "rounds.csv", rounds)
        formats.write_table(folder / "selections.csv", formats.read_table(folder / "selections.csv")[:0])
    page = _write(made, tmp_path / "reports")
    assert list(formats.read_table(tmp_path / "reports" / "tables" / "rounds.csv")["selected"]) == ["0", "0"]
    assert "There is one round here" in page


def test_one_method_gives_both_kinds_of_map(make_run, tmp_path):
    made = make_run(n=40)
    made.params = made.params.model_copy(update={"project": Project.model_validate({"umap": {}})})
    _write(made, tmp_path / "reports")
    drawn = {path.stem for path in (tmp_path / "reports" / "figures").iterdir()}
    assert {"umap_family_family0", "umap_family_family1", "umap_classes", "umap_status"} <= drawn
