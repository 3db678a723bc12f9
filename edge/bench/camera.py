"""Where the benchmark's pictures come from: memory, or a camera whose ``read`` blocks."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Sequence
from itertools import count
from typing import Protocol

import cv2
import numpy as np

from edge.image import Image
from edge.observation import Frame
from edge.sources import Source

WIDTH, HEIGHT = 640, 480
_PICTURES = 8


class Capture(Protocol):
    """What pictures are read from, as OpenCV gives them."""

    def read(self) -> tuple[Image, float] | None:
        """BGR pixels and the second of the monotonic clock when they were taken; None at the end.

        The pixels are read only.
        """


def pictures() -> list[Image]:
    """Blurred noise of 640x480: as busy as a photograph, and as much to compute."""
    random = np.random.default_rng(0)
    noise = (random.integers(0, 256, (HEIGHT, WIDTH, 3), np.uint8) for _ in range(_PICTURES))
    return [cv2.GaussianBlur(one, (0, 0), 3).astype(np.uint8, copy=False) for one in noise]


def frames(capture: Capture) -> Source:
    """What ``capture`` reads, as a source of this project gives it."""
    for index in count():
        read = capture.read()
        if read is None:
            return
        bgr, captured_at = read
        pixels = cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB).astype(np.uint8, copy=False)
        yield Frame(pixels, index, captured_at)


class Memory:
    """As many pictures as are asked for, each taken at the moment when it is read."""

    def __init__(
        self, pictures: Sequence[Image], reads: int, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._pictures, self._reads, self._now = pictures, reads, now
        self._read = 0

    def read(self) -> tuple[Image, float] | None:
        if self._read == self._reads:
            return None
        self._read += 1
        return self._pictures[self._read % len(self._pictures)], self._now()


class Camera:
    """A camera that runs on by itself, as a webcam does, whether anybody reads or not.

    Its driver keeps the oldest few pictures that nobody has read and drops newer ones, so that a
    reader who is too slow gets old ones.
    """

    def __init__(
        self,
        pictures: Sequence[Image],
        ticks: int,
        period: float,
        transfer: float = 0.0,
        buffers: int = 4,
        now: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Take ``ticks`` pictures, the first one ``period`` seconds after the first read.

        transfer: seconds that each read blocks even if a picture is waiting, as the transfer and
            the decoding of one do.
        buffers: how many pictures the driver keeps; OpenCV asks V4L2 for 4.
        now, sleep: the clock of ``Frame.captured_at``, in seconds.
        """
        self._pictures, self._ticks = pictures, ticks
        self._period, self._transfer, self._buffers = period, transfer, buffers
        self._now, self._sleep = now, sleep
        self._start: float | None = None
        self._tick = 0
        self._kept: deque[float] = deque()

    def read(self) -> tuple[Image, float] | None:
        if self._start is None:
            self._start = self._now()
        self._catch_up(self._start)
        if not self._kept:
            if self._tick == self._ticks:
                return None
            self._sleep(max(0.0, self._start + (self._tick + 1) * self._period - self._now()))
            self._tick += 1
            self._kept.append(self._start + self._tick * self._period)
        taken_at = self._kept.popleft()
        if self._transfer:
            self._sleep(self._transfer)
        return self._pictures[self._tick % len(self._pictures)], taken_at

    def _catch_up(self, start: float) -> None:
        """What the camera has done since the last read."""
        now = self._now()
        while self._tick < self._ticks and start + (self._tick + 1) * self._period <= now:
            self._tick += 1
            if len(self._kept) < self._buffers:
                self._kept.append(start + self._tick * self._period)
