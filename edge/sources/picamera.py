"""Raspberry Pi camera modules, through libcamera and picamera2."""

from __future__ import annotations

import contextlib
import importlib
import os
import time
from collections.abc import Callable
from typing import Any

import cv2
import numpy as np

from edge.errors import LocalizerError
from edge.observation import Frame
from edge.sources import Source

_SIZE = (640, 480)
_RATE = 30.0  # frames per second


def load_picamera2() -> Any:
    """The module picamera2; raises LocalizerError where it cannot be imported."""
    os.environ.setdefault("LIBCAMERA_LOG_LEVELS", "*:ERROR")
    try:
        return importlib.import_module("picamera2")
    # Not only ImportError: apt's simplejpeg under pip's numpy raises ValueError.
    except Exception as error:
        raise LocalizerError(
            f"picamera2 cannot be imported ({error}); on a Raspberry Pi it comes from apt "
            "(sudo apt install python3-picamera2), in a virtual environment made with "
            "python3 -m venv --system-site-packages"
        ) from error


def cameras(module: Any = None) -> dict[int, str]:
    """The camera modules that libcamera lists, by number, and what they call themselves.

    USB cameras are left to V4L2, which gives them in colours that libcamera does not.
    Raises LocalizerError where picamera2 cannot be imported.
    """
    module = module or load_picamera2()
    return {
        int(camera["Num"]): str(camera.get("Model", "camera"))
        for camera in module.Picamera2.global_camera_info()
        if "/usb" not in str(camera.get("Id", "")).lower()
    }


def frames(
    number: int,
    module: Any = None,
    timeout: float = 5.0,
    clocks: Callable[[], tuple[float, int]] = lambda: (
        time.monotonic(),
        time.clock_gettime_ns(time.CLOCK_BOOTTIME),
    ),
) -> Source:
    """What libcamera's camera ``number`` sees.

    timeout: seconds after which a camera without a frame counts as stalled, a LocalizerError.
    clocks: the monotonic clock in seconds and CLOCK_BOOTTIME in nanoseconds, at once.
    """
    module = module or load_picamera2()
    camera = _started(module, number)
    try:
        index = 0
        while True:
            try:
                request = camera.wait(camera.capture_request(wait=False), timeout=timeout)
            except TimeoutError as error:
                raise LocalizerError(
                    f"camera {number} gave no frame for {timeout:g} s, after {index} frames; "
                    "check its ribbon cable and start again"
                ) from error
            try:
                bgr = request.make_array("main")
                stamp = request.get_metadata().get("SensorTimestamp")
            finally:
                request.release()  # buffers are few: one kept would stall the camera
            pixels = cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB).astype(np.uint8, copy=False)
            yield Frame(pixels, index, _captured_at(stamp, *clocks()))
            index += 1
    finally:
        _closed(camera)


def _started(module: Any, number: int) -> Any:
    camera = None
    try:
        camera = module.Picamera2(number)
        config = camera.create_video_configuration(
            main={"size": _SIZE, "format": "RGB888"},  # B, G, R in memory
            buffer_count=4,
            queue=False,  # a queued frame would be an old one
            controls={"FrameRate": _RATE},
        )
        camera.align_configuration(config)
        camera.configure(config)
        camera.start()
    except Exception as error:  # libcamera raises RuntimeError, IndexError and others
        if camera is not None:
            _closed(camera)
        raise LocalizerError(
            f"camera {number} cannot be opened ({error}); close the program that uses it, "
            "and see that rpicam-hello --list-cameras names it"
        ) from error
    return camera


def _closed(camera: Any) -> None:
    for end in (camera.stop, camera.close):
        with contextlib.suppress(Exception):  # what is broken may fail to close; nothing is left
            end()


def _captured_at(stamp: int | None, monotonic: float, boottime: int) -> float:
    """A SensorTimestamp on the monotonic clock.

    libcamera stamps with CLOCK_BOOTTIME, which also counts the time asleep: the two clocks differ
    by a constant, so the frame's age is the same on both.
    """
    if stamp is None:
        return monotonic
    return monotonic - max(0, boottime - stamp) / 1e9
