import struct
from pathlib import Path

import cv2
import numpy as np
import pytest

from edge.errors import Absent, LocalizerError, Refused
from edge.source_options import SourceOptions
from edge.sources.v4l2 import camera_name, cameras, frames, stable_name

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


PI = "unicam bcm2835-isp bcm2835-codec rpivid rpi-hevc-dec pispbe rp1-cfe"


@pytest.mark.parametrize("driver", PI.encode().split())
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

    def __init__(self, pictures=2, opens=True, stamps=(), lacks=()):
        self.pictures = [SOME] * pictures if isinstance(pictures, int) else list(pictures)
        self.left = len(self.pictures)
        self.opens = opens
        self.stamps = iter(stamps)
        self.lacks = lacks
        self.asked = {}
        self.grabbed = self.released = False
        self.decoded = 0

    def __call__(self, name, backend):
        self.name, self.backend = name, backend
        return self

    def isOpened(self):  # noqa: N802 - as OpenCV calls it
        return self.opens  # stays true when the plug is pulled

    def set(self, key, value):
        assert self.opens and not self.released
        assert not self.grabbed, "what is asked for is asked before the first picture"
        if (key, value) in self.lacks or key in self.lacks:
            return False
        self.asked[key] = value
        return True

    def get(self, key):
        assert self.grabbed and not self.released
        assert key == cv2.CAP_PROP_POS_MSEC
        return next(self.stamps, 0.0)

    def grab(self):
        assert self.opens and not self.released
        self.grabbed = True
        self.now_there = self.pictures.pop(0) if self.pictures else None
        self.left -= 1
        return self.left >= 0

    def retrieve(self):
        assert self.grabbed and not self.released
        self.decoded += 1
        if isinstance(self.now_there, Exception):
            raise self.now_there
        return self.now_there is not None, self.now_there

    def release(self):
        self.released = True


SOME = np.full((480, 640, 3), (1, 2, 3), np.uint8)


@pytest.fixture
def node(tmp_path):
    path = tmp_path / "video0"
    path.touch()
    return path


def test_frames_are_rgb_and_numbered(node):
    camera = Capture(pictures=2)
    source = frames(node, open_capture=camera, now=lambda: 50.0)
    first, second = next(source), next(source)
    assert first.pixels[0, 0].tolist() == [3, 2, 1]
    assert (first.index, second.index) == (0, 1)
    assert (camera.name, camera.backend) == (str(node), cv2.CAP_V4L2)
    source.close()
    assert camera.released


def test_mjpg_is_asked_for_before_the_size_and_the_size_before_the_rate(node):
    camera = Capture()
    next(frames(node, open_capture=camera))
    assert list(camera.asked.items()) == [
        (cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*"MJPG")),
        (cv2.CAP_PROP_FRAME_WIDTH, 640),
        (cv2.CAP_PROP_FRAME_HEIGHT, 480),
        (cv2.CAP_PROP_FPS, 30.0),
        (cv2.CAP_PROP_BUFFERSIZE, 1),
    ]


def test_another_size_and_a_higher_rate_are_asked_for(node):
    camera = Capture()
    next(frames(node, SourceOptions(size=(1280, 720), fps=60.0), camera))
    assert camera.asked[cv2.CAP_PROP_FRAME_WIDTH] == 1280
    assert camera.asked[cv2.CAP_PROP_FRAME_HEIGHT] == 720
    assert camera.asked[cv2.CAP_PROP_FPS] == 60.0


def test_of_a_slow_rate_the_rest_is_left_undecoded_and_the_exposure_alone(node):
    stamps = [1000.0 * (40 + n / 30) for n in range(30)]
    camera = Capture(pictures=30, stamps=stamps)
    source = frames(node, SourceOptions(fps=5.0), camera, now=lambda: 42.0)
    with pytest.raises(LocalizerError, match="no picture any more, after 5 frames"):
        list(source)
    assert camera.decoded == 5
    assert camera.asked[cv2.CAP_PROP_FPS] == 30.0


def test_exposure_is_given_in_units_of_the_driver(node):
    camera = Capture()
    next(frames(node, SourceOptions(exposure=8.0), camera))
    assert camera.asked[cv2.CAP_PROP_AUTO_EXPOSURE] == 1
    assert camera.asked[cv2.CAP_PROP_EXPOSURE] == 80  # of 0.1 ms


def test_automatic_exposure_takes_the_mode_that_the_driver_has(node):
    camera = Capture(lacks=[(cv2.CAP_PROP_AUTO_EXPOSURE, 3)])
    next(frames(node, SourceOptions(exposure="auto"), camera))
    assert camera.asked[cv2.CAP_PROP_AUTO_EXPOSURE] == 0


def test_a_fixed_focus_ends_the_automatic_one(node):
    camera = Capture()
    next(frames(node, SourceOptions(focus=120.0), camera))
    assert camera.asked[cv2.CAP_PROP_AUTOFOCUS] == 0
    assert camera.asked[cv2.CAP_PROP_FOCUS] == 120


@pytest.mark.parametrize(
    ("options", "lacks", "sentence"),
    [
        ({"focus": 3.0}, cv2.CAP_PROP_FOCUS, "no focus that can be set so; leave --focus out"),
        ({"focus": "auto"}, cv2.CAP_PROP_AUTOFOCUS, "no automatic focus; leave --focus out"),
        ({"exposure": 8.0}, cv2.CAP_PROP_EXPOSURE, "no exposure .* so; leave --exposure out"),
        ({"exposure": "auto"}, cv2.CAP_PROP_AUTO_EXPOSURE, "no automatic exposure; leave --exp"),
    ],
)
def test_what_the_camera_does_not_have_is_refused_and_the_device_freed(
    options, lacks, sentence, node
):
    camera = Capture(lacks=[lacks])
    with pytest.raises(Refused, match=f"video0 has {sentence}"):
        next(frames(node, SourceOptions(**options), camera))
    assert camera.released


def test_a_pulled_plug_is_told_and_the_device_freed(node):
    camera = Capture(pictures=1)
    source = frames(node, open_capture=camera)
    next(source)
    with pytest.raises(LocalizerError, match=r"video0 gives no picture any more, after 1 frames"):
        next(source)
    assert camera.released


def test_a_camera_in_use_is_told_and_the_device_freed(node):
    camera = Capture(opens=False)
    with pytest.raises(LocalizerError, match=r"video0 cannot be opened as a camera; close the"):
        next(frames(node, open_capture=camera))
    assert camera.released


def test_a_node_that_has_gone_is_absent(node):
    node.unlink()
    with pytest.raises(Absent, match=r"video0 is not there; plug the camera in"):
        next(frames(node, open_capture=Capture()))


def test_a_link_is_followed_at_each_opening(tmp_path):
    link, first, second = (tmp_path / name for name in ("by-id", "video0", "video1"))
    for number in (first, second):
        number.touch()
        link.unlink(missing_ok=True)
        link.symlink_to(number)
        camera = Capture()
        next(frames(link, open_capture=camera))
        assert camera.name == str(number)


def test_broken_and_empty_pictures_are_passed_over(node):
    empty = np.zeros((0, 0, 3), np.uint8)
    camera = Capture(pictures=[SOME, None, empty, cv2.error("corrupt"), SOME])
    source = frames(node, open_capture=camera)
    assert [next(source).index for _ in range(2)] == [0, 1]


def test_a_camera_that_gives_only_broken_pictures_is_given_up(node):
    camera = Capture(pictures=[None] * 31)
    with pytest.raises(LocalizerError, match="gave 30 broken pictures in a row; check its cable"):
        next(frames(node, open_capture=camera))
    assert camera.released


def test_the_size_may_change(node):
    small = np.zeros((120, 160, 3), np.uint8)
    source = frames(node, open_capture=Capture(pictures=[SOME, small]))
    assert [next(source).pixels.shape for _ in range(2)] == [(480, 640, 3), (120, 160, 3)]


@pytest.mark.parametrize(
    ("stamp_ms", "captured_at", "sequence"),
    [(49_900.0, 49.9, 49_900_000), (0.0, 50.0, None), (1.7e12, 50.0, None), (-1.0, 50.0, None)],
)
def test_the_drivers_stamp_counts_where_it_is_on_our_clock(stamp_ms, captured_at, sequence, node):
    frame = next(frames(node, open_capture=Capture(stamps=[stamp_ms]), now=lambda: 50.0))
    assert frame.captured_at == pytest.approx(captured_at)
    assert frame.sequence == sequence


def test_a_camera_has_a_name_that_outlives_its_number(tmp_path):
    folder, node = tmp_path / "by-id", tmp_path / "video3"
    assert stable_name(node, folder) == node  # no such folder
    folder.mkdir()
    node.touch()
    (folder / "usb-other-video-index0").symlink_to(tmp_path / "video1")
    assert stable_name(node, folder) == node
    (folder / "usb-HD_Webcam-video-index0").symlink_to(node)
    assert stable_name(node, folder) == folder / "usb-HD_Webcam-video-index0"
