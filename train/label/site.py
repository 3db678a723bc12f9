"""The page and what it asks for: pictures have numbers, and no request names a file."""

from __future__ import annotations

import threading
from collections.abc import Callable
from importlib.resources import files
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from edge.box import Box
from edge.errors import LocalizerError
from edge.strict import Fields, loaded
from train.label.album import BESIDE, Album, Stale
from train.label.thumbnails import SCREEN, Thumbnails, smaller
from train.readers.annotation import Unusable, label_of
from train.readers.settle import Thing
from train.writers.entry import pixels, whole

_FILES = {
    "/": ("label.html", "text/html; charset=utf-8"),
    "/label.js": ("label.js", "text/javascript; charset=utf-8"),
    "/canvas.js": ("canvas.js", "text/javascript; charset=utf-8"),
    "/strip.js": ("strip.js", "text/javascript; charset=utf-8"),
    "/style.css": ("style.css", "text/css; charset=utf-8"),
    "/icon.svg": ("icon.svg", "image/svg+xml"),
}
"""All files of the page, read at the start."""
_KINDS = {".jpg": "jpeg", ".jpeg": "jpeg", ".png": "png", ".bmp": "bmp", ".webp": "webp"}
_MOST_STATES = 500
Answer = Callable[[Request, int], Response]


class Site:
    """The routes of the page, without any guard."""

    def __init__(self, album: Album) -> None:
        self._album = album
        self._thumbnails = Thumbnails(album.folder / BESIDE / "thumbnails")
        self._one = threading.Lock()  # a large photo takes a hundred megabytes while it is decoded
        folder = files("train.label") / "page"
        self._content = {name: (folder / name).read_bytes() for name, _ in _FILES.values()}

    def app(self) -> Starlette:
        """The routes."""
        of_one: list[tuple[str, str, Answer]] = [
            ("/pictures/{number}", "GET", self._said),
            ("/pictures/{number}/image", "GET", self._image),
            ("/pictures/{number}/screen", "GET", self._screen),
            ("/pictures/{number}/thumbnail", "GET", self._thumbnail),
            ("/next/{number}", "GET", self._next),
            ("/states/{number}", "GET", self._states),
            ("/position/{number}", "PUT", self._remember),
        ]
        routes = [Route(path, self._file(*told)) for path, told in _FILES.items()]
        routes += [Route("/album", self._whole), Route("/classes", self._name, methods=["POST"])]
        routes += [Route(path, self._of_one(do), methods=[how]) for path, how, do in of_one]
        said = self._changed
        routes.append(Route("/pictures/{number}", said, methods=["PUT", "DELETE"]))
        app = Starlette(routes=routes)
        app.router.redirect_slashes = False
        return app

    def _file(self, name: str, kind: str) -> Callable[[Request], Any]:
        async def answered(request: Request) -> Response:
            return Response(self._content[name], media_type=kind)

        return answered

    def _of_one(self, do: Answer) -> Callable[[Request], Any]:
        """``do`` for a picture that there is; in a thread, as it may read files."""

        def answered(request: Request) -> Response:
            number = _number(request)
            if number is None or number >= len(self._album):
                return PlainTextResponse(f"there are {len(self._album)} pictures", 404)
            try:
                return do(request, number)
            except LocalizerError as error:
                return PlainTextResponse(str(error), 422)
            except OSError as error:
                return PlainTextResponse(f"this cannot be read: {error.strerror}", 422)

        return answered

    def _whole(self, request: Request) -> Response:
        album = self._album
        content = {
            "folder": album.folder.resolve().name,
            "count": len(album),
            "labelled": album.labelled,
            "position": album.position,
            "classes": album.classes,
        }
        return JSONResponse(content)

    def _states(self, request: Request, number: int) -> Response:
        return JSONResponse(self._album.states(number, _MOST_STATES))

    def _next(self, request: Request, number: int) -> Response:
        return JSONResponse({"number": self._album.next_unknown(number)})

    def _remember(self, request: Request, number: int) -> Response:
        self._album.remember(number)
        return Response(status_code=204)

    def _image(self, request: Request, number: int) -> Response:
        path = self._album.paths[number]
        kind = _KINDS[path.suffix.lower()]
        return Response(path.read_bytes(), media_type=f"image/{kind}")

    def _screen(self, request: Request, number: int) -> Response:
        """A large photo as the screen shows it; browsers take their time over all its pixels."""
        album = self._album
        if max(album.seen(number)[:2]) <= SCREEN:
            return self._image(request, number)
        with self._one:
            content = smaller(album.paths[number], SCREEN, 90)
        return Response(content, media_type="image/jpeg")

    def _thumbnail(self, request: Request, number: int) -> Response:
        return Response(self._thumbnails(self._album.paths[number]), media_type="image/jpeg")

    def _said(self, request: Request, number: int) -> Response:
        album = self._album
        said, version = album.read(number)
        seen = album.seen(number)
        proposal = album.proposals.get(album.paths[number])
        proposed = None
        if proposal is not None:
            found = proposal.seen
            proposed = {
                "presence": round(proposal.presence, 3),
                "box": list(found.box.clipped().in_pixels(seen.width, seen.height))
                if found
                else None,
                "label": found.label if found else None,
                "score": round(found.score, 3) if found else None,
            }
        thing = said.thing
        content = {
            "name": album.paths[number].name,
            "width": seen.width,
            "height": seen.height,
            "version": version,
            "state": said.state,
            "fault": said.fault,
            "label": thing.label if thing else None,
            "box": pixels(thing.box, seen.width, seen.height) if thing and thing.box else None,
            "others": max(len(said.things or ()) - 1, 0),
            "proposal": proposed,
            "labelled": album.labelled,
        }
        return JSONResponse(content)

    async def _name(self, request: Request) -> Response:
        try:
            label = label_of((await _fields(request)).text("label"), "the class")
        except (ValueError, Unusable) as error:
            return PlainTextResponse(str(error), 400)
        self._album.add_class(label)
        return JSONResponse({"classes": self._album.classes})

    async def _changed(self, request: Request) -> Response:
        """PUT says something of a picture, DELETE takes it back; both of the version they saw."""
        version = request.headers.get("if-match", "")
        if not version:
            return PlainTextResponse("If-Match names the version that was seen", 428)
        try:
            told = await _fields(request) if request.method == "PUT" else None
        except ValueError as error:
            return PlainTextResponse(str(error), 400)

        def change(request: Request, number: int) -> Response:
            try:
                if told is None:
                    new = self._album.forget(number, version)
                else:
                    thing = self._thing(told, number)
                    new = self._album.write(number, version, thing)
            except (ValueError, Unusable) as error:
                return PlainTextResponse(str(error), 400)
            except Stale:
                return PlainTextResponse("this picture was labelled elsewhere meanwhile", 412)
            return JSONResponse({"version": new, "labelled": self._album.labelled})

        return await run_in_threadpool(self._of_one(change), request)

    def _thing(self, told: Fields, number: int) -> Thing | None:
        """The object in a request; raises ValueError where the picture cannot have it."""
        if told.note("label") is None:
            told.all_asked()
            return None
        label = label_of(told.text("label"), "the class")
        seen = self._album.seen(number)
        sides = seen.width, seen.height, seen.width, seen.height
        edges = told.numbers("box", 4, 0, max(sides))
        told.all_asked()
        left, top, right, bottom = edges
        inside = all(edge <= side for edge, side in zip(edges, sides, strict=True))
        if not (whole(right - left) >= 1 and whole(bottom - top) >= 1 and inside):
            raise ValueError(
                f"a box lies in its picture of {seen.width}x{seen.height} pixels, and is one pixel "
                f"wide and high at least. Received: {edges}"
            )
        return Thing(label, Box(*(edge / side for edge, side in zip(edges, sides, strict=True))))


def _number(request: Request) -> int | None:
    """The picture's number; None where the address has something else there."""
    text = str(request.path_params["number"])
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 9 else None


async def _fields(request: Request) -> Fields:
    """A request's JSON; raises ValueError where it is none."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip()
    if kind != "application/json":
        raise ValueError("this takes application/json")
    return loaded((await request.body()).decode())
