"""The newest picture for everybody who looks: encoded once, and not at all while nobody looks."""

from __future__ import annotations

import asyncio
import contextlib
import json
import struct
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import cv2

from edge.board import Health
from edge.image import Image, resized
from edge.liveness import Verdict
from edge.observation import Localization, Observation

MOST_VIEWERS = 24
_FPS = 15.0  # pictures a second at most
_LONGEST = 960  # pixels of the longer side
_QUALITY = 75  # of JPEG, 0 to 100
_AHEAD = 2  # pictures under way to a viewer that it has not confirmed
_EVENTS = 8  # the last ones are told


@dataclass(frozen=True, slots=True)
class Facts:
    """What the page tells besides the picture; each may be asked from any thread."""

    fps: Callable[[], float]
    """Frames per second that are answered."""
    health: Callable[[], Health]
    verdict: Callable[[], Verdict]
    threshold: Callable[[], float]
    """The presence, 0 to 1, under which a box is withheld."""
    keep: Callable[[float], None]
    """Sets that threshold for the rest of the run."""


class Viewer:
    """One who looks: a place for the newest message. All of it happens in the server's loop."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._message: bytes | None = None
        self._may_go = asyncio.Event()
        self._ahead = 0
        self._moved_at = now()
        self.dropped = 0
        """Pictures that a newer one replaced before they went out."""

    def give(self, message: bytes) -> None:
        """The newest message; one that has not gone out by now never will."""
        if self._message is not None:
            self.dropped += 1
        self._message = message
        self._look()

    async def next(self) -> bytes:
        """The newest message, once the ones before have been confirmed but for one."""
        await self._may_go.wait()
        message, self._message = self._message, None
        assert message is not None
        if self._ahead == 0:
            self._moved_at = self._now()
        self._ahead += 1
        self._look()
        return message

    def confirm(self) -> bool:
        """A picture was shown; false where none was under way."""
        if self._ahead == 0:
            return False
        self._ahead -= 1
        self._moved_at = self._now()
        self._look()
        return True

    @property
    def silent_s(self) -> float:
        """Seconds for which a picture has waited to be confirmed; 0.0 where none does."""
        return self._now() - self._moved_at if self._ahead else 0.0

    def _look(self) -> None:
        if self._message is not None and self._ahead < _AHEAD:
            self._may_go.set()
        else:
            self._may_go.clear()


class Live:
    """A sink whose pictures go to the viewers; see ``packed`` for what a message is."""

    def __init__(self, facts: Facts, most: int = MOST_VIEWERS) -> None:
        """most: viewers at once."""
        self.facts = facts
        self._most = most
        self._loop: asyncio.AbstractEventLoop | None = None
        self._viewers: set[Viewer] = set()
        self._due = 0.0
        self._newest: Observation | None = None
        self._events: tuple[dict[str, Any], ...] = ()  # the last one first
        self._encoding = threading.Lock()
        self._last: tuple[Observation, bytes] | None = None

    def wanted(self, observation: Observation) -> bool:
        """Whether somebody looks and the next picture is due; called by the loop for each one."""
        self._newest = observation
        if observation.event is not None:
            self._events = (_event(observation), *self._events)[:_EVENTS]
        at = observation.answered_at
        if not self._viewers or at < self._due - 0.2 / _FPS:
            return False
        # Not simply from now on: of 20 frames a second 15 are to be shown, and not 10.
        self._due = max(self._due, at - 1 / _FPS) + 1 / _FPS
        return True

    def write(self, observation: Observation) -> None:
        """Hand the picture to all viewers; called in a thread of its own."""
        message = self._message(observation)
        if self._loop is not None:
            with contextlib.suppress(RuntimeError):  # the server has just ended
                self._loop.call_soon_threadsafe(self._hand_out, message)

    @property
    def viewers(self) -> int:
        """How many look."""
        return len(self._viewers)

    async def enter(self) -> Viewer | None:
        """A viewer, with the newest picture there is at once; None where there are too many."""
        if len(self._viewers) >= self._most:
            return None
        self._loop = asyncio.get_running_loop()
        viewer = Viewer()
        self._viewers.add(viewer)
        if (newest := self._newest) is not None:
            try:
                viewer.give(await self._loop.run_in_executor(None, self._message, newest))
            except BaseException:
                self.leave(viewer)
                raise
        return viewer

    def leave(self, viewer: Viewer) -> None:
        self._viewers.discard(viewer)

    def status(self, viewer: Viewer) -> dict[str, Any]:
        """What a viewer is told now and then, whether there are pictures or not."""
        verdict, health = self.facts.verdict(), self.facts.health()
        return {
            "well": verdict.well and verdict.answering,
            "sentence": verdict.sentence,
            "fps": round(self.facts.fps(), 1),
            "celsius": health.celsius,
            "board": str(health),
            "threshold": self.facts.threshold(),
            "viewers": self.viewers,
            "dropped": viewer.dropped,
        }

    def _hand_out(self, message: bytes) -> None:
        for viewer in self._viewers:
            viewer.give(message)

    def _message(self, observation: Observation) -> bytes:
        with self._encoding:
            if self._last is None or self._last[0] is not observation:
                head = _head(observation, self._events, self.facts)
                self._last = observation, packed(head, jpeg(observation.frame.pixels))
            return self._last[1]


def packed(head: dict[str, Any], picture: bytes) -> bytes:
    """One message: two bytes with the length of the head, the head as JSON, the JPEG."""
    text = json.dumps(head, separators=(",", ":")).encode()
    return struct.pack(">H", len(text)) + text + picture


def jpeg(pixels: Image) -> bytes:
    """The picture for a browser, at most 960 pixels long."""
    height, width = pixels.shape[:2]
    shrink = max(width, height) / _LONGEST
    if shrink > 1:
        pixels = resized(pixels, max(1, round(width / shrink)), max(1, round(height / shrink)))
    bgr = cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR)
    return cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])[1].tobytes()


def _head(
    observation: Observation, events: Sequence[dict[str, Any]], facts: Facts
) -> dict[str, Any]:
    raw = observation.raw
    return {
        "index": observation.frame.index,
        "time": _moment(observation),
        "age_ms": round(1000 * (time.monotonic() - observation.frame.captured_at), 1),
        "shown": _told(observation.answer.found),
        "model": _told(raw.found or raw.withheld),
        "presence": round(raw.presence, 4),
        "threshold": facts.threshold(),
        "fps": round(facts.fps(), 1),
        "events": events,
    }


def _told(found: Localization | None) -> dict[str, Any] | None:
    if found is None:
        return None
    edges = (found.box.left, found.box.top, found.box.right, found.box.bottom)
    box = [round(edge, 4) for edge in edges]
    return {"box": box, "label": found.label[:200], "score": round(found.score, 4)}


def _event(observation: Observation) -> dict[str, Any]:
    found = observation.answer.found
    label = "" if found is None else found.label[:200]
    return {"time": _moment(observation), "event": observation.event, "label": label}


def _moment(observation: Observation) -> str:
    """When the frame was taken, in UTC (RFC 3339)."""
    taken = time.time() - time.monotonic() + observation.frame.captured_at
    return datetime.fromtimestamp(taken, UTC).isoformat(timespec="milliseconds")
