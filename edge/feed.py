"""The input of a run: opened, paused, and put in the place of another."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable

from edge.latest import Latest
from edge.observation import Frame
from edge.request import Request
from edge.served_model import ServedModel
from edge.sources import inputs


class Feed:
    """The frames of an input. A live one is captured in a thread of its own while it is entered."""

    def __init__(
        self,
        request: Request,
        model: ServedModel,
        say: Callable[[str], None],
        patient: bool = False,
    ) -> None:
        """Choose the input that was asked for; its device or file is opened at the first frame.

        patient: whether a camera is waited for once it has been there. Raises LocalizerError.
        """
        self._ending = threading.Event()
        self.asked = what_feeds(request, model)
        wait = self._ending.wait
        if request.images is not None:
            self.input = inputs.pictures(request.images, request.source, say)
        elif request.video is not None:
            self.input = inputs.film(request.video, request.source, say, wait)
        else:
            name = "auto" if request.camera is None else request.camera
            self.input = inputs.camera(name, request.source, say, wait, model.size, patient)
        self._latest = Latest(self.input.frames) if self.input.live else None

    def open(self) -> None:
        if self._latest is not None:
            self._latest.__enter__()

    def close(self) -> None:
        """No source sleeps any more, and the device is free."""
        self._ending.set()
        if self._latest is not None:
            self._latest.close()
        else:
            self.input.frames.close()

    def frames(self) -> Iterable[Frame]:
        """From the newest frame of a live input, from the next of another, on."""
        return self.input.frames if self._latest is None else self._latest

    def pause(self) -> None:
        """End the frames, also while a camera's are waited for."""
        if self._latest is not None:
            self._latest.pause()

    def resume(self) -> None:
        """Let frames come again after a pause."""
        if self._latest is not None:
            self._latest.resume()


def what_feeds(request: Request, model: ServedModel) -> tuple[object, ...]:
    """With the same a feed goes on: a camera's second stream has the model's size."""
    return request.camera, request.video, request.images, request.source, model.size
