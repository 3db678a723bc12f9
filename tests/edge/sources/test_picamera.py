import sys

import numpy as np
import pytest

from edge.errors import LocalizerError
from edge.sources.picamera import cameras, frames


class Request:
    def __init__(self, camera):
        self.camera = camera
        self.released = False

    def make_array(self, name):
        assert not self.released and name == "main"
        width, height = self.camera.configured["main"]["size"]
        return np.full((height, width, 3), (1, 2, 3), np.uint8)  # "RGB888" is B, G, R in memory

    def get_metadata(self):
        assert not self.released
        return self.camera.metadata

    def release(self):
        assert not self.released, "released twice"
        self.released = True
        self.camera.out -= 1


class Picamera2:
    """As strict as the real one: an order of calls, few buffers, one user."""

    listed = (
        {"Num": 0, "Model": "imx708", "Id": "/base/soc/i2c0mux/i2c@1/imx708@1a"},
        {"Num": 1, "Model": "HD Webcam", "Id": "/base/soc/usb@7e980000/usb1-1.2"},
    )
    frames = 3
    fails = None
    metadata = {"SensorTimestamp": 9_900_000_000}  # noqa: RUF012
    opened: list = []  # noqa: RUF012

    @staticmethod
    def global_camera_info():
        return [dict(camera) for camera in Picamera2.listed]

    def __init__(self, number):
        if self.fails == "open":
            raise RuntimeError("Camera __init__ sequence did not complete.")
        if number >= len(self.listed):
            raise IndexError("list index out of range")
        self.calls = []
        self.out = 0
        self.left = self.frames
        type(self).opened.append(self)

    def create_video_configuration(self, main, buffer_count, queue, controls):
        assert main["format"] == "RGB888" and controls["FrameRate"] > 0
        assert not queue, "a queued frame is an old one"
        return {"main": dict(main), "buffers": buffer_count, "aligned": False}

    def align_configuration(self, config):
        config["aligned"] = True

    def configure(self, config):
        assert config["aligned"]
        self.configured = config

    def start(self):
        assert self.configured
        if self.fails == "start":
            raise RuntimeError("Failed to start camera")
        self.calls.append("start")

    def capture_request(self, wait):
        assert wait is False, "a call that waits cannot time out"
        assert self.calls == ["start"]
        return object()

    def wait(self, job, timeout):
        assert timeout is not None
        if self.left == 0 or self.out >= self.configured["buffers"] - 1:
            raise TimeoutError
        self.left -= 1
        self.out += 1
        return Request(self)

    def stop(self):
        self.calls.append("stop")

    def close(self):
        self.calls.append("close")
        raise OSError("no /dev/dma_heap")  # as it may where the heap is absent


@pytest.fixture
def module():
    """A module that has a fresh Picamera2."""
    return type("picamera2", (), {"Picamera2": type("Fresh", (Picamera2,), {"opened": []})})


def test_camera_modules_are_listed_and_usb_is_left_to_v4l2(module):
    assert cameras(module) == {0: "imx708"}


def test_frames_are_rgb_numbered_and_released(module):
    module.Picamera2.frames = 9  # more than there are buffers
    source = frames(0, module)
    first = next(source)
    assert first.pixels.shape == (480, 640, 3)
    assert first.pixels[0, 0].tolist() == [3, 2, 1]
    assert [next(source).index for _ in range(8)] == list(range(1, 9))
    (camera,) = module.Picamera2.opened
    assert camera.out == 0
    source.close()
    assert camera.calls == ["start", "stop", "close"]


def test_the_sensors_stamp_is_brought_to_the_monotonic_clock(module):
    # the machine slept for 3 s: at 10 s since boot the monotonic clock stands at 7 s
    frame = next(frames(0, module, clocks=lambda: (7.0, 10_000_000_000)))
    assert frame.captured_at == pytest.approx(6.9)


def test_a_frame_without_a_stamp_was_taken_now(module):
    module.Picamera2.metadata = {}
    assert next(frames(0, module, clocks=lambda: (7.0, 10_000_000_000))).captured_at == 7.0


def test_a_stalled_camera_is_told_and_closed(module):
    module.Picamera2.frames = 1
    source = frames(0, module, timeout=0.5)
    next(source)
    with pytest.raises(LocalizerError, match=r"camera 0 gave no frame for 0.5 s, after 1 frames"):
        next(source)
    assert module.Picamera2.opened[0].calls == ["start", "stop", "close"]


def test_a_camera_that_is_in_use_is_told(module):
    module.Picamera2.fails = "open"
    with pytest.raises(
        LocalizerError, match=r"camera 0 cannot be opened \(Camera __init__ .*close"
    ):
        next(frames(0, module))


def test_a_camera_that_does_not_start_is_told_and_closed(module):
    module.Picamera2.fails = "start"
    with pytest.raises(LocalizerError, match=r"camera 0 cannot be opened \(Failed to start"):
        next(frames(0, module))
    assert module.Picamera2.opened[0].calls == ["stop", "close"]


def test_a_number_that_libcamera_does_not_list_is_told(module):
    with pytest.raises(LocalizerError, match="camera 7 cannot be opened"):
        next(frames(7, module))


def test_without_picamera2_the_sentence_says_where_it_comes_from(monkeypatch):
    monkeypatch.setitem(sys.modules, "picamera2", None)  # import then raises ImportError
    with pytest.raises(LocalizerError, match=r"from apt .*--system-site-packages"):
        cameras()
