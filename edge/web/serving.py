"""How both pages are served: by uvicorn, which neither logs nor tells what it is."""

from __future__ import annotations

from typing import Any

import uvicorn

CONNECTIONS = 64
"""At once, of one page."""


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
