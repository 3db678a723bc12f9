import contextlib
import shutil
import subprocess
import sys

import cv2
import numpy as np
import pytest

from edge.errors import LocalizerError
from edge.sinks.encoders import Hardware, Mpeg4, hardware_ffmpeg, opened

SIZE = (64, 48)

KILLED_WHILE_RECORDING = """
import os, signal, sys
from pathlib import Path
import numpy as np
from edge.sinks.encoders import Mpeg4
encoder = Mpeg4(Path(sys.argv[1]), 10.0, (64, 48))
for number in range(45):
    encoder.write(np.full((48, 64, 3), 20 * number % 240, np.uint8))
os.kill(os.getpid(), signal.SIGKILL)
"""


def grey(number):
    return np.full((SIZE[1], SIZE[0], 3), 20 * number % 240, np.uint8)


@pytest.fixture
def ffmpeg():
    program = shutil.which("ffmpeg")
    if program is None:
        pytest.skip("ffmpeg is not installed (apt install ffmpeg)")
    return program


@pytest.fixture
def board(tmp_path):
    """A board with an H.264 encoder, as the kernel shows it, and a stand-in of ffmpeg.

    Gives the folder of nodes and the $PATH; the stand-in keeps what it was called with, and its
    trial ends with the given status.
    """

    def made(name="bcm2835-codec-encode", status=0):
        node = tmp_path / "nodes" / "video11"
        node.mkdir(parents=True)
        (node / "name").write_text(name + "\n")
        (tmp_path / "bin").mkdir()
        program = tmp_path / "bin" / "ffmpeg"
        program.write_text(f'#!/bin/sh\necho "$@" > {tmp_path}/called\nexit {status}\n')
        program.chmod(0o755)
        return tmp_path / "nodes", str(tmp_path / "bin")

    return made


def test_every_frame_is_in_the_file(tmp_path, frames_of):
    encoder = Mpeg4(tmp_path / "a.mp4", 10.0, SIZE)
    for number in range(45):  # two fragments of two seconds, and a rest
        encoder.write(grey(number))
    encoder.close()
    frames = frames_of(tmp_path / "a.mp4")
    assert [round(float(frame.mean()) / 20) for frame in frames] == [n % 12 for n in range(45)]
    assert [path.name for path in tmp_path.iterdir()] == ["a.mp4"]


def test_killed_it_leaves_a_file_that_plays_but_for_its_last_two_seconds(tmp_path, frames_of):
    path = tmp_path / "a.mp4"
    done = subprocess.run([sys.executable, "-c", KILLED_WHILE_RECORDING, path], check=False)
    assert done.returncode == -9
    assert len(frames_of(path)) == 40


def test_a_size_that_cannot_be_encoded_is_told(tmp_path):
    with pytest.raises(LocalizerError, match="cannot be encoded at 0x0 and 10 frames per second; "):
        Mpeg4(tmp_path / "a.mp4", 10.0, (0, 0))


def test_a_board_with_an_encoder_that_works_is_found(board, tmp_path):
    nodes, search = board()
    assert hardware_ffmpeg(SIZE, nodes, search) == f"{search}/ffmpeg"
    called = (tmp_path / "called").read_text()
    assert "color=s=64x48" in called and "-c:v h264_v4l2m2m" in called


@pytest.mark.parametrize(
    ("name", "status"), [("bcm2835-codec-decode", 0), ("bcm2835-codec-encode", 1)]
)
def test_a_board_without_an_encoder_or_with_one_that_refuses_is_not_assumed(name, status, board):
    nodes, search = board(name, status)
    assert hardware_ffmpeg(SIZE, nodes, search) is None


def test_without_ffmpeg_there_is_no_hardware(board, tmp_path):
    nodes, _ = board()
    assert hardware_ffmpeg(SIZE, nodes, str(tmp_path)) is None


def test_opencv_takes_over_where_there_is_no_hardware(tmp_path):
    encoder = opened(tmp_path / "a.mp4", 10.0, SIZE, hardware=lambda size: None)
    assert isinstance(encoder, Mpeg4)
    encoder.close()


def test_a_folder_that_is_no_utf8_is_told_where_clips_have_to_be_made_in_it(tmp_path, monkeypatch):
    folder = tmp_path / "\udcff"
    folder.mkdir()
    monkeypatch.setattr("os.access", lambda *asked: False)  # no memory file system
    with pytest.raises(LocalizerError, match="is no UTF-8, which OpenCV cannot open"):
        Mpeg4(folder / "a.mp4", 10.0, SIZE)


def test_a_process_of_ffmpeg_encodes_h264(ffmpeg, tmp_path, frames_of):
    # The same process with an encoder that any machine has.
    path = tmp_path / "a.mp4"
    encoder = Hardware(path, 10.0, SIZE, ffmpeg, encoder="libx264")
    for number in range(45):
        encoder.write(grey(number))
    encoder.close()
    frames = frames_of(path)
    assert [round(float(frame.mean()) / 20) for frame in frames] == [n % 12 for n in range(45)]
    assert encoder.length == path.stat().st_size > 0
    capture = cv2.VideoCapture(str(path), cv2.CAP_FFMPEG)
    assert int(capture.get(cv2.CAP_PROP_FOURCC)).to_bytes(4, "little") in (b"h264", b"avc1")
    assert capture.get(cv2.CAP_PROP_FRAME_COUNT) == 45


def test_a_process_that_ends_early_is_told_with_its_last_words(tmp_path):
    program = tmp_path / "ffmpeg"
    program.write_text("#!/bin/sh\necho 'No space left on device' >&2\nexit 3\n")
    program.chmod(0o755)
    encoder = Hardware(tmp_path / "a.mp4", 10.0, SIZE, str(program))
    with pytest.raises(LocalizerError, match=r"ended with 3 \(No space left on device\); make"):
        for _ in range(100):  # until the pipe of a process that has gone is found broken
            encoder.write(grey(0))
    with pytest.raises(LocalizerError, match="ended with 3"):
        encoder.close()


def test_a_full_disk_is_told_and_what_is_recorded_stays(small_disk, frames_of):
    encoder = Mpeg4(small_disk / "a.mp4", 10.0, (160, 120))
    noise = np.random.default_rng(0)
    with pytest.raises(LocalizerError, match="cannot be written: No space left on device; make"):
        for _ in range(2000):
            encoder.write(noise.integers(0, 255, (120, 160, 3), np.uint8))
    with contextlib.suppress(LocalizerError):  # there may be room for the index, or not
        encoder.close()
    kept = len(frames_of(small_disk / "a.mp4"))
    assert kept > 0 and kept % 20 == 0
