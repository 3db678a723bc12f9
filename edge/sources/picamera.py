"""Raspberry Pi camera modules, through libcamera and picamera2."""

from __future__ import annotations

import contextlib
import importlib
import math
import os
import threading
import time
from collections.abc import Callable, Container
from typing import Any

import cv2
import numpy as np

from edge.errors import Absent, LocalizerError, Refused
from edge.image import Image
from edge.observation import Frame
from edge.source_options import SourceOptions
from edge.sources import Source
from edge.sources.pace import Pace

_SIZE = (640, 480)
_RATE = 30.0  # frames per second
_CLOSING = 3.0  # seconds
_AF_MANUAL, _AF_CONTINUOUS = 0, 2  # libcamera's AfModeEnum


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
    """The camera modules that picamera2 lists, by number, and what they call themselves.

    USB cameras are left to V4L2, which gives them in colours that libcamera does not.
    Raises LocalizerError where picamera2 cannot be imported.
    """
    module = module or load_picamera2()
    return {
        # Picamera2 takes the place in its own list; "Num" is that in libcamera's, which may differ.
        number: str(camera.get("Model", "camera"))
        for number, camera in enumerate(module.Picamera2.global_camera_info())
        if "/usb" not in str(camera.get("Id", "")).lower()
    }


def frames(
    number: int,
    options: SourceOptions = SourceOptions(),  # noqa: B008 - immutable
    wanted: tuple[int, int] | None = None,
    module: Any = None,
    timeout: float = 5.0,
    clocks: Callable[[], tuple[float, int]] = lambda: (
        time.monotonic(),
        time.clock_gettime_ns(time.CLOCK_BOOTTIME),
    ),
) -> Source:
    """What libcamera's camera ``number`` sees.

    wanted: the width and height that the model needs at least; where the camera's own scaler can
        give that more cheaply than the whole picture, a frame's ``small`` is set.
    timeout: seconds, on top of the exposure, after which a camera without a frame counts as
        stalled, a LocalizerError.
    clocks: the monotonic clock in seconds and CLOCK_BOOTTIME in nanoseconds, at once.
    """
    module = module or load_picamera2()
    camera = _started(module, number, options, wanted)
    try:
        if isinstance(options.exposure, float):
            timeout += options.exposure / 1000.0
        small = camera.camera_configuration().get("lores")
        pace = Pace(options.fps)
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
                stamp = request.get_metadata().get("SensorTimestamp")
                captured_at = _captured_at(stamp, *clocks())
                if not pace.takes(captured_at):
                    continue
                bgr = request.make_array("main")
                yuv = request.make_array("lores") if small else None
            finally:
                request.release()  # buffers are few: one kept would stall the camera
            yield Frame(
                cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB).astype(np.uint8, copy=False),
                index,
                captured_at,
                small=None if small is None or yuv is None else rgb_of_yuv420(yuv, *small["size"]),
                sequence=stamp,
            )
            index += 1
    finally:
        _closed(camera)


def small_size(main: tuple[int, int], wanted: tuple[int, int]) -> tuple[int, int] | None:
    """The width and height to ask of the second stream; None where it would save nothing.

    It has the shape of ``main``, or the ISP would show another part of the scene in it, at least
    the ``wanted`` pixels, and a width that is a multiple of 128, which no Raspberry Pi changes.
    """
    divisor = math.gcd(*main)
    width, height = main[0] // divisor, main[1] // divisor
    for times in range(1, divisor):
        size = width * times, height * times
        aligned = size[0] % 128 == 0 and size[1] % 2 == 0
        if aligned and size[0] >= wanted[0] and size[1] >= wanted[1]:
            return size
    return None


def rgb_of_yuv420(yuv: Image, width: int, height: int) -> Image:
    """The RGB picture in planes Y, U, V of full range, as a second stream beside RGB has them.

    yuv: shape (height * 3 / 2, stride), each row filled up to the stride behind its ``width``.
    OpenCV's own conversion of such planes takes them for the narrow range of television, which
    would give the model more contrast than it was trained on.
    """
    stride = yuv.shape[1]
    colours = yuv[height : height + height // 2].reshape(2, height // 2, stride // 2)
    blue, red = (
        cv2.resize(plane[:, : width // 2], (width, height), interpolation=cv2.INTER_LINEAR)
        for plane in colours
    )
    planes = cv2.merge([yuv[:height, :width], red, blue])
    return cv2.cvtColor(planes, cv2.COLOR_YCrCb2RGB).astype(np.uint8, copy=False)


def _started(
    module: Any, number: int, options: SourceOptions, wanted: tuple[int, int] | None
) -> Any:
    width, height = options.size or _SIZE
    main = max(64, width - width % 64), height  # as every Raspberry Pi can align it
    small = small_size(main, wanted) if wanted else None
    camera = None
    try:
        camera = module.Picamera2(number)
        config = camera.create_video_configuration(
            main={"size": main, "format": "RGB888"},  # B, G, R in memory
            # Up to the Raspberry Pi 4 the second stream is YUV only.
            lores={"size": small, "format": "YUV420"} if small else None,
            buffer_count=4,
            queue=False,  # a queued frame would be an old one
            controls=_controls(options, camera.camera_controls, number),
        )
        camera.align_configuration(config)
        camera.configure(config)
        camera.start()
    except Exception as error:  # libcamera raises RuntimeError, IndexError and others
        if camera is not None:
            _closed(camera)
        if isinstance(error, LocalizerError):
            raise
        listed = len(module.Picamera2.global_camera_info())
        kind = LocalizerError if number < listed else Absent
        raise kind(
            f"camera {number} cannot be opened ({error}); close the program that uses it, "
            "and see that rpicam-hello --list-cameras names it"
        ) from error
    return camera


def _controls(options: SourceOptions, has: Container[str], number: int) -> dict[str, Any]:
    """The controls that ``options`` ask for; Refused for one that the camera does not have."""
    # Never a slow rate: the camera would expose longer. What is too much is left out.
    rate = max(options.fps or 0.0, _RATE)
    controls: dict[str, Any] = {}
    if options.exposure is not None:
        _require("ExposureTime" in has, "exposure that can be set", "--exposure", number)
        if options.exposure == "auto":
            controls["AeEnable"] = True
        else:
            rate = min(rate, 1000.0 / options.exposure)
            controls |= {"AeEnable": False, "ExposureTime": round(1000.0 * options.exposure)}
    if options.focus is not None:
        _require("AfMode" in has, "lens that moves", "--focus", number)
        if options.focus == "auto":
            controls["AfMode"] = _AF_CONTINUOUS
        else:
            controls |= {"AfMode": _AF_MANUAL, "LensPosition": options.focus}
    return {"FrameRate": rate, **controls}


def _require(there: bool, what: str, option: str, number: int) -> None:
    if not there:
        raise Refused(f"camera {number} has no {what}; leave {option} out")


def _closed(camera: Any) -> None:
    """Close ``camera``, but wait no longer than 3 s for it.

    Picamera2's ``close`` ends its own thread and stops the camera. Its ``stop`` is left to it: that
    asks the thread, and where the thread has died it would wait for ever with the camera taken.
    """

    def close() -> None:
        with contextlib.suppress(Exception):  # what is broken may fail to close
            camera.close()

    closing = threading.Thread(target=close, name="close camera", daemon=True)
    closing.start()
    closing.join(_CLOSING)


def _captured_at(stamp: int | None, monotonic: float, boottime: int) -> float:
    """A SensorTimestamp on the monotonic clock.

    libcamera stamps with CLOCK_BOOTTIME, which also counts the time asleep: the two clocks differ
    by a constant, so the frame's age is the same on both.
    """
    if stamp is None:
        return monotonic
    return monotonic - max(0, boottime - stamp) / 1e9
