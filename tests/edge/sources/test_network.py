import os
import signal
import socket
import threading
from contextlib import closing
from itertools import islice

import cv2
import numpy as np
import pytest

from edge.errors import Absent, LocalizerError
from edge.source_options import SourceOptions
from edge.sources.network import frames, is_url, opened, reason, without_password
from edge.sources.reopening import Reopening


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("rtsp://10.0.0.7/stream", True),
        ("RTSP://10.0.0.7/stream", True),
        ("https://camera.local/a.mjpg", True),
        ("ftp://camera.local/a", False),
        ("rtsp", False),
        ("/dev/video0", False),
        ("clip.mp4", False),
    ],
)
def test_a_url_is_known_by_its_scheme(text, answer):
    assert is_url(text) is answer


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("rtsp://me:p@ss@10.0.0.7:554/a", "rtsp://10.0.0.7:554/a"),
        ("http://10.0.0.7/a@b", "http://10.0.0.7/a@b"),
    ],
)
def test_user_and_password_are_not_shown(url, shown):
    assert without_password(url) == shown


class TestWhyItCannotBeOpened:
    def test_nothing_listens(self):
        with closing(socket.create_server(("127.0.0.1", 0))) as server:
            port = server.getsockname()[1]
        error = reason(f"rtsp://me:secret@127.0.0.1:{port}/cam")
        assert isinstance(error, Absent)
        assert str(error).startswith(f"nothing answers at 127.0.0.1:{port} (")
        assert str(error).endswith("; switch the camera on, or check its address")

    def test_it_asks_the_port_of_the_scheme(self):
        asked = []

        def connect(address, timeout):
            asked.append(address)
            raise TimeoutError("timed out")

        for url in ("rtsp://camera/a", "http://camera/a", "https://camera:8443/a"):
            assert isinstance(reason(url, connect), Absent)
        assert asked == [("camera", 554), ("camera", 80), ("camera", 8443)]

    def test_it_answers_but_gives_no_video(self):
        with closing(socket.create_server(("127.0.0.1", 0))) as server:
            error = reason(f"rtsp://me:secret@127.0.0.1:{server.getsockname()[1]}/cam")
        assert not isinstance(error, Absent)
        assert "/cam answers but sends no video that FFmpeg can read; check its path" in str(error)
        assert "secret" not in str(error)

    @pytest.mark.parametrize(
        "url", ["rtsp:///a", "rtsp://host:99999/a", "rtsp://host:b/a", "rtsp://[::1/a"]
    )
    def test_it_names_no_place(self, url):
        assert "names no host and port; write rtsp://HOST:PORT/PATH" in str(reason(url))

    @pytest.mark.parametrize("host", ["a..b", "a" * 70])
    def test_it_names_no_host_that_can_be(self, host):
        assert str(reason(f"http://{host}/x")).startswith(f"nothing answers at {host}:80 (")


class TestMjpeg:
    def test_frames_are_rgb_numbered_and_stamped(self, mjpeg_camera):
        red = np.full((48, 64, 3), (0, 0, 255), np.uint8)
        mjpeg_camera.parts = [cv2.imencode(".jpg", red)[1].tobytes()] * 9
        first, second = islice(frames(mjpeg_camera.url, now=lambda: 50.0), 2)
        assert first.pixels[24, 32] == pytest.approx([254, 0, 0], abs=3)
        assert (first.index, second.index) == (0, 1)
        assert first.captured_at == 50.0
        assert second.sequence > first.sequence

    def test_a_stream_that_ends_is_lost(self, mjpeg_camera):
        mjpeg_camera.parts = [mjpeg_camera.jpeg(100)] * 9
        with pytest.raises(LocalizerError, match="/cam sends no picture any more, after . frames;"):
            list(frames(mjpeg_camera.url))

    def test_a_broken_picture_is_passed_over(self, mjpeg_camera):
        good = [mjpeg_camera.jpeg(100)] * 9
        mjpeg_camera.parts = [*good, b"no jpeg", *good, good[0][:200], b"", *good]
        count = 0
        with pytest.raises(LocalizerError, match="sends no picture any more"):
            for _ in frames(mjpeg_camera.url):
                count += 1
        assert count > 18  # of both sides of what is broken; FFmpeg keeps the first for itself

    def test_the_size_may_change(self, mjpeg_camera):
        mjpeg_camera.parts = [mjpeg_camera.jpeg(100)] * 9 + [mjpeg_camera.jpeg(200, 128, 96)] * 9
        greys = []
        with pytest.raises(LocalizerError, match="sends no picture any more"):
            for frame in frames(mjpeg_camera.url):
                greys.append(frame.pixels.mean())
        assert greys[0] == pytest.approx(100, abs=3)
        assert greys[-1] == pytest.approx(200, abs=3)

    def test_a_stalled_stream_fails(self, mjpeg_camera):
        mjpeg_camera.parts = [mjpeg_camera.jpeg(100)] * 9 + [threading.Event()]
        with pytest.raises(LocalizerError, match="sends no picture any more"):
            list(frames(mjpeg_camera.url))

    def test_a_wrong_path_is_told(self, mjpeg_camera):
        with pytest.raises(LocalizerError, match="/nothing answers but sends no video that FFmpeg"):
            next(frames(mjpeg_camera.url.replace("/cam", "/nothing")))

    def test_a_slow_rate_takes_its_share(self, mjpeg_camera):
        mjpeg_camera.parts = [mjpeg_camera.jpeg(100)] * 40
        clock = iter(number / 10 for number in range(1000))
        # now() is asked three times a picture: before and after a try, and for its moment
        source = frames(mjpeg_camera.url, SourceOptions(fps=1.0), now=lambda: next(clock))
        moments = [frame.captured_at for frame in islice(source, 3)]
        assert np.diff(moments) == pytest.approx([1.0, 1.0], abs=0.2)

    def test_it_is_opened_again_where_it_was(self, mjpeg_camera):
        mjpeg_camera.parts = [mjpeg_camera.jpeg(100)] * 9
        told = []
        source = Reopening(lambda: frames(mjpeg_camera.url), lambda _: False, told.append)
        indices = [frame.index for frame in islice(source.frames(), 20)]
        assert indices == sorted(set(indices))
        assert source.health.reopened >= 1
        assert "trying again: http://127.0.0.1" in told[0]


class TestRtsp:
    def test_a_real_server_gives_frames_and_dies_and_comes_back(self, rtsp_camera):
        process, url = rtsp_camera()
        source = frames(url)
        first, second = islice(source, 2)
        assert first.pixels.shape == (240, 320, 3)
        assert first.pixels[120, 160] == pytest.approx([254, 0, 0], abs=8)
        assert second.sequence > first.sequence
        process.kill()
        with pytest.raises(LocalizerError, match="/cam sends no picture any more, after "):
            list(source)
        with pytest.raises(Absent, match="nothing answers at 127.0.0.1:"):
            next(frames(url))
        _, again = rtsp_camera()
        assert next(frames(again)).index == 0

    def test_a_server_that_hangs_is_lost(self, rtsp_camera):
        process, url = rtsp_camera()
        source = frames(url)
        next(source)
        os.kill(process.pid, signal.SIGSTOP)
        with pytest.raises(LocalizerError, match="sends no picture any more"):
            list(source)

    def test_a_wrong_path_is_told(self, rtsp_camera):
        _, url = rtsp_camera()
        with pytest.raises(LocalizerError, match="/none answers but sends no video"):
            next(frames(url.replace("/cam", "/none")))


def test_ffmpegs_settings_are_for_this_opening_only(monkeypatch):
    seen = []

    def capture(url, backend, limits):
        seen.append(os.environ["OPENCV_FFMPEG_CAPTURE_OPTIONS"])

    monkeypatch.setattr(cv2, "VideoCapture", capture)
    monkeypatch.delenv("OPENCV_FFMPEG_CAPTURE_OPTIONS", raising=False)
    opened("rtsp://camera/a")
    opened("http://camera/a")
    assert seen[0].startswith("rtsp_transport;tcp|analyzeduration;200000")
    assert seen[1].startswith("analyzeduration;200000")
    assert "OPENCV_FFMPEG_CAPTURE_OPTIONS" not in os.environ


def test_the_users_own_settings_stay(monkeypatch):
    seen = []
    monkeypatch.setattr(
        cv2, "VideoCapture", lambda *_: seen.append(os.environ["OPENCV_FFMPEG_CAPTURE_OPTIONS"])
    )
    monkeypatch.setenv("OPENCV_FFMPEG_CAPTURE_OPTIONS", "rtsp_transport;udp")
    opened("rtsp://camera/a")
    assert seen == [os.environ["OPENCV_FFMPEG_CAPTURE_OPTIONS"]] == ["rtsp_transport;udp"]
