"""What is served: the reports and nothing beside them, clips by id and never by path."""

import pytest

from .conftest import CLIPS, Review

HOSTILE_PATHS = [
    "../../secret.html",
    "%2e%2e/%2e%2e/secret.html",
    "%2e%2e%2f%2e%2e%2fsecret.html",
    "..%2f..%2fsecret.html",
    "%252e%252e/%252e%252e/secret.html",
    "explorer/../../../secret.html",
    "explorer/%2e%2e/%2e%2e/%2e%2e/secret.html",
    "..%5c..%5csecret.html",
    "..;/..;/secret.html",
    "/etc/passwd",
    "//etc/passwd",
    "%2fetc%2fpasswd",
    "file:///etc/passwd",
    "out.html",
    "out/secret.html",
    "circle.html",
    "pipe.html",
    ".hidden",
    ".git/config",
    "%2ehidden",
    "explorer/.%2f.hidden",
    "explorer",
    "explorer/",
    "",
    "index.html%00",
    "index.html/",
    "index.html%2f.",
    "a" * 3000,
    "%ff%fe",
    "%c0%ae%c0%ae/secret.html",
]


class TestReports:
    @pytest.mark.parametrize(
        ("name", "kind"),
        [
            ("index.html", "text/html; charset=utf-8"),
            ("explorer/index.html", "text/html; charset=utf-8"),
            ("explorer/style.css", "text/css; charset=utf-8"),
            ("explorer/js/clips.js", "text/javascript; charset=utf-8"),
            ("explorer/sprites/000.webp", "image/webp"),
            ("tables/a.csv", "text/csv; charset=utf-8"),
            ("inside.html", "text/html; charset=utf-8"),  # a link, but to a file among them
        ],
    )
    def test_are_served_as_what_they_are(self, served, name, kind):
        answer = served.ask(f"/reports/{name}")
        assert (answer.status, answer.headers["Content-Type"]) == (200, kind)
        assert answer.body == (served.reports / name).read_bytes()

    def test_the_first_page_is_the_explorer(self, served):
        answer = served.ask("/")
        assert (answer.status, answer.headers["Location"]) == (302, "/reports/explorer/index.html")

    @pytest.mark.parametrize("path", HOSTILE_PATHS)
    def test_nothing_else_is(self, served, path):
        answer = served.ask(f"/reports/{path}")
        assert answer.status in (400, 404)
        assert b"secret" not in answer.body
        assert b"root:" not in answer.body

    @pytest.mark.parametrize("path", ["/../secret.html", "/etc/passwd", "/data/raw/test.wav", "/reports"])
    def test_nor_is_anything_elsewhere(self, served, path):
        assert served.ask(path).status == 404

    def test_a_new_report_is_seen_and_the_same_one_not_sent_again(self, served):
        first = served.ask("/reports/index.html")
        again = {"If-None-Match": first.headers["Etag"]}
        assert served.ask("/reports/index.html", headers=again).status == 304
        (served.reports / "index.html").write_text("<p>another report")
        assert served.ask("/reports/index.html", headers=again).body == b"<p>another report"


class TestClips:
    @pytest.mark.parametrize("clip_id", [name for name in CLIPS if "gone" not in name])
    def test_are_served_by_id_whatever_it_holds(self, served: Review, clip_id):
        answer = served.clip(clip_id)
        assert answer.status == 200
        assert answer.body == served.heard(clip_id)
        assert answer.headers["Content-Type"] == "audio/wav"

    def test_an_id_with_its_slash_as_it_is_will_do(self, served):
        assert served.ask("/clips/barks/0001.wav").status == 200

    @pytest.mark.parametrize(
        "target",
        [
            "barks/gone.wav",
            "none",
            "",
            "private.wav",
            "odd.ogg",
            "barks",
            "barks/",
            "%2e%2e/raw/test.wav",
            "./test.wav",
            "..%2fcorrections.csv",
            "../corrections.csv",
            "%2fetc%2fpasswd",
            "test.wav%00",
            "%00",
            "%ff",
            "%",
            "barks%252F0001.wav",
        ],
    )
    def test_gone_or_unknown_ones_are_missing(self, served, target):
        answer = served.ask(f"/clips/{target}")
        assert (answer.status, list(answer.json)) == (404, ["error"])

    @pytest.mark.parametrize("path", ["../corrections.csv", "/etc/passwd", "a/../../corrections.csv", "barks"])
    def test_a_table_that_was_tampered_with_leads_nowhere(self, served, path):
        table = served.run / "clips" / "clips.csv"
        table.write_text(table.read_text().replace("test.wav,test.wav", f"test.wav,{path}"))
        assert served.clip("test.wav").status == 404

    def test_a_new_run_is_seen(self, served):
        table = served.run / "clips" / "clips.csv"
        kept = [line for line in table.read_text().splitlines(keepends=True) if not line.startswith("test.wav")]
        table.write_text("".join(kept))
        assert served.clip("test.wav").status == 404
        assert served.clip("barks/0001.wav").status == 200
        table.unlink()
        answer = served.clip("barks/0001.wav")
        assert (answer.status, "dvc repro" in answer.json["error"]) == (409, True)


class TestRanges:
    def test_parts_are_the_parts(self, served):
        whole = served.clip("test.wav").body
        n = len(whole)
        for asked, start, stop in [
            ("0-0", 0, 1),
            ("10-19", 10, 20),
            (f"{n - 1}-", n - 1, n),
            ("100-", 100, n),
            ("-7", n - 7, n),
            (f"-{n + 1000}", 0, n),
            (f"5-{n + 1000}", 5, n),
        ]:
            answer = served.clip("test.wav", headers={"Range": f"bytes={asked}"})
            assert answer.status == 206
            assert answer.headers["Content-Range"] == f"bytes {start}-{stop - 1}/{n}"
            assert answer.body == whole[start:stop]

    @pytest.mark.parametrize("asked", ["bytes={n}-", "bytes={n}-{n}", "bytes=99999999999999999999-", "bytes=9-3"])
    def test_beyond_the_end_is_refused_with_the_length(self, served, asked):
        n = len(served.clip("test.wav").body)
        answer = served.clip("test.wav", headers={"Range": asked.format(n=n)})
        assert answer.status == 416
        assert answer.headers["Content-Range"] == f"bytes */{n}"

    @pytest.mark.parametrize(
        "asked", ["bytes=0-1,4-5", "bytes=", "bytes=-", "bytes=a-b", "items=0-1", "bytes=0-1" * 900]
    )
    def test_what_is_not_understood_does_no_harm(self, served, asked):
        assert served.clip("test.wav", headers={"Range": asked}).status in (200, 400, 416)

    def test_head_tells_without_sending(self, served):
        n = len(served.clip("test.wav").body)
        for headers, status, length in [({}, 200, n), ({"Range": "bytes=0-9"}, 206, 10)]:
            answer = served.clip("test.wav", method="HEAD", headers=headers)
            assert (answer.status, answer.headers["Content-Length"], answer.body) == (status, str(length), b"")
            assert answer.headers["Accept-Ranges"] == "bytes"
        assert served.clip("none", method="HEAD").status == 404

    def test_a_part_of_another_sound_is_not_sent(self, served):
        first = served.clip("test.wav")
        tag, part = first.headers["ETag"], {"Range": "bytes=4-9"}
        for known, status in [
            (tag, 206),
            ('"another"', 200),
            (f"W/{tag}", 200),
            ("Fri, 27 Nov 2026 10:00:00 GMT", 200),
        ]:
            answer = served.clip("test.wav", headers=part | {"If-Range": known})
            assert (answer.status, answer.body) == (status, first.body[4:10] if status == 206 else first.body)
        assert served.clip("test.wav", headers={"If-None-Match": f'"x", {tag}'}).status == 304
