from pathlib import Path

import pytest

from edge.errors import Absent, LocalizerError, Refused
from edge.sources import v4l2
from edge.sources.choose import (
    Camera,
    NetworkCamera,
    choose,
    device_of,
    found_again,
    listed,
)


def no_picamera2():
    raise LocalizerError("picamera2 cannot be imported; it comes from apt")


def refused():
    raise LocalizerError("/dev/video0 may not be opened by this user")


def none():
    return {}


MODULE = {0: "imx708"}
WEBCAM = {Path("/dev/video2"): "HD Webcam"}


def test_auto_takes_the_camera_module_first():
    camera = choose("auto", lambda: MODULE, lambda: WEBCAM)
    assert (camera.address, str(camera)) == (0, "libcamera 0 (imx708)")


@pytest.mark.parametrize("libcamera", [none, no_picamera2])
def test_auto_then_takes_a_node_that_really_is_a_camera(libcamera):
    camera = choose("auto", libcamera, lambda: WEBCAM)
    assert (camera.address, str(camera)) == (Path("/dev/video2"), "/dev/video2 (HD Webcam)")


def test_auto_without_a_camera_says_what_was_looked_for_and_how_to_get_on():
    with pytest.raises(LocalizerError) as caught:
        choose("auto", no_picamera2, refused)
    for part in ("libcamera", "comes from apt", "/dev/video", "this user", "--video", "--images"):
        assert part in str(caught.value)


def test_a_number_is_libcameras_if_it_lists_that_many():
    assert choose("0", lambda: MODULE, none).address == 0


def test_a_number_is_else_a_node():
    assert choose("2", lambda: MODULE, lambda: WEBCAM).address == Path("/dev/video2")


def test_a_node_is_taken_by_its_path_without_asking_libcamera():
    def asked():
        raise AssertionError("importing picamera2 takes seconds")

    assert choose("/dev/video2", asked, lambda: WEBCAM).address == Path("/dev/video2")


def test_a_link_by_id_means_the_node_behind_it(tmp_path):
    (tmp_path / "video2").touch()
    (tmp_path / "by-id").symlink_to(tmp_path / "video2")
    nodes = {(tmp_path / "video2").resolve(): "HD Webcam"}
    assert choose(str(tmp_path / "by-id"), none, lambda: nodes).name == "HD Webcam"


def test_an_absent_node_names_the_cameras_that_are_there():
    sentence = (
        r"/dev/video77 is not there; there are: libcamera 0 \(imx708\), /dev/video2 \(HD Webcam\)"
    )
    with pytest.raises(LocalizerError, match=sentence):
        choose("77", lambda: MODULE, lambda: WEBCAM)


def test_an_absent_node_where_there_is_no_camera_at_all():
    with pytest.raises(LocalizerError, match="video77 is not there; no camera is there; give"):
        choose("/dev/video77", no_picamera2, none)


def test_a_node_that_is_no_camera_says_so(tmp_path):
    (tmp_path / "video0").touch()
    with pytest.raises(LocalizerError, match=r"video0 gives no pictures by V4L2; there are: "):
        choose(str(tmp_path / "video0"), none, lambda: WEBCAM)


@pytest.mark.parametrize("wanted", ["front", "", "-1", "clip.mp4", "ftp://camera/1"])
def test_anything_else_is_refused(wanted):
    with pytest.raises(Refused, match=f"takes auto, .*rtsp://, .*fake:shapes.*: {wanted}$"):
        choose(wanted, none, none)


@pytest.mark.parametrize("wanted", [5000 * "9", "rtsp://camera/\udcff"])
def test_what_would_end_the_process_is_refused_too(wanted):
    with pytest.raises(Refused, match="takes auto, .*rtsp://, .*fake:shapes"):
        choose(wanted, none, none)


def test_a_node_where_nobody_may_look_is_told(tmp_path):
    (tmp_path / "video0").symlink_to("video0")
    with pytest.raises(LocalizerError, match="video0 cannot be looked at: Too many levels"):
        choose(str(tmp_path / "video0"), none, lambda: WEBCAM)


def test_a_password_is_never_shown():
    camera = choose("rtsp://me:secret@10.0.0.7/stream", none, none)
    assert str(camera) == "rtsp://10.0.0.7/stream"
    with pytest.raises(Refused) as caught:
        choose("ftp://me:secret@10.0.0.7/stream", none, none)
    assert "secret" not in str(caught.value)


def test_an_unknown_scene_names_the_good_ones():
    with pytest.raises(Refused, match="fake:nothing is no scene .* fake:shapes, fake:rectangle, "):
        choose("fake:nothing", none, none)


def test_absence_is_told_apart_from_nonsense():
    for wanted in ("auto", "7", "/dev/video7"):
        with pytest.raises(Absent):
            choose(wanted, none, none)


def test_the_list_says_what_camera_takes(monkeypatch):
    stable = Path("/dev/v4l/by-id/usb-HD_Webcam-video-index0")
    monkeypatch.setattr(v4l2, "stable_name", lambda node: stable)
    assert listed(lambda: MODULE, lambda: WEBCAM) == [
        "0  imx708 (libcamera)",
        f"{stable}  HD Webcam (/dev/video2)",
    ]


def test_an_empty_list_is_the_sentence_about_no_camera():
    with pytest.raises(Absent, match="no camera is there: libcamera lists none"):
        listed(no_picamera2, none)


def test_a_chosen_camera_keeps_the_name_that_outlives_its_number(monkeypatch):
    stable = Path("/dev/v4l/by-id/usb-HD_Webcam-video-index0")
    monkeypatch.setattr(v4l2, "stable_name", lambda node: stable)
    for wanted in ("auto", "2", "/dev/video2"):
        assert choose(wanted, none, lambda: WEBCAM).address == stable


def test_a_camera_that_auto_chose_is_found_under_its_new_number():
    chosen = choose("auto", none, lambda: WEBCAM)
    assert found_again(chosen, lambda: WEBCAM) is chosen
    there = {Path("/dev/video2"): "TV card", Path("/dev/video3"): "HD Webcam"}
    assert found_again(chosen, lambda: there).address == Path("/dev/video3")


def test_another_camera_does_not_take_the_place_of_the_one_that_auto_chose():
    chosen = choose("auto", none, lambda: WEBCAM)
    with pytest.raises(
        Absent, match=r"^/dev/video2 \(HD Webcam\) is not there; plug the camera in"
    ):
        found_again(chosen, lambda: {Path("/dev/video2"): "TV card"})


@pytest.mark.parametrize(
    "lost",
    [
        choose("auto", lambda: MODULE, none),
        NetworkCamera("rtsp://a"),
        Camera(v4l2.BY_ID / "usb-HD_Webcam_1234-video-index0", "HD Webcam"),
    ],
)
def test_what_has_no_number_or_a_stable_name_is_left_as_it_was_chosen(lost):
    assert found_again(lost, lambda: WEBCAM) is lost


def test_a_device_that_was_plugged_in_again_is_another(tmp_path):
    node = tmp_path / "video0"
    camera = Camera(node, "webcam")
    assert device_of(camera) is None
    node.touch()
    first = device_of(camera)
    assert first == device_of(camera) is not None
    node.rename(tmp_path / "gone")  # so that its inode is not given again
    node.touch()
    assert device_of(camera) not in (first, None)
    assert device_of(NetworkCamera("rtsp://a")) is None
