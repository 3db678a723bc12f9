import struct
from pathlib import Path

import cv2
import numpy as np
import pytest

from edge.errors import LocalizerError
from edge.sources.v4l2 import camera_name, cameras, frames

CAPTURE, CAPTURE_MPLANE, M2M, META = 0x1, 0x1000, 0x8000, 0x0080_0000
STREAMING, DEVICE_CAPS = 0x0400_0000, 0x8000_0000


def capability(driver, card, of_node, of_device=None):
    """A struct v4l2_capability, as VIDIOC_QUERYCAP fills it."""
    whole = (of_node if of_device is None else of_device) | DEVICE_CAPS
    return struct.pack("=16s32s32sIII12x", driver, card, b"usb-1", 0x060C00, whole, of_node)


@pytest.mark.parametrize("captures", [CAPTURE, CAPTURE_MPLANE])
def test_a_webcam_is_a_camera(captures):
    assert camera_name(capability(b"uvcvideo", b"HD Webcam", captures | STREAMING)) == "HD Webcam"


def test_a_webcams_second_node_for_metadata_is_none():
    node = capability(b"uvcvideo", b"HD Webcam", META | STREAMING, of_device=CAPTURE | META)
    assert camera_name(node) is None


@pytest.mark.parametrize(
    "driver",
    [
        b"unicam",
        b"bcm2835-isp",
        b"bcm2835-codec",
        b"rpivid",
        b"rpi-hevc-dec",
        b"pispbe",
        b"rp1-cfe",
    ],
)
def test_a_pis_own_nodes_are_no_cameras(driver):
    assert camera_name(capability(driver, b"something", CAPTURE | STREAMING)) is None


def test_a_codec_and_a_node_that_cannot_stream_are_no_cameras():
    assert camera_name(capability(b"codec", b"codec", M2M | STREAMING)) is None
    assert camera_name(capability(b"tuner", b"tuner", CAPTURE)) is None


def test_an_old_driver_without_device_caps_is_judged_by_the_whole():
    old = struct.pack("=16s32s32sIII12x", b"gspca", b"Old Cam", b"", 0, CAPTURE | STREAMING, 0)
    assert camera_name(old) == "Old Cam"


def test_what_is_no_v4l2_device_is_left_out(tmp_path):
    (tmp_path / "video0").touch()
    assert cameras([tmp_path / "video0", tmp_path / "video1"]) == {}


WEBCAM = capability(b"uvcvideo", b"HD Webcam", CAPTURE | STREAMING)


def test_cameras_come_in_the_order_of_their_numbers():
    nodes = [Path(f"/dev/video{number}") for number in (10, 2, 0)]
    assert list(cameras(nodes, lambda _: WEBCAM)) == [nodes[2], nodes[1], nodes[0]]


def test_a_node_that_this_user_may_not_open_is_told():
    def refuse(node):
        raise PermissionError

    with pytest.raises(LocalizerError, match=r"video0 may not be opened by this user; run sudo"):
        cameras([Path("/dev/video0")], refuse)


def test_a_refused_node_beside_a_camera_does_not_matter():
    def query(node):
        if node.name == "video0":
            raise PermissionError
        return WEBCAM

    assert cameras([Path("/dev/video0"), Path("/dev/video1")], query) == {
        Path("/dev/video1"): "HD Webcam"
    }


class Capture:
    """A camera that is as strict as cv2.VideoCapture is in practice: BGR, and None on failure."""

    def __init__(self, pictures=2, opens=True, stamp=None):
        self.left = pictures
        self.opens = opens
        self.stamp = stamp
        self.asked = {}
        self.read_any = self.released = False

    def __call__(self, name, backend):
        self.name, self.backend = name, backend
        return self

    def isOpened(self):  # noqa: N802 - as OpenCV calls it
        return self.opens  # stays true when the plug is pulled

    def set(self, key, value):
        assert self.opens and not self.released
        assert not self.read_any, "a size is asked for before the first read"
        self.asked[key] = value
        return True

    def get(self, key):
        assert not self.released
        assert key == cv2.CAP_PROP_POS_MSEC
        return 0.0 if self.stamp is None else self.stamp

    def read(self):
        assert self.opens and not self.released
        self.read_any = True
        if self.left == 0:
            return False, None
        self.left -= 1
        return True, np.full((480, 640, 3), (1, 2, 3), np.uint8)

    def release(self):
        self.released = True


@pytest.fixture
def node(tmp_path):
    return tmp_path / "video0"


def test_frames_are_rgb_and_numbered(node):
    camera = Capture(pictures=2)
    source = frames(node, camera, now=lambda: 50.0)
    first, second = next(source), next(source)
    assert first.pixels[0, 0].tolist() == [3, 2, 1]
    assert (first.index, second.index) == (0, 1)
    assert (camera.name, camera.backend) == (str(node), cv2.CAP_V4L2)
    source.close()
    assert camera.released


def test_mjpg_is_asked_for_before_the_size(node):
    camera = Capture()
    next(frames(node, camera))
    assert list(camera.asked) == [
        cv2.CAP_PROP_FOURCC,
        cv2.CAP_PROP_FRAME_WIDTH,
        cv2.CAP_PROP_FRAME_HEIGHT,
        cv2.CAP_PROP_BUFFERSIZE,
    ]
    assert list(camera.asked.values())[1:] == [640, 480, 1]


def test_a_pulled_plug_is_told_and_the_device_freed(node):
    camera = Capture(pictures=1)
    source = frames(node, camera)
    next(source)
    with pytest.raises(LocalizerError, match=r"video0 gives no picture any more, after 1 frames"):
        next(source)
    assert camera.released


def test_a_camera_in_use_is_told_and_the_device_freed(node):
    camera = Capture(opens=False)
    with pytest.raises(LocalizerError, match=r"video0 cannot be opened as a camera; close the"):
        next(frames(node, camera))
    assert camera.released


@pytest.mark.parametrize(
    ("stamp_ms", "captured_at"),
    [(49_900.0, 49.9), (0.0, 50.0), (1.7e12, 50.0), (-1.0, 50.0)],
)
def test_the_drivers_stamp_counts_where_it_is_on_our_clock(stamp_ms, captured_at, node):
    frame = next(frames(node, Capture(stamp=stamp_ms), now=lambda: 50.0))
    assert frame.captured_at == pytest.approx(captured_at)
