"""What is common to all that OpenCV's ``VideoCapture`` reads live."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import cv2
import numpy as np

from edge.errors import LocalizerError
from edge.image import Image
from edge.observation import Frame
from edge.sources import Source
from edge.sources.pace import Pace

_PROMPT = 0.5  # seconds
_MOST_BROKEN = 30
"""Broken pictures in a row after which a camera is given up: a second of a usual camera."""


def grabbed(
    capture: Any,
    moment: Callable[[], tuple[float, int | None]],
    pace: Pace,
    name: str,
    grab: Callable[[Any], bool] = lambda capture: bool(capture.grab()),
) -> Source:
    """The frames of an open ``cv2.VideoCapture``, until it gives no more.

    A picture that cannot be decoded or is empty is passed over; LocalizerError after 30 of them.
    moment: when the picture just grabbed was captured, in seconds on the monotonic clock, and the
        source's own count or stamp of it.
    pace: what it does not take is not decoded.
    name: of the camera, for the error.
    grab: takes the next picture of ``capture``; False where there is none.
    """
    index = broken = 0
    while grab(capture):
        captured_at, sequence = moment()
        if not pace.takes(captured_at):
            continue
        pixels = retrieved(capture)
        if pixels is None:
            broken += 1
            if broken == _MOST_BROKEN:
                raise LocalizerError(
                    f"{name} gave {broken} broken pictures in a row; "
                    "check its cable or its power, or ask for a smaller --size"
                )
            continue
        broken = 0
        yield Frame(pixels, index, captured_at, sequence=sequence)
        index += 1


def tries_to_grab(capture: Any, now: Callable[[], float] = time.monotonic) -> int:
    """Grab from FFmpeg, and say at which try that succeeded; 0 at the end.

    FFmpeg refuses a packet that it cannot decode as it refuses to read on at the end; after a
    broken one the next is there. A refusal that takes long was the time limit of a read.
    """
    start = now()
    for number in (1, 2, 3):
        if capture.grab():
            return number
        if now() - start > _PROMPT:
            break
    return 0


def retrieved(capture: Any) -> Image | None:
    """The picture that was grabbed, as RGB; None where it is broken or empty."""
    try:
        good, bgr = capture.retrieve()
        if not good or bgr is None or bgr.size == 0:
            return None
        return np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB), np.uint8)
    except cv2.error:  # some releases raise where others say False
        return None
