"""Who may ask, and what a browser may do with the answer.

Any page in the browser can send requests to 127.0.0.1, and a name that its owner points there makes it look like the
same site (DNS rebinding). So a request has to name this server as its host, and a write has to come from a page of
this server and to know the token that was printed with the address.
"""

import hmac
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from aiohttp import web

TOKEN = "X-Earmark-Token"
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; media-src 'self'; "
        "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Server": "earmark",
}


@dataclass(frozen=True)
class Guard:
    """The checks of one server.

    Attributes:
        port: where it listens, on 127.0.0.1.
        token: what a write has to bring.
    """

    port: int
    token: str

    @property
    def hosts(self) -> tuple[str, str]:
        return f"127.0.0.1:{self.port}", f"localhost:{self.port}"

    def problem(self, request: web.Request) -> str:
        """Return in one sentence why a request is refused, empty if it is not."""
        host = request.headers.getall("Host", [])
        if len(host) != 1 or host[0].lower() not in self.hosts:
            return f"expected the address http://{self.hosts[0]}/"
        # Sent by browsers alone, and not by a page's choice. Following a link to here is fine.
        asker = request.headers.get("Sec-Fetch-Site", "same-origin")
        if asker in ("cross-site", "same-site") and request.headers.get("Sec-Fetch-Mode") != "navigate":
            return "asked for by a page of another server"
        if request.method in ("GET", "HEAD"):
            return ""
        if request.headers.getall("Origin", []) != [f"http://{host[0].lower()}"]:
            return "not sent by a page of this server"
        token = request.headers.get(TOKEN, "").encode("utf-8", "surrogateescape")
        if not hmac.compare_digest(token, self.token.encode()):
            return "token missing or of another server; open the address that `earmark review` has printed"
        return ""

    @web.middleware
    async def check(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Answer 403 to what is refused, and make every refusal `{"error": one sentence}`."""
        if problem := self.problem(request):
            return refusal(403, problem)
        try:
            return await handler(request)
        except web.HTTPClientError as error:
            return refusal(error.status, error.reason.lower())


def refusal(status: int, sentence: str) -> web.Response:
    """Return the answer to a request that was not granted."""
    return web.json_response({"error": sentence}, status=status)


async def add_headers(request: web.Request, response: web.StreamResponse) -> None:
    """Set the headers that every answer has."""
    response.headers.update(_HEADERS)
    # A report is made anew under the same name; the browser asks, and is told if it has the same already.
    response.headers["Cache-Control"] = "no-store" if request.path.startswith("/api/") else "no-cache"
