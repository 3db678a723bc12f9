"""The page and what it asks for; nothing of a request ever names a file."""

from __future__ import annotations

import asyncio
import contextlib
import json
import math
from collections.abc import Awaitable, Callable
from importlib.resources import files
from urllib.parse import parse_qs

from starlette.applications import Starlette
from starlette.requests import HTTPConnection, Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from edge.strict import loaded
from edge.web.attempts import Attempts
from edge.web.live import Live, Viewer
from edge.web.password import Password, Sessions

_KINDS = {
    "live.html": "text/html; charset=utf-8",
    "enter.html": "text/html; charset=utf-8",
    "live.js": "text/javascript; charset=utf-8",
    "style.css": "text/css; charset=utf-8",
    "icon.svg": "image/svg+xml",
}
"""All files of the page, which are read at the start."""
_PUBLIC = ("live.js", "style.css", "icon.svg")
_STATUS_S = 2.0  # seconds between two words to a viewer
_PATIENCE_S = 15.0  # seconds that a viewer may take over a picture
_CONFIRM = "shown"
_WAIT = 1013  # WebSocket: try again later
_REFUSED = 1008  # WebSocket: policy


class Site:
    """The routes of the page."""

    def __init__(
        self, live: Live, password: Password | None, attempts: Attempts | None = None
    ) -> None:
        """password: None where everybody who reaches the page may see it."""
        self._live = live
        self._password = password
        self._sessions = None if password is None else Sessions(password)
        self._attempts = attempts or Attempts()
        self._checking = asyncio.Lock()
        folder = files("edge.web") / "page"
        self._files = {name: (folder / name).read_bytes() for name in _KINDS}

    def app(self) -> Starlette:
        """The routes, without any guard."""
        routes = [
            Route("/", self._page),
            Route("/enter", self._ask, methods=["GET"]),
            Route("/enter", self._enter, methods=["POST"]),
            Route("/leave", self._leave, methods=["POST"]),
            Route("/threshold", self._keep, methods=["POST"]),
            WebSocketRoute("/live", self._watch),
        ]
        for name in _PUBLIC:
            routes.append(Route(f"/{name}", self._file_of(name)))
        app = Starlette(routes=routes)
        app.router.redirect_slashes = False
        return app

    def _allowed(self, connection: HTTPConnection) -> bool:
        if self._sessions is None:
            return True
        return self._sessions.good(connection.cookies.get(self._sessions.cookie, ""))

    def _file(self, name: str, status: int = 200, note: str = "") -> Response:
        content = self._files[name].replace(b"<!--note-->", note.encode())
        return Response(content, status, media_type=_KINDS[name])

    def _file_of(self, name: str) -> Callable[[Request], Awaitable[Response]]:
        async def answered(request: Request) -> Response:
            return self._file(name)

        return answered

    async def _page(self, request: Request) -> Response:
        if not self._allowed(request):
            return RedirectResponse("/enter", 303)
        leave = "" if self._sessions is None else _LEAVE
        return self._file("live.html", note=leave)

    async def _ask(self, request: Request) -> Response:
        if self._allowed(request):
            return RedirectResponse("/", 303)
        return self._file("enter.html")

    async def _enter(self, request: Request) -> Response:
        if self._password is None or self._sessions is None:
            return RedirectResponse("/", 303)
        client = request.client.host if request.client is not None else ""
        text = (await request.body()).decode("utf-8", errors="replace")
        try:
            told = parse_qs(text, max_num_fields=4).get("password", [""])[0]
        except ValueError:  # too many fields
            told = ""
        async with self._checking:  # one at a time: each takes memory and a core
            wait = self._attempts.wait_s(client)
            if wait <= 0:
                right = await asyncio.to_thread(self._password.is_it, told)
                (self._attempts.right if right else self._attempts.wrong)(client)
        if wait > 0:
            seconds = math.ceil(wait)
            answer = self._file(
                "enter.html", 429, f"Too many wrong passwords. Try again in {seconds} seconds."
            )
            answer.headers["Retry-After"] = str(seconds)
            return answer
        if not right:
            return self._file("enter.html", 403, "That is not the password.")
        answer = RedirectResponse("/", 303)
        answer.set_cookie(
            self._sessions.cookie,
            self._sessions.new(),
            max_age=self._sessions.seconds,
            httponly=True,
            samesite="strict",
        )
        return answer

    async def _leave(self, request: Request) -> Response:
        answer = RedirectResponse("/enter", 303)
        if self._sessions is not None:
            answer.delete_cookie(self._sessions.cookie, httponly=True, samesite="strict")
        return answer

    async def _keep(self, request: Request) -> Response:
        if not self._allowed(request):
            return PlainTextResponse("tell the password first", 403)
        if request.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
            return PlainTextResponse("this takes JSON", 415)
        try:
            threshold = loaded((await request.body()).decode()).number("threshold", 0, 1)
        except ValueError:  # of UTF-8, of JSON or of the number
            return PlainTextResponse('this takes {"threshold": N}, N from 0 to 1', 400)
        self._live.facts.keep(round(threshold, 4))
        return JSONResponse({"threshold": self._live.facts.threshold()})

    async def _watch(self, socket: WebSocket) -> None:
        if not self._allowed(socket):
            await socket.close(_REFUSED)
            return
        await socket.accept()
        viewer = await self._live.enter()
        if viewer is None:
            await socket.close(_WAIT, "too many are looking")
            return
        sending = asyncio.create_task(self._send(socket, viewer))
        hearing = asyncio.create_task(_hear(socket, viewer))
        try:
            ended, _ = await asyncio.wait({sending, hearing}, return_when="FIRST_COMPLETED")
            code = next((task.result() for task in ended if task.exception() is None), None)
            if code is not None:
                async with asyncio.timeout(_STATUS_S):
                    await socket.close(code)
        except (TimeoutError, RuntimeError, WebSocketDisconnect):
            pass  # it has left, or does not listen
        finally:
            self._live.leave(viewer)
            for task in (sending, hearing):
                task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.gather(sending, hearing, return_exceptions=True)

    async def _send(self, socket: WebSocket, viewer: Viewer) -> int:
        """Send what there is until the viewer does not take it; gives why it is left then."""
        clock = asyncio.get_running_loop().time
        tell_at = clock()
        while viewer.silent_s < _PATIENCE_S:
            if (left := tell_at - clock()) <= 0:
                tell_at = clock() + _STATUS_S
                await socket.send_text(json.dumps(self._live.status(viewer)))
                continue
            try:
                message = await asyncio.wait_for(viewer.next(), left)
            except TimeoutError:
                continue
            async with asyncio.timeout(_PATIENCE_S):
                await socket.send_bytes(message)
        return _WAIT


async def _hear(socket: WebSocket, viewer: Viewer) -> int:
    """Hear which pictures were shown; gives why one that says anything else is left."""
    while True:
        message = await socket.receive()
        if message["type"] != "websocket.receive":
            raise WebSocketDisconnect(message.get("code", 1006))
        if message.get("text") != _CONFIRM or not viewer.confirm():
            return _REFUSED


_LEAVE = '<form method="post" action="/leave"><button>Sign out</button></form>'
