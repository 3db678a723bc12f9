"""The server of the live page, in a thread of its own for as long as it is entered."""

from __future__ import annotations

import asyncio
import socket
import threading
from pathlib import Path

from edge.address import Address
from edge.errors import LocalizerError
from edge.web.live import Facts, Live
from edge.web.password import Password, usual_file

try:
    from edge.web.guard import Guard, Hosts
    from edge.web.serving import Brief, listening, server_of
    from edge.web.site import Site
except ModuleNotFoundError as _error:
    raise LocalizerError(
        f"--web needs {_error.name}; pip install 'edge-localizer[web]', or leave --web out"
    ) from _error

_PATIENCE_S = 0.6  # seconds that the end of the run waits
_WORD = 256  # bytes of what a viewer says


def opened_page(address: Address, password_file: Path | None, facts: Facts) -> Page:
    """The page, listening already; enter it, so that it answers.

    Raises LocalizerError where others would reach it without a password, or the port is in use.
    """
    password = None
    if (place := password_file or usual_file()) is not None:
        password = Password.read(place)
    elif not address.only_here:
        raise LocalizerError(
            "--web shows the camera to everybody who reaches that address, and there is no "
            "password; set one with edge-device web-password, or leave the host out and reach it "
            f"through ssh -L {address.port}:127.0.0.1:{address.port}. Received: {address}"
        )
    return Page(address, password, Live(facts))


class Page:
    """The page's server. Port 0 takes a free one, which ``address`` then names."""

    def __init__(self, address: Address, password: Password | None, live: Live) -> None:
        self.live = live
        try:
            self._socket = listening(address)
        except (OSError, UnicodeError) as error:
            raise address.refused("--web", error) from error
        self.address = Address(address.host, self._socket.getsockname()[1])
        app = Guard(Site(live, password).app(), Hosts(self.address))
        self._server = server_of(
            app,
            http=Brief,
            ws="websockets-sansio",
            timeout_keep_alive=5,
            timeout_graceful_shutdown=1,
            ws_max_size=_WORD,
            ws_per_message_deflate=False,
        )
        # A daemon: a client must not hold the program.
        self._thread = threading.Thread(target=self._serve, name="web", daemon=True)

    def __enter__(self) -> Page:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = True
        if self._thread.ident is not None:
            self._thread.join(_PATIENCE_S)
        self._socket.close()

    @property
    def url(self) -> str:
        """What to tell a browser."""
        host = socket.gethostname() if self.address.everywhere else self.address.host
        return f"http://{Address(host, self.address.port)}/"

    def _serve(self) -> None:
        asyncio.run(self._server.serve([self._socket]))
