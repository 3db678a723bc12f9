"""USB cameras and others that V4L2 drives."""

from __future__ import annotations

import fcntl
import functools
import os
import re
import struct
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import cv2

from edge.errors import Absent, LocalizerError, Refused
from edge.looking import is_there
from edge.source_options import SourceOptions
from edge.sources import Source
from edge.sources.capture import grabbed
from edge.sources.pace import Pace

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

BY_ID = Path("/dev/v4l/by-id")
"""Links to nodes, by names that outlive the nodes' numbers."""
_SIZE = (640, 480)
_RATE = 30.0  # frames per second
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


def stable_name(node: Path, folder: Path = BY_ID) -> Path:
    """The link of ``folder`` that leads to ``node`` and will after re-plugging too, else ``node``.

    A camera that is plugged in again often gets another number.
    """
    target = node.resolve()
    for link in sorted(folder.glob("*")) if folder.is_dir() else ():
        if link.resolve() == target:
            return link
    return node


def frames(
    node: Path,
    options: SourceOptions = SourceOptions(),  # noqa: B008 - immutable
    open_capture: Callable[[str, int], Any] = cv2.VideoCapture,
    now: Callable[[], float] = time.monotonic,
) -> Source:
    """What the camera sees, until a read fails with a LocalizerError; Absent without ``node``.

    node: a device node, or a link to one, which is followed at each opening.
    open_capture: gives an object with the methods of ``cv2.VideoCapture``.
    """
    if not is_there(node):
        raise Absent(f"{node} is not there; plug the camera in, or give --camera another")
    capture = open_capture(str(node.resolve()), cv2.CAP_V4L2)
    try:
        if not capture.isOpened():
            raise LocalizerError(
                f"{node} cannot be opened as a camera; close the program that uses it, "
                "or plug it in again"
            )
        _set(capture, options, node)
        index = -1
        moment = functools.partial(_moment, capture, now)
        for frame in grabbed(capture, moment, Pace(options.fps), str(node)):
            index = frame.index
            yield frame
        raise LocalizerError(
            f"{node} gives no picture any more, after {index + 1} frames; "
            "check its cable and start again"
        )
    finally:
        capture.release()


def _set(capture: Any, options: SourceOptions, node: Path) -> None:
    width, height = options.size or _SIZE
    # MJPG first: the size that is asked for depends on it, and USB 2 has no room for raw.
    capture.set(cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*"MJPG"))
    capture.set(cv2.CAP_PROP_FRAME_WIDTH, width)
    capture.set(cv2.CAP_PROP_FRAME_HEIGHT, height)
    # Never a slow rate: the driver would expose longer. What is too much is left undecoded.
    capture.set(cv2.CAP_PROP_FPS, max(options.fps or 0.0, _RATE))
    capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)
    if options.exposure == "auto":
        # 3 is "aperture priority", which is what webcams call automatic; 0 is for the others.
        good = any(capture.set(cv2.CAP_PROP_AUTO_EXPOSURE, mode) for mode in (3, 0))
        _require(good, "automatic exposure", "--exposure", node)
    elif options.exposure is not None:
        capture.set(cv2.CAP_PROP_AUTO_EXPOSURE, 1)  # manual
        good = capture.set(cv2.CAP_PROP_EXPOSURE, max(1, round(options.exposure * 10)))  # of 0.1 ms
        _require(good, "exposure that can be set so", "--exposure", node)
    if options.focus == "auto":
        _require(capture.set(cv2.CAP_PROP_AUTOFOCUS, 1), "automatic focus", "--focus", node)
    elif options.focus is not None:
        capture.set(cv2.CAP_PROP_AUTOFOCUS, 0)
        good = capture.set(cv2.CAP_PROP_FOCUS, round(options.focus))
        _require(good, "focus that can be set so", "--focus", node)


def _require(good: bool, what: str, option: str, node: Path) -> None:
    if not good:
        raise Refused(f"{node} has no {what}; leave {option} out")


def _moment(capture: Any, now: Callable[[], float]) -> tuple[float, int | None]:
    """When the driver took the frame, and its stamp in microseconds.

    Mostly it stamps with the monotonic clock, sometimes not: then the frame was taken now.
    """
    moment = now()
    stamp = float(capture.get(cv2.CAP_PROP_POS_MSEC))
    if moment - _STALE < stamp / 1000.0 <= moment:
        return stamp / 1000.0, round(stamp * 1000.0)
    return moment, None


def _text(field: bytes) -> str:
    return field.split(b"\0", 1)[0].decode(errors="replace").strip()


def _number(node: Path) -> tuple[int, str]:
    digits = re.search(r"\d+$", node.name)
    return int(digits[0]) if digits else -1, node.name
