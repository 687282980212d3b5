"""What is refused before it is read, and what every answer says to the browser.

The server is meant for the computer it runs on. A page of a stranger, open in the
same browser, can reach it all the same, so a request must name this host (a
stranger's name that points here, "DNS rebinding", does not), and must have a type
of content that browsers do not send to other sites unasked.
"""

import json
from collections.abc import Iterable

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from deconv.playground.reading import LARGEST_BODY, TOO_LARGE
from deconv.playground.site import POLICY

TYPES = ("application/json", "image/png", "image/jpeg")
HEADERS = {
    "content-security-policy": f"{POLICY}; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-cache",
}


class Guard:
    """Stands before an app: checks host, type and length, and adds the headers."""

    def __init__(self, app: ASGIApp, hosts: Iterable[str]) -> None:
        self.app, self.hosts = app, {host.lower() for host in hosts}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                own = [(name.encode(), value.encode()) for name, value in HEADERS.items()]
                message = {**message, "headers": [*message.get("headers", ()), *own]}
            await send(message)

        headers = {name.decode("latin-1").lower(): value for name, value in scope["headers"]}
        status, problem = self._wrong(scope, headers)
        body = b""
        while not problem:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            body += message.get("body", b"")
            if len(body) > LARGEST_BODY:
                status, problem = 413, TOO_LARGE
            elif not message.get("more_body"):
                break
        if problem:
            await _refuse(send_with_headers, status, problem)
            return
        await self.app(scope, _once(body, receive), send_with_headers)

    def _wrong(self, scope: Scope, headers: dict[str, bytes]) -> tuple[int, str]:
        host = headers.get("host", b"").decode("latin-1").lower()
        name = host.rpartition(":")[0] if host.rpartition(":")[2].isdecimal() else host
        if name not in self.hosts:
            return 421, "this server answers to its own name only; its --name adds another"
        if scope["method"] in ("GET", "HEAD"):
            return 0, ""
        kind = headers.get("content-type", b"").decode("latin-1").partition(";")[0].strip().lower()
        if scope["method"] == "POST" and kind not in TYPES:
            return 415, f"Content-Type must be one of {', '.join(TYPES)}"
        length = headers.get("content-length", b"0")
        if length.isdigit() and int(length[:20]) > LARGEST_BODY:
            return 413, TOO_LARGE
        return 0, ""


def _once(body: bytes, receive: Receive) -> Receive:
    """Give the whole body at once, and after it what else comes: the end of the connection."""
    left: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def give() -> Message:
        return left.pop() if left else await receive()

    return give


async def _refuse(send: Send, status: int, problem: str) -> None:
    body = json.dumps({"error": problem}).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
