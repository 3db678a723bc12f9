"""The page's server, on this machine only, until Ctrl-C."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from edge.address import Address
from edge.errors import LocalizerError
from train.label.album import Album

try:
    from edge.web.guard import Guard, Hosts
    from edge.web.serving import Brief, listening, server_of
    from train.label.site import Site
except ModuleNotFoundError as _error:
    raise LocalizerError(
        f"the page needs {_error.name}; pip install 'edge-localizer[workstation]'"
    ) from _error


def serve(album: Album, port: int, ready: Callable[[str], None]) -> None:
    """Answer the page of ``album`` until Ctrl-C; raises LocalizerError where the port is taken.

    port: 0 takes a free one. ready: gets the address for a browser.
    """
    wanted = Address("127.0.0.1", port)
    try:
        door = listening(wanted)
    except OSError as error:
        raise wanted.refused("--port", error) from error
    with album, door:
        address = Address("127.0.0.1", door.getsockname()[1])
        server = server_of(
            Guard(Site(album).app(), Hosts(address)),
            http=_Patient,
            ws="none",
            timeout_keep_alive=20,
            timeout_graceful_shutdown=2,
        )
        ready(f"http://{address}/")
        with suppress(KeyboardInterrupt):  # uvicorn raises it again when it has ended in order
            server.run([door])


class _Patient(Brief):
    """Answers first what is asked already: a save that is cut off would look like another's."""

    def over(self) -> None:
        if not self.transport.is_closing():
            self.shutdown()
