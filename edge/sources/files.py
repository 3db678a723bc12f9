"""Pictures and videos on disk: every frame once, as fast as it is asked for."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from pathlib import Path

import cv2

from edge.errors import LocalizerError
from edge.image import SUFFIXES, picture_paths, read_image
from edge.looking import for_opencv, is_file
from edge.observation import Frame
from edge.sources import Source
from edge.sources.capture import retrieved, tries_to_grab
from edge.sources.pace import Pace

_COUNTED = (".mp4", ".m4v", ".mov", ".avi")
"""Containers that store their number of frames; of others OpenCV estimates it by duration."""
_USUAL_RATE = 30.0  # frames per second, where a video names none that can be true


def images(folder: Path, warn: Callable[[str], None]) -> Source:
    """Each readable picture of ``folder`` once, in plain order of the file names.

    warn: gets one sentence for each picture that cannot be read, which is then skipped.
    """
    try:
        paths = picture_paths(folder)
    except OSError as error:
        raise LocalizerError(
            f"{folder} is not a folder that can be read: {error.strerror}; "
            "give --images a folder of pictures"
        ) from error
    if not paths:
        raise LocalizerError(
            f"{folder} holds no picture ({', '.join(SUFFIXES)}); give --images another folder"
        )
    index = 0
    for path in paths:
        try:
            pixels = read_image(path)
        except LocalizerError as error:
            warn(f"skipped: {error}")
            continue
        yield Frame(pixels, index, time.monotonic(), str(path), sequence=index)
        index += 1
    if index == 0:
        raise LocalizerError(
            f"not one of the {len(paths)} picture files in {folder} can be read; "
            "copy them again or give --images another folder"
        )


def video(path: Path, warn: Callable[[str], None], fps: float | None = None) -> Source:
    """Each frame of a video file once, upright, numbered as in the file.

    warn: gets one sentence if the video ends before the number of frames that it promises.
    fps: frames that are given for each second of the film at most; None gives all.
    """
    capture = _opened(path)
    count = given = 0
    try:
        promised = _promised(capture, path)
        rate, pace = _rate(capture), Pace(fps)
        while tries := tries_to_grab(capture):
            count += tries - 1  # a frame that cannot be decoded is passed over and counts
            pixels = retrieved(capture) if pace.takes(count / rate) else None
            if pixels is not None:
                yield Frame(pixels, count, time.monotonic(), sequence=count)
                given += 1
            count += 1
    finally:
        capture.release()
    if given == 0:
        raise LocalizerError(f"{path} has no frame that can be read; copy or record it again")
    if count < promised:
        warn(
            f"{path.name} ended after {count} of the {promised} frames that it promises; "
            "it may be cut short, copy it again if the rest matters"
        )


def frame_rate(path: Path) -> float:
    """Frames per second of a video file; raises LocalizerError as ``video`` does."""
    capture = _opened(path)
    try:
        return _rate(capture)
    finally:
        capture.release()


def _rate(capture: cv2.VideoCapture) -> float:
    rate = float(capture.get(cv2.CAP_PROP_FPS))
    return rate if 1.0 <= rate <= 240.0 else _USUAL_RATE  # NaN compares false


def _opened(path: Path) -> cv2.VideoCapture:
    if not is_file(path):
        raise LocalizerError(f"{path} is not a file; give --video a video file")
    # Absolute, or FFmpeg would read "a:b.mp4" as a protocol.
    capture = cv2.VideoCapture(for_opencv(path.resolve()), cv2.CAP_FFMPEG)
    if not capture.isOpened():
        raise LocalizerError(
            f"{path} is not a video that FFmpeg can read; give --video an MP4, or copy it again"
        )
    return capture


def _promised(capture: cv2.VideoCapture, path: Path) -> int:
    """How many frames the file surely has if it is whole; 0 where that cannot be known."""
    count, rate = capture.get(cv2.CAP_PROP_FRAME_COUNT), capture.get(cv2.CAP_PROP_FPS)
    if not (math.isfinite(count) and math.isfinite(rate)) or count <= 0:
        return 0
    if path.suffix.lower() in _COUNTED:
        return int(count)
    return max(0, int(count - rate))  # an estimate may be off by a longer sound track
