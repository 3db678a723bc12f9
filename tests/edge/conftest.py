"""Videos and observations that the device's tests share."""

import shutil
import socket
import struct
import subprocess
from pathlib import Path

import cv2
import numpy as np
import pytest
from click.testing import CliRunner

from edge.box import Box
from edge.bundle import read_bundle, with_bundle
from edge.cli import main
from edge.golden.examples import golden_files
from edge.golden.fingerprint import chart, fingerprint
from edge.image import decoded
from edge.localizer import load_localizer
from edge.observation import Answer, Frame, Localization, Observation
from edge.sources import choose

PATIENCE_S = 120.0
"""Seconds to wait for what comes at once, but under emulation."""


@pytest.fixture
def edge_run(tmp_path, monkeypatch):
    """Run the command in this process, in an empty folder."""
    monkeypatch.delenv("EDGE_MODEL", raising=False)
    monkeypatch.chdir(tmp_path)

    def run(*arguments):
        return CliRunner().invoke(main, [str(argument) for argument in arguments])

    return run


@pytest.fixture
def camera(monkeypatch):
    """Lets --camera be the given generator of frames."""

    def plugged(frames):
        class Fake:
            kind = "a fake"
            takes = frozenset({"fps", "wait_for_camera"})

            def frames(self, options, wanted, wait):
                return frames()

            def __str__(self):
                return "a fake"

        monkeypatch.setattr(choose, "choose", lambda wanted: Fake())

    return plugged


@pytest.fixture
def seen():
    """A drawer of observations, of a black 32x32 frame unless another is given."""

    def observation(
        index=0,
        found=True,
        label="red",
        score=0.75,
        box=Box(0.25, 0.5, 0.75, 1),  # noqa: B008 - immutable
        presence=0.9,
        captured_at=100.0,
        answered_at=100.25,
        pixels=None,
        path=None,
    ):
        if pixels is None:
            pixels = np.zeros((32, 32, 3), np.uint8)
        localization = Localization(box, label, score) if found else None
        frame = Frame(pixels, index, captured_at, path)
        return Observation(frame, Answer(localization, presence, {"invoke": 2.5}), answered_at)

    return observation


class SystemdSocket:
    """What systemd hears: a real datagram socket in NOTIFY_SOCKET's place."""

    def __init__(self, address):
        self.address = address
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind("\0" + address[1:] if address.startswith("@") else address)
        self._socket.settimeout(PATIENCE_S)
        self.heard = []

    def next(self):
        """The next message that comes."""
        self.heard.append(self._socket.recv(4096).decode())
        return self.heard[-1]

    def until(self, part):
        """The messages up to and with the first that holds ``part``."""
        heard = []
        for _ in range(200):  # some come each second for ever
            heard.append(self.next())
            if part in heard[-1]:
                return heard
        raise AssertionError(f"{part} was not heard among {heard}")

    def waiting(self):
        """All messages that have come and were not read."""
        heard = []
        self._socket.setblocking(False)
        try:
            while True:
                heard.append(self.next())
        except BlockingIOError:
            return heard
        finally:
            self._socket.settimeout(PATIENCE_S)

    def close(self):
        self._socket.close()


@pytest.fixture
def systemd(tmp_path_factory):
    """The other end of NOTIFY_SOCKET."""
    # Not under the test's own folder: a socket's path has 108 bytes at most.
    listening = SystemdSocket(str(tmp_path_factory.mktemp("notify") / "s"))
    yield listening
    listening.close()


@pytest.fixture
def clip(tmp_path):
    """A maker of videos: frame N is a flat grey of 20 N mod 240."""

    def make(frames, name="clip.mp4", rate=25.0, size=(64, 48)):
        path = tmp_path / name
        code = cv2.VideoWriter.fourcc(*("mp4v" if path.suffix == ".mp4" else "MJPG"))
        writer = cv2.VideoWriter(str(path), cv2.CAP_FFMPEG, code, rate, size)
        for number in range(frames):
            writer.write(np.full((size[1], size[0], 3), 20 * number % 240, np.uint8))
        writer.release()
        return path

    return make


@pytest.fixture
def index_first():
    """Moves an MP4's index to its front, as for streaming, so that its end can be cut off."""

    def moved(data):
        boxes, at = {}, 0
        while at < len(data):
            length, kind = struct.unpack(">I4s", data[at : at + 8])
            boxes[kind] = bytearray(data[at : at + length])
            at += length
        index = boxes[b"moov"]
        table = index.index(b"stco") + 8
        (count,) = struct.unpack(">I", index[table : table + 4])
        for entry in range(table + 4, table + 4 + 4 * count, 4):
            (offset,) = struct.unpack(">I", index[entry : entry + 4])
            index[entry : entry + 4] = struct.pack(">I", offset + len(index))
        rest = b"".join(bytes(box) for kind, box in boxes.items() if kind not in (b"ftyp", b"moov"))
        return bytes(boxes[b"ftyp"] + index) + rest

    return moved


@pytest.fixture
def frames_of():
    """The frames of a video file as RGB pictures."""

    def read(path):
        capture = cv2.VideoCapture(str(path), cv2.CAP_FFMPEG)
        frames = []
        while True:
            good, bgr = capture.read()
            if not good:
                capture.release()
                return frames
            frames.append(bgr[..., ::-1])

    return read


@pytest.fixture
def read_only(mounted):
    """A folder on a disk that takes no writing."""
    return mounted("read-only", "ro")


@pytest.fixture(scope="session")
def golden_model(tiny_model, tmp_path_factory):
    """The tiny model with six golden examples: rectangles of red or blue on a green texture."""
    localizer, _ = load_localizer(tiny_model)
    places = [(2, 1, 5, 6), (1, 2, 4, 4), (3, 3, 7, 7), (1, 1, 3, 7), (4, 2, 7, 5), (2, 4, 6, 7)]
    kept = []
    for number, (left, top, right, bottom) in enumerate(places):
        # The model is blind for green, so the texture shows how a picture was resized.
        picture = np.zeros((96, 128, 3), np.uint8)
        picture[..., 1] = np.random.default_rng(number).integers(0, 120, (96, 128))
        # eighths of the picture are the cells of the model's map
        inside = picture[12 * top : 12 * bottom, 16 * left : 16 * right]
        inside[...] = ((240, 0, 0), (0, 0, 240))[number % 2]
        jpeg = cv2.imencode(".jpg", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))[1].tobytes()
        pixels = localizer.prepare(decoded(jpeg, "picture"))
        found = localizer.decode(localizer.infer(pixels)).found
        assert found is not None
        assert found.box.iou(Box(left / 8, top / 8, right / 8, bottom / 8)) > 0.8
        assert found.label == ("red", "blue")[number % 2]
        kept.append((jpeg, fingerprint(pixels), found))
    path = tmp_path_factory.mktemp("golden") / "model.tflite"
    bundle = read_bundle(tiny_model)
    files = golden_files(kept, fingerprint(localizer.prepare(chart())))
    path.write_bytes(with_bundle(bundle.flatbuffer, {**bundle.files, **files}))
    return path


@pytest.fixture(scope="session")
def standin(tmp_path_factory) -> Path:
    """The library of a delegate that fails on demand: see standin_delegate.c."""
    if shutil.which("cc") is None:
        pytest.skip("no C compiler is here to build the stand-in delegate")
    path = tmp_path_factory.mktemp("standin") / "libstandin.so"
    source = Path(__file__).with_name("standin_delegate.c")
    command = ["cc", "-Wall", "-Werror", "-shared", "-fPIC", "-pthread", str(source), "-o"]
    subprocess.run([*command, str(path)], check=True)
    return path


@pytest.fixture
def behave(tmp_path, monkeypatch):
    """Tell the stand-in from now on to load, refuse, crash, hang, or serve one process alone."""
    path = tmp_path / "behaviour"
    monkeypatch.setenv("STANDIN_DELEGATE", str(path))

    def tell(word):
        beside = path.with_suffix(".part")
        beside.write_text(word)
        beside.replace(path)

    tell("load")
    return tell
