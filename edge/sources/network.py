"""Cameras in the network: RTSP, and MJPEG or other video over HTTP, through FFmpeg."""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import cv2

from edge.errors import Absent, LocalizerError
from edge.source_options import SourceOptions
from edge.sources import Source
from edge.sources.capture import grabbed, tries_to_grab
from edge.sources.pace import Pace

PORTS = {"rtsp": 554, "rtsps": 322, "http": 80, "https": 443}
"""The kinds of address that are understood, and where each is served unless it says otherwise."""

_OPEN_MS = 4000  # milliseconds
_READ_MS = 2000  # milliseconds; a camera that sends nothing for so long is lost
_SETTINGS = "OPENCV_FFMPEG_CAPTURE_OPTIONS"
# TCP: over UDP a lost packet smears the picture. Little probing: a quarter of the time to open.
_SHORT = "analyzeduration;200000|probesize;32768|fflags;nobuffer|flags;low_delay"
_SETTING_LOCK = threading.Lock()


def is_url(text: str) -> bool:
    """Whether ``text`` is the address of a camera in the network."""
    return text.partition("://")[0].lower() in PORTS and "://" in text


def without_password(url: str) -> str:
    """``url`` as it may be shown: user and password are left out."""
    scheme, _, rest = url.partition("://")
    place, slash, path = rest.partition("/")
    return f"{scheme}://{place.rpartition('@')[2]}{slash}{path}"


def opened(url: str) -> cv2.VideoCapture:
    """FFmpeg's capture of ``url``, whether or not it could be opened; gives up after 4 s."""
    limits = [cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, _OPEN_MS, cv2.CAP_PROP_READ_TIMEOUT_MSEC, _READ_MS]
    transport = "rtsp_transport;tcp|" if url.lower().startswith("rtsp") else ""
    with _ffmpeg_settings(transport + _SHORT):
        return cv2.VideoCapture(url, cv2.CAP_FFMPEG, limits)


def frames(
    url: str,
    options: SourceOptions = SourceOptions(),  # noqa: B008 - immutable
    open_capture: Callable[[str], Any] = opened,
    now: Callable[[], float] = time.monotonic,
) -> Source:
    """What the camera at ``url`` sends, until it sends no more: a LocalizerError.

    Absent where nothing answers at all. A frame counts as captured when it has arrived: what the
    camera and the network took before is not known here.
    """
    name = without_password(url)
    capture = open_capture(url)
    try:
        if not capture.isOpened():
            raise reason(url)
        index = -1
        last = 0

        def moment() -> tuple[float, int | None]:
            nonlocal last
            arrived = now()
            stamp = round(1000.0 * float(capture.get(cv2.CAP_PROP_POS_MSEC)))  # microseconds
            advanced, last = stamp > last, stamp
            return arrived, stamp if advanced else None  # some cameras stamp nothing

        def grab(capture: Any) -> bool:
            return tries_to_grab(capture, now) > 0

        for frame in grabbed(capture, moment, Pace(options.fps), name, grab):
            index = frame.index
            yield frame
        raise LocalizerError(
            f"{name} sends no picture any more, after {index + 1} frames; "
            "check the camera and the network"
        )
    finally:
        capture.release()


def reason(
    url: str, connect: Callable[..., socket.socket] = socket.create_connection
) -> LocalizerError:
    """Why ``url`` could not be opened, by asking its host once more."""
    name = without_password(url)
    try:
        parts = urlsplit(url)
        port = parts.port or PORTS[parts.scheme.lower()]
    except ValueError:
        parts, port = urlsplit(f"{name.partition(':')[0]}:"), 0
    if not parts.hostname or not port:
        return LocalizerError(
            f"{name} names no host and port; write {parts.scheme}://HOST:PORT/PATH"
        )
    try:
        connect((parts.hostname, port), timeout=2.0).close()
    except (OSError, UnicodeError) as error:  # also a name that nobody knows, and the timeout
        return Absent(
            f"nothing answers at {parts.hostname}:{port} ({error}); "
            "switch the camera on, or check its address"
        )
    return LocalizerError(
        f"{name} answers but sends no video that FFmpeg can read; "
        "check its path, and the user and the password in it"
    )


@contextmanager
def _ffmpeg_settings(settings: str) -> Iterator[None]:
    """OpenCV reads them from the environment at each opening, and takes them for files as well."""
    with _SETTING_LOCK:
        if _SETTINGS in os.environ:  # the user knows better
            yield
            return
        os.environ[_SETTINGS] = settings
        try:
            yield
        finally:
            del os.environ[_SETTINGS]
