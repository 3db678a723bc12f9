"""How both pages listen and are served: by uvicorn, which neither logs nor tells what it is."""

from __future__ import annotations

import asyncio
import socket
from typing import Any

import h11
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from edge.address import Address

CONNECTIONS = 64
"""At once, of one page."""
CONNECTION_S = 20.0
"""Seconds of one connection that does not become a WebSocket."""
UNREAD_S = 20.0
"""Seconds that what was sent may stay unread."""


def listening(address: Address) -> socket.socket:
    """A socket that listens there; its connections end when their clients read nothing.

    Raises OSError or UnicodeError, of which ``address.refused`` makes a sentence.
    """
    kind, _, _, _, place = socket.getaddrinfo(
        address.host, address.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    door = socket.socket(kind, socket.SOCK_STREAM)
    try:
        door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        # Inherited by each connection, and kept by the kernel, whatever waits for the client here.
        door.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, int(1000 * UNREAD_S))
        door.bind(place)
        door.listen(CONNECTIONS)
    except BaseException:
        door.close()
        raise
    return door


def server_of(app: Any, **own: Any) -> uvicorn.Server:
    """A server of the ASGI ``app``. own: what one page wants otherwise than the other."""
    config = uvicorn.Config(
        app,
        loop="asyncio",
        lifespan="off",
        log_config=None,
        log_level="critical",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        h11_max_incomplete_event_size=8192,
        **own,
    )
    return uvicorn.Server(config)


class Brief(H11Protocol):
    """HTTP whose connections are few and end soon, however slowly a client speaks or reads."""

    _end: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        if len(self.connections) > CONNECTIONS:
            transport.abort()
        else:
            self._end = self.loop.call_later(CONNECTION_S, self.over)

    def over(self) -> None:
        """End the connection, whose time is over."""
        self.transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stay()
        super().connection_lost(exc)

    def handle_websocket_upgrade(self, event: h11.Request) -> None:
        self._stay()
        super().handle_websocket_upgrade(event)

    def _stay(self) -> None:
        if self._end is not None:
            self._end.cancel()
            self._end = None
