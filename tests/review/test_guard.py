"""Who is let in: every web page can send requests to this machine, and some are sent by hand."""

import contextlib
import re
import socket

import pytest

from .conftest import TOKEN, Review, row

EVERYWHERE = ["/", "/reports/explorer/index.html", "/clips/test.wav", "/api/session", "/api/corrections", "/nowhere"]


def raw(served: Review, text: bytes) -> bytes:
    """Send bytes that no client library would, and return the beginning of what comes back."""
    with socket.create_connection(("127.0.0.1", served.port), timeout=20) as connection:
        connection.sendall(text)
        return connection.recv(65536)


class TestHost:
    @pytest.mark.parametrize("target", EVERYWHERE)
    @pytest.mark.parametrize("host", ["evil.example", "evil.example:{port}", "127.0.0.1", "127.0.0.1:1", "", None])
    def test_a_name_that_points_here_is_no_way_in(self, served, target, host):
        answer = served.ask(target, headers={"Host": host and host.format(port=served.port)})
        assert answer.status in (400, 403)
        assert b"run_id" not in answer.body
        assert b"<p>" not in answer.body

    @pytest.mark.parametrize("host", ["127.0.0.1:{port}", "localhost:{port}", "LocalHost:{port}"])
    def test_its_own_names_are(self, served, host):
        assert served.ask("/api/session", headers={"Host": host.format(port=served.port)}).status == 200

    def test_two_names_are_one_too_many(self, served):
        host = f"127.0.0.1:{served.port}"
        for hosts in ([host, "evil.example"], ["evil.example", host], [host, host]):
            head = "".join(f"Host: {name}\r\n" for name in hosts)
            answer = raw(served, f"GET /api/session HTTP/1.1\r\n{head}Connection: close\r\n\r\n".encode())
            assert re.match(rb"HTTP/1\.. (400|403) ", answer)

    def test_a_foreign_name_in_the_request_line_opens_nothing(self, served):
        text = "GET http://evil.example/api/session HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n"
        assert b" 403 " in raw(served, text.encode()).splitlines()[0]


class TestForeignPages:
    @pytest.mark.parametrize("site", ["cross-site", "same-site"])
    def test_they_load_neither_clips_nor_data(self, served, site):
        asked = {"Sec-Fetch-Site": site, "Sec-Fetch-Mode": "no-cors"}
        assert served.clip("barks/0001.wav", headers=asked).status == 403
        assert served.ask("/api/corrections", headers=asked | {"Sec-Fetch-Mode": "cors"}).status == 403

    def test_but_they_may_link_here(self, served):
        assert served.ask("/", headers={"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}).status == 302

    def test_no_answer_allows_another_origin(self, served):
        origin = {"Origin": "http://evil.example", "Access-Control-Request-Method": "POST"}
        for method in ("GET", "OPTIONS"):
            answer = served.ask("/api/session", method=method, headers=origin)
            assert not [name for name in answer.headers if name.lower().startswith("access-control")]
        assert answer.status == 403


class TestWrites:
    @pytest.mark.parametrize(
        "headers",
        [
            {"Origin": "http://evil.example"},
            {"Origin": "null"},
            {"Origin": "https://127.0.0.1:{port}"},
            {"Origin": "http://localhost:{port}"},  # its own other name, but not the one that was asked for
            {"Origin": None},
            {"X_Earmark_Token": None},
            {"X_Earmark_Token": ""},
            {"X_Earmark_Token": TOKEN[:-1]},
            {"X_Earmark_Token": TOKEN + "0"},
            {"X_Earmark_Token": "ü" * 32},
            {"Sec_Fetch_Site": "cross-site"},
        ],
    )
    def test_need_the_page_and_the_token(self, served, headers):
        before = served.file.read_bytes()
        given = {name: value and value.format(port=served.port) for name, value in headers.items()}
        answer = served.post({"rows": [row("barks/0001.wav", "accept")]}, **given)
        assert answer.status == 403
        assert list(answer.json) == ["error"]
        assert served.file.read_bytes() == before

    def test_work_under_both_names(self, served):
        host = f"localhost:{served.port}"
        answer = served.post({"rows": [row("barks/0001.wav", "accept")]}, Host=host, Origin=f"http://{host}")
        assert answer.json == {"saved": 1}

    @pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", None])
    def test_take_nothing_that_a_form_could_send(self, served, kind):
        answer = served.post({"rows": []}, Content_Type=kind)
        assert answer.status == 400
        assert "expected JSON" in answer.json["error"]

    def test_are_bounded(self, served):
        for size in (17 * 2**20, 40 * 2**20):
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # hung up on while still sending
                assert served.post(b" " * size).status == 413
        head = f"POST /api/decisions HTTP/1.1\r\nHost: 127.0.0.1:{served.port}\r\nContent-Length: 99999999999999\r\n"
        assert b" 403 " in raw(served, f"{head}\r\n{{".encode()).splitlines()[0]
        assert served.post({"rows": []}).json == {"saved": 0}

    @pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "TRACE", "CONNECT", "OPTIONS", "POST"])
    def test_other_ways_lead_nowhere(self, served, method):
        for target in ("/reports/index.html", "/clips/test.wav", "/api/corrections"):
            assert served.ask(target, method=method).status in (400, 403, 404, 405)


class TestHeaders:
    @pytest.mark.parametrize(
        "target", [*EVERYWHERE, "/reports/index.html", "/clips/none", "/reports/explorer/js/clips.js"]
    )
    def test_every_answer_has_them(self, served, target):
        for headers in ({}, {"Host": "evil.example"}, {"If-None-Match": "*"}, {"Range": "bytes=999999-"}):
            found = served.ask(target, headers=headers).headers
            policy = dict(part.split(" ", 1) for part in found["Content-Security-Policy"].split("; "))
            assert policy["default-src"] == policy["frame-ancestors"] == policy["base-uri"] == "'none'"
            assert (
                policy["script-src"] == policy["style-src"] == policy["connect-src"] == policy["media-src"] == "'self'"
            )
            assert found["X-Content-Type-Options"] == "nosniff"
            assert found["Referrer-Policy"] == "no-referrer"
            assert found["Cross-Origin-Resource-Policy"] == "same-origin"
            assert found["Cache-Control"] == ("no-store" if target.startswith("/api/") else "no-cache")
            assert "aiohttp" not in found["Server"]

    def test_the_token_is_nowhere_but_with_whoever_started_it(self, served):
        for target in EVERYWHERE:
            answer = served.ask(target)
            assert TOKEN not in str(answer.headers)
            assert TOKEN.encode() not in answer.body


class TestGarbage:
    @pytest.mark.parametrize(
        "text",
        [
            b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",  # TLS
            b"GET\r\n\r\n",
            b"GET / HTTP/9.9\r\n\r\n",
            b"GET /reports/\x00 HTTP/1.1\r\nHost: {host}\r\n\r\n",
            b"GET / HTTP/1.1\r\nHost: {host}\r\nX: \x00\r\n\r\n",
            b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\nHost: {host}\r\n\r\n",
            b"GET / HTTP/1.1\r\nHost: {host}\r\n" + b"X: y\r\n" * 20_000 + b"\r\n",
            b"POST /api/decisions HTTP/1.1\r\nHost: {host}\r\nContent-Length: -1\r\n\r\n",
            b"POST / HTTP/1.1\r\nHost: {host}\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        ],
    )
    def test_does_not_stop_it(self, served, text):
        try:
            answer = raw(served, text.replace(b"{host}", f"127.0.0.1:{served.port}".encode()))
        except (BrokenPipeError, ConnectionResetError):
            answer = b""
        assert not answer or re.match(rb"HTTP/1\.\d 4\d\d ", answer)
        assert served.ask("/api/session").status == 200

    def test_a_client_that_hangs_up_does_not_either(self, served):
        served.lengthen("test.wav", 15_000_000)
        for _ in range(5):
            with socket.create_connection(("127.0.0.1", served.port)) as connection:
                connection.sendall(f"GET /clips/test.wav HTTP/1.1\r\nHost: 127.0.0.1:{served.port}\r\n\r\n".encode())
                connection.recv(100)
        assert len(served.clip("test.wav").body) == 44 + 30_000_000


def test_a_hostile_name_never_comes_back_as_a_page(served):
    answer = served.post({"rows": [row("<img src=x onerror=alert(1)>", "accept")]})
    assert answer.status == 400
    assert answer.headers["Content-Type"].startswith("application/json")
    answer = served.ask("/reports/%3Cscript%3Ealert(1)%3C/script%3E")
    assert (answer.status, answer.headers["Content-Type"].split(";")[0]) == (404, "application/json")
