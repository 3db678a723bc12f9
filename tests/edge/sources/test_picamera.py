import sys
import threading

import numpy as np
import pytest

from edge.errors import Absent, LocalizerError, Refused
from edge.source_options import SourceOptions
from edge.sources.picamera import cameras, frames, rgb_of_yuv420, small_size


class Request:
    def __init__(self, camera):
        self.camera = camera
        self.released = False

    def make_array(self, name):
        assert not self.released
        self.camera.made.append(name)
        stream = self.camera.configured[name]
        width, height = stream["size"]
        if name == "main":
            return np.full((height, width, 3), (1, 2, 3), np.uint8)  # "RGB888" is B, G, R in memory
        # Full range: this Y, U, V is red. What is behind the width of a row is left from before.
        yuv = np.full((height * 3 // 2, stream["stride"]), 77, np.uint8)
        yuv[:height, :width] = 76
        planes = yuv[height:].reshape(2, height // 2, stream["stride"] // 2)
        planes[0, :, : width // 2], planes[1, :, : width // 2] = 85, 255
        return yuv

    def get_metadata(self):
        assert not self.released
        return {"SensorTimestamp": next(self.camera.stamps)} if self.camera.stamps else {}

    def release(self):
        assert not self.released, "released twice"
        self.released = True
        self.camera.out -= 1


class Picamera2:
    """As strict as the real one: an order of calls, few buffers, one user, aligned streams."""

    # Sorted by picamera2; "Num" is the place in libcamera's own list.
    listed = (
        {"Num": 2, "Model": "imx708", "Id": "/base/soc/i2c0mux/i2c@1/imx708@1a"},
        {"Num": 1, "Model": "imx219", "Id": "/base/soc/i2c0mux/i2c@0/imx219@10"},
        {"Num": 0, "Model": "HD Webcam", "Id": "/base/soc/usb@7e980000/usb1-1.2"},
    )
    frames = 3
    fails = None
    stamps = None
    stride = 64  # bytes that a row of the small picture is rounded up to
    camera_controls = {"ExposureTime": (1, 2, 3), "AfMode": (0, 2, 0)}  # noqa: RUF012
    opened: list = []  # noqa: RUF012

    @staticmethod
    def global_camera_info():
        return [dict(camera) for camera in Picamera2.listed]

    def __init__(self, number):
        if self.fails == "open":
            raise RuntimeError("Camera __init__ sequence did not complete.")
        if number >= len(self.listed):
            raise RuntimeError(f"No camera number {number} found")  # of old, IndexError
        self.model = self.listed[number]["Model"]
        self.calls = []
        self.made = []
        self.out = 0
        self.left = self.frames
        type(self).opened.append(self)

    def create_video_configuration(self, main, lores, buffer_count, queue, controls):
        assert main["format"] == "RGB888" and controls["FrameRate"] > 0
        assert not queue, "a queued frame is an old one"
        assert set(controls) - {"FrameRate", "AeEnable", "LensPosition"} <= set(
            self.camera_controls
        )
        if lores is not None:
            assert lores["format"] == "YUV420", "up to the Pi 4 the second stream is YUV only"
            assert lores["size"][0] <= main["size"][0] and lores["size"][1] <= main["size"][1]
            assert not any(side % 2 for side in lores["size"])
            lores = dict(lores)
        self.asked = controls
        return {"main": dict(main), "lores": lores, "buffers": buffer_count, "aligned": False}

    def align_configuration(self, config):
        for name, multiple in (("main", 64), ("lores", 128)):  # as on a Pi 5
            if config[name] is not None:
                width, height = config[name]["size"]
                config[name]["size"] = width - width % multiple, height - height % 2
        config["aligned"] = True

    def configure(self, config):
        assert config["aligned"]
        for stream in (config["main"], config["lores"]):
            if stream is not None:
                stream["stride"] = -(-stream["size"][0] // self.stride) * self.stride
        self.configured = config

    def camera_configuration(self):
        return self.configured

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

    def stop(self):  # it asks the camera's thread, and waits for ever where that has died
        self.calls.append("stop")

    def close(self):  # it stops the camera first
        self.calls.append("close")
        raise OSError("no /dev/dma_heap")  # as it may where the heap is absent


@pytest.fixture
def module():
    """A module that has a fresh Picamera2."""
    return type("picamera2", (), {"Picamera2": type("Fresh", (Picamera2,), {"opened": []})})


def test_camera_modules_are_listed_and_usb_is_left_to_v4l2(module):
    assert cameras(module) == {0: "imx708", 1: "imx219"}


@pytest.mark.parametrize("number", [0, 1])
def test_a_listed_number_opens_the_camera_of_that_name(number, module):
    next(frames(number, module=module))
    assert module.Picamera2.opened[0].model == cameras(module)[number]


def test_frames_are_rgb_numbered_and_released(module):
    module.Picamera2.frames = 9  # more than there are buffers
    source = frames(0, module=module)
    first = next(source)
    assert first.pixels.shape == (480, 640, 3)
    assert first.pixels[0, 0].tolist() == [3, 2, 1]
    assert [next(source).index for _ in range(8)] == list(range(1, 9))
    (camera,) = module.Picamera2.opened
    assert camera.out == 0
    source.close()
    assert camera.calls == ["start", "close"]


def test_the_sensors_stamp_is_brought_to_the_monotonic_clock(module):
    module.Picamera2.stamps = iter([9_900_000_000])
    # the machine slept for 3 s: at 10 s since boot the monotonic clock stands at 7 s
    frame = next(frames(0, module=module, clocks=lambda: (7.0, 10_000_000_000)))
    assert frame.captured_at == pytest.approx(6.9)
    assert frame.sequence == 9_900_000_000


def test_a_frame_without_a_stamp_was_taken_now(module):
    frame = next(frames(0, module=module, clocks=lambda: (7.0, 10_000_000_000)))
    assert (frame.captured_at, frame.sequence) == (7.0, None)


def test_a_stalled_camera_is_told_and_closed(module):
    module.Picamera2.frames = 1
    source = frames(0, module=module, timeout=0.5)
    next(source)
    with pytest.raises(LocalizerError, match=r"camera 0 gave no frame for 0.5 s, after 1 frames"):
        next(source)
    assert module.Picamera2.opened[0].calls == ["start", "close"]


def test_a_camera_that_is_in_use_is_told(module):
    module.Picamera2.fails = "open"
    with pytest.raises(
        LocalizerError, match=r"camera 0 cannot be opened \(Camera __init__ .*close"
    ):
        next(frames(0, module=module))


def test_a_camera_that_does_not_start_is_told_and_closed(module):
    module.Picamera2.fails = "start"
    with pytest.raises(LocalizerError, match=r"camera 0 cannot be opened \(Failed to start"):
        next(frames(0, module=module))
    assert module.Picamera2.opened[0].calls == ["close"]


def test_a_number_that_libcamera_does_not_list_is_told(module):
    with pytest.raises(Absent, match="camera 7 cannot be opened"):
        next(frames(7, module=module))


def test_without_picamera2_the_sentence_says_where_it_comes_from(monkeypatch):
    monkeypatch.setitem(sys.modules, "picamera2", None)  # import then raises ImportError
    with pytest.raises(LocalizerError, match=r"from apt .*--system-site-packages"):
        cameras()


def test_the_cameras_scaler_makes_the_models_picture(module):
    frame = next(frames(0, wanted=(224, 224), module=module))
    assert frame.pixels.shape == (480, 640, 3)
    assert frame.small.shape == (288, 384, 3)
    assert frame.small is frame.for_model
    assert frame.small.reshape(-1, 3).min(axis=0).tolist() == pytest.approx([254, 0, 0], abs=2)
    assert frame.small.reshape(-1, 3).max(axis=0).tolist() == pytest.approx([254, 0, 0], abs=2)


def test_a_model_that_wants_the_whole_picture_gets_it(module):
    frame = next(frames(0, wanted=(640, 480), module=module))
    assert frame.small is None
    assert frame.for_model is frame.pixels
    assert module.Picamera2.opened[0].made == ["main"]


@pytest.mark.parametrize(
    ("main", "wanted", "size"),
    [
        ((640, 480), (224, 224), (384, 288)),  # 128 x 96 three times
        ((1280, 720), (224, 224), (512, 288)),  # 128 x 72 four times
        ((640, 480), (96, 96), (128, 96)),
        ((640, 480), (600, 224), None),
        ((1280, 972), (224, 224), (640, 486)),  # 320 x 243 has an odd height
        ((704, 478), (224, 224), None),  # no smaller picture has this shape
    ],
)
def test_the_small_picture_has_the_shape_of_the_large_and_enough_pixels(main, wanted, size):
    assert small_size(main, wanted) == size


@pytest.mark.parametrize("grey", [0, 128, 255])
def test_black_and_white_stay_what_they_are(grey):
    yuv = np.full((48, 64), 128, np.uint8)
    yuv[:32, :40] = grey
    picture = rgb_of_yuv420(yuv, 40, 32)
    assert picture.shape == (32, 40, 3)
    assert (picture == grey).all()


def test_of_a_slow_rate_the_rest_is_released_unread_and_the_exposure_left_alone(module):
    module.Picamera2.frames = 30
    module.Picamera2.stamps = iter(range(10_000_000_000, 11_000_000_000, 33_333_333))
    source = frames(0, SourceOptions(fps=5.0), module=module, clocks=lambda: (20.0, 20_000_000_000))
    with pytest.raises(LocalizerError, match="after 5 frames"):
        list(source)
    (camera,) = module.Picamera2.opened
    assert camera.made == ["main"] * 5
    assert camera.out == 0
    assert camera.asked == {"FrameRate": 30.0}


@pytest.mark.parametrize(
    ("options", "controls"),
    [
        ({"fps": 60.0}, {"FrameRate": 60.0}),
        ({"exposure": 8.0}, {"FrameRate": 30.0, "AeEnable": False, "ExposureTime": 8000}),
        ({"exposure": 500.0}, {"FrameRate": 2.0, "AeEnable": False, "ExposureTime": 500_000}),
        ({"exposure": "auto"}, {"FrameRate": 30.0, "AeEnable": True}),
        ({"focus": "auto"}, {"FrameRate": 30.0, "AfMode": 2}),
        ({"focus": 2.0}, {"FrameRate": 30.0, "AfMode": 0, "LensPosition": 2.0}),
    ],
)
def test_exposure_and_focus_are_the_cameras_own_controls(options, controls, module):
    next(frames(0, SourceOptions(**options), module=module))
    assert module.Picamera2.opened[0].asked == controls


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"focus": "auto"}, "camera 0 has no lens that moves; leave --focus out"),
        ({"exposure": 8.0}, "camera 0 has no exposure that can be set; leave --exposure out"),
    ],
)
def test_what_the_camera_does_not_have_is_refused_and_it_is_closed(options, sentence, module):
    module.Picamera2.camera_controls = {}
    with pytest.raises(Refused, match=sentence):
        next(frames(0, SourceOptions(**options), module=module))
    assert module.Picamera2.opened[0].calls == ["close"]


def test_a_width_that_no_pi_can_align_is_rounded_down(module):
    frame = next(frames(0, SourceOptions(size=(1296, 972)), (224, 224), module))
    assert frame.pixels.shape == (972, 1280, 3)
    assert frame.small.shape == (486, 640, 3)


def test_a_closing_that_hangs_does_not_hold_up_the_reopening(module, monkeypatch):
    released = threading.Event()
    monkeypatch.setattr("edge.sources.picamera._CLOSING", 0.01)
    module.Picamera2.frames = 0
    module.Picamera2.close = lambda self: released.wait(30.0)
    with pytest.raises(LocalizerError, match="camera 0 gave no frame for 5 s"):
        next(frames(0, module=module))
    released.set()
