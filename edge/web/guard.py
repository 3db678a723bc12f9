"""What every request passes: whom it is for, where it comes from, how large it is."""

from __future__ import annotations

import asyncio
import ipaddress
import re
import socket
from collections.abc import Callable, MutableMapping
from typing import TYPE_CHECKING, Any

from edge.address import Address

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

_BODY = 4096  # bytes; the longest password fits, however a browser encodes it
_BODY_S = 5.0  # seconds that a client may take over its body
_AUTHORITY = re.compile(r"(\[[0-9a-f:.]+\]|[a-z0-9_.-]+)(?::[0-9]{1,5})?")
_OURS = ("", ".local", ".lan", ".home", ".home.arpa", ".internal")
"""Endings of this machine's name in a home: nobody can register a name that ends so."""

HEADERS = (
    (
        b"content-security-policy",
        b"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; "
        b"connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    ),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    # Not no-referrer: with that a form of ours would come from the origin "null".
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), microphone=(), geolocation=()"),
    (b"cache-control", b"no-store"),
)
"""Of every answer."""


class Hosts:
    """The names under which this machine may be asked.

    A page of somebody else's, whose name suddenly leads to this machine, asks under that name.
    Addresses cannot be made to lead here, so on a network any of them is good.
    """

    def __init__(self, address: Address, name: Callable[[], str] = socket.gethostname) -> None:
        self._only_here = address.only_here
        mine = name().lower().partition(".")[0]
        self._names = {"localhost", address.host.lower()}
        if not address.only_here:
            self._names.update(mine + ending for ending in _OURS)

    def known(self, authority: str) -> bool:
        """Whether ``HOST[:PORT]`` is this machine."""
        parts = _AUTHORITY.fullmatch(authority.lower())
        if parts is None:
            return False
        host = parts[1].strip("[]").rstrip(".")
        try:
            literal = ipaddress.ip_address(host)
        except ValueError:
            return host in self._names
        return literal.is_loopback or not self._only_here


class Guard:
    """Lets through what a page of ours asks, and gives every answer the strict headers."""

    def __init__(self, app: ASGIApp, hosts: Hosts) -> None:
        self._app = app
        self._hosts = hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            if self._fault(scope) is None:
                await self._app(scope, receive, send)
            else:
                await send({"type": "websocket.close", "code": 1008})
        elif scope["type"] == "http":
            await self._http(scope, receive, send)

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def strict(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), *HEADERS]
            await send(message)

        fault = self._fault(scope)
        if fault is None:
            try:
                async with asyncio.timeout(_BODY_S):
                    body = await _body(scope, receive)
            except TimeoutError:
                fault = 408, "this took too long"
            else:
                if body is None:
                    fault = 413, f"a request has {_BODY} bytes at most"
                else:
                    await self._app(scope, _given(body), strict)
                    return
        status, text = fault
        kind = (b"content-type", b"text/plain; charset=utf-8")
        # What else it would send is not read.
        headers = [kind, (b"connection", b"close"), (b"content-length", b"%d" % len(text))]
        await strict({"type": "http.response.start", "status": status, "headers": headers})
        await strict({"type": "http.response.body", "body": text.encode()})

    def _fault(self, scope: Scope) -> tuple[int, str] | None:
        """A status and a sentence on what is wrong with a request, but for its body."""
        hosts, origins = _values(scope, b"host"), _values(scope, b"origin")
        if len(hosts) != 1 or not self._hosts.known(hosts[0]):
            return 421, "this machine is not known by that name; ask by its address"
        own = [f"http://{hosts[0].lower()}", f"https://{hosts[0].lower()}"]
        acts = scope["type"] == "websocket" or scope["method"] not in ("GET", "HEAD")
        if (acts or origins) and (len(origins) != 1 or origins[0].lower() not in own):
            return 403, "this may be asked by the page itself only"
        return None


async def _body(scope: MutableMapping[str, Any], receive: Receive) -> bytes | None:
    """A request's body; None where it is too large, not whole, or a GET's."""
    most = 0 if scope["method"] in ("GET", "HEAD") else _BODY
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] != "http.request":  # it has left in the middle
            return None
        body += message.get("body", b"")
        if len(body) > most:
            return None
        if not message.get("more_body"):
            return bytes(body)


def _given(body: bytes) -> Receive:
    messages: list[Message] = [{"type": "http.request", "body": body}]

    async def receive() -> Message:
        return messages.pop() if messages else {"type": "http.disconnect"}

    return receive


def _values(scope: Scope, name: bytes) -> list[str]:
    return [value.decode("latin-1") for key, value in scope["headers"] if key == name]
