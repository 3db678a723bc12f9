"""USB cameras and others that V4L2 drives."""

from __future__ import annotations

import fcntl
import os
import re
import struct
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from edge.errors import LocalizerError
from edge.observation import Frame
from edge.sources import Source

_CAPABILITY = struct.Struct("=16s32s32sIII3I")  # struct v4l2_capability
_QUERYCAP = 2 << 30 | _CAPABILITY.size << 16 | ord("V") << 8  # _IOR('V', 0, v4l2_capability)
_VIDEO_CAPTURE = 0x0000_0001
_VIDEO_CAPTURE_MPLANE = 0x0000_1000
_STREAMING = 0x0400_0000
_DEVICE_CAPS = 0x8000_0000

_NO_CAMERAS = (
    "unicam",
    "rp1-cfe",
    "bcm2835-isp",
    "bcm2835-codec",
    "rpivid",
    "rpi-hevc-dec",
    "pisp",
)
"""Drivers of a Raspberry Pi whose nodes say that they capture, but of which reading hangs: the
raw receiver, the ISP and the codecs. Compared by how a driver's name begins."""

_WIDTH, _HEIGHT = 640, 480
_STALE = 10.0  # seconds; a driver's timestamp older than this is on another clock


def capability(node: Path) -> bytes:
    """What VIDIOC_QUERYCAP says of ``node``; raises OSError where it is no V4L2 device."""
    content = bytearray(_CAPABILITY.size)
    descriptor = os.open(node, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        fcntl.ioctl(descriptor, _QUERYCAP, content)
    finally:
        os.close(descriptor)
    return bytes(content)


def cameras(
    nodes: Iterable[Path] | None = None, query: Callable[[Path], bytes] = capability
) -> dict[Path, str]:
    """The V4L2 nodes that are real cameras, and what they call themselves.

    Raises LocalizerError where there may be one, but this user may not look.
    """
    if nodes is None:
        nodes = Path("/dev").glob("video*")
    found, refused = {}, []
    for node in sorted(nodes, key=_number):
        try:
            name = camera_name(query(node))
        except PermissionError:
            refused.append(node)
        except OSError:  # a node without its device, or no V4L2 at all
            continue
        else:
            if name is not None:
                found[node] = name
    if refused and not found:
        raise LocalizerError(
            f"{', '.join(map(str, refused))} may not be opened by this user; "
            "run sudo usermod -aG video $USER and log in again"
        )
    return found


def camera_name(answer: bytes) -> str | None:
    """A camera's name from its ``struct v4l2_capability``; None for what is no camera."""
    driver, card, _, _, whole, of_node, *_ = _CAPABILITY.unpack(answer)
    offers = of_node if whole & _DEVICE_CAPS else whole
    captures = offers & (_VIDEO_CAPTURE | _VIDEO_CAPTURE_MPLANE) and offers & _STREAMING
    if not captures or _text(driver).startswith(_NO_CAMERAS):
        return None
    return _text(card) or _text(driver)


def frames(
    node: Path,
    open_capture: Callable[[str, int], Any] = cv2.VideoCapture,
    now: Callable[[], float] = time.monotonic,
) -> Source:
    """What the camera sees, until a read fails with a LocalizerError.

    open_capture: gives an object with the methods of ``cv2.VideoCapture``.
    """
    capture = open_capture(str(node), cv2.CAP_V4L2)
    try:
        if not capture.isOpened():
            raise LocalizerError(
                f"{node} cannot be opened as a camera; close the program that uses it, "
                "or plug it in again"
            )
        # MJPG first: the size that is asked for depends on it, and USB 2 has no room for raw.
        capture.set(cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*"MJPG"))
        capture.set(cv2.CAP_PROP_FRAME_WIDTH, _WIDTH)
        capture.set(cv2.CAP_PROP_FRAME_HEIGHT, _HEIGHT)
        capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)
        index = 0
        while True:
            good, bgr = capture.read()
            if not good:
                raise LocalizerError(
                    f"{node} gives no picture any more, after {index} frames; "
                    "check its cable and start again"
                )
            pixels = cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB).astype(np.uint8, copy=False)
            yield Frame(pixels, index, _captured_at(capture, now()))
            index += 1
    finally:
        capture.release()


def _captured_at(capture: Any, now: float) -> float:
    """When the driver took the frame: mostly it stamps with the monotonic clock, sometimes not."""
    stamp = float(capture.get(cv2.CAP_PROP_POS_MSEC)) / 1000.0
    return stamp if now - _STALE < stamp <= now else now


def _text(field: bytes) -> str:
    return field.split(b"\0", 1)[0].decode(errors="replace").strip()


def _number(node: Path) -> tuple[int, str]:
    digits = re.search(r"\d+$", node.name)
    return int(digits[0]) if digits else -1, node.name
