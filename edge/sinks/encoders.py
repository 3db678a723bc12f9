"""What turns pictures into an MP4 file that plays even if the power is cut."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import IO, Protocol

import cv2
import numpy as np
import numpy.typing as npt

from edge.errors import LocalizerError
from edge.looking import for_opencv
from edge.mp4 import Fragments, read_clip

Bgr = npt.NDArray[np.uint8]
"""A picture in OpenCV's order, of shape (height, width, 3)."""

FRAGMENT_S = 2.0
"""Seconds of video that a power cut costs at most."""

_ENCODER = "h264_v4l2m2m"
_NODE_NAME = "bcm2835-codec-encode"
"""How the kernel of a Raspberry Pi up to 4 calls the node of its H.264 encoder; a 5 has none."""


class Encoder(Protocol):
    """A video file that is being written."""

    @property
    def length(self) -> int:
        """Bytes of the file so far."""

    def write(self, picture: Bgr) -> None: ...

    def close(self) -> None:
        """End the file; raises LocalizerError where it lacks frames that were written."""


def hardware_ffmpeg(
    size: tuple[int, int],
    nodes: Path = Path("/sys/class/video4linux"),
    search: str | None = None,
) -> str | None:
    """The ffmpeg that just encoded a picture on this board's H.264 encoder; None if none did.

    nodes: where the kernel lists its video nodes. search: instead of $PATH.
    """
    names = [path.read_text(errors="replace").strip() for path in nodes.glob("*/name")]
    program = shutil.which("ffmpeg", path=search)
    if _NODE_NAME not in names or program is None:
        return None
    # Every Debian's ffmpeg names the encoder; whether the board has room for it, only a try tells.
    trial = [program, "-loglevel", "quiet", "-f", "lavfi", "-i", f"color=s={size[0]}x{size[1]}"]
    trial += ["-frames:v", "1", "-pix_fmt", "yuv420p", "-c:v", _ENCODER, "-f", "null", "-"]
    try:
        done = subprocess.run(
            trial,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=5.0,
            check=False,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return program if done.returncode == 0 else None


def opened(
    path: Path,
    rate: float,
    size: tuple[int, int],
    hardware: Callable[[tuple[int, int]], str | None] = hardware_ffmpeg,
) -> Encoder:
    """An encoder into ``path``: the board's own H.264 where there is one, else OpenCV's MPEG-4.

    rate: frames per second. size: even width and height in pixels.
    hardware: gives the ffmpeg program that encodes such pictures in hardware, or None.
    """
    if (program := hardware(size)) is not None:
        return Hardware(path, rate, size, program)
    return Mpeg4(path, rate, size)


class Mpeg4:
    """OpenCV's MPEG-4 Part 2: short clips, encoded in memory, appended as fragments of the file."""

    def __init__(self, path: Path, rate: float, size: tuple[int, int]) -> None:
        """Raises LocalizerError where OpenCV cannot encode that."""
        self._path = path
        self._rate = rate
        self._size = size
        self._each = max(1, round(FRAGMENT_S * rate))
        self._clip: IO[bytes] | None = None
        self._writer = self._started()
        self._pending = 0
        try:
            self._fragments = Fragments(path)
        except OSError as error:
            raise _unwritable(path, error) from error

    @property
    def length(self) -> int:
        return self._fragments.length

    def write(self, picture: Bgr) -> None:
        if self._clip is None:
            self._writer = self._started()
        self._writer.write(picture)
        self._pending += 1
        if self._pending >= self._each:
            self._append()

    def close(self) -> None:
        try:
            if self._pending:
                self._append()
        finally:
            try:
                self._fragments.finish()
            except OSError as error:
                raise _unwritable(self._path, error) from error
            finally:
                self._release()

    def _append(self) -> None:
        self._writer.release()
        assert self._clip is not None
        content, pending, self._pending = self._clip.read(), self._pending, 0
        self._release()
        try:
            clip = read_clip(content)
            if len(clip.sizes) != pending:
                raise ValueError(f"{len(clip.sizes)} of {pending} frames")
            self._fragments.append(clip)
        except ValueError as error:  # the memory file system is full
            raise LocalizerError(
                f"{self._path} lacks frames that OpenCV did not encode ({error}); "
                "make room in /dev/shm and record again"
            ) from error
        except OSError as error:
            raise _unwritable(self._path, error) from error

    def _started(self) -> cv2.VideoWriter:
        """A writer of the next clip, whose file has no name any more and so leaves no rest."""
        shared = Path("/dev/shm")  # noqa: S108 - memory: the card is written once
        folder = shared if os.access(shared, os.W_OK) else self._path.resolve().parent
        try:
            number, name = tempfile.mkstemp(
                suffix=".mp4", prefix="edge-run-", dir=for_opencv(folder)
            )
        except OSError as error:
            raise _unwritable(folder, error) from error
        self._clip = os.fdopen(number, "rb")
        try:
            code = cv2.VideoWriter.fourcc(*"mp4v")
            writer = cv2.VideoWriter(name, cv2.CAP_FFMPEG, code, self._rate, self._size)
        finally:
            Path(name).unlink()
        if not writer.isOpened():
            self._release()
            raise LocalizerError(
                f"{self._path} cannot be encoded at {self._size[0]}x{self._size[1]} and "
                f"{self._rate:g} frames per second; leave --record out, or use --json"
            )
        return writer

    def _release(self) -> None:
        if self._clip is not None:
            self._clip.close()
            self._clip = None


class Hardware:
    """H.264 by an ffmpeg process, in fragments; if this program is killed, ffmpeg ends the file."""

    def __init__(
        self,
        path: Path,
        rate: float,
        size: tuple[int, int],
        program: str,
        encoder: str = _ENCODER,
    ) -> None:
        """program: an ffmpeg that has the encoder."""
        self._path = path
        self._size = size
        width, height = size
        # About 0.1 bits a pixel; the encoder would otherwise take 200 kbit/s.
        bits = max(500_000, round(0.1 * width * height * rate))
        command = [program, "-hide_banner", "-loglevel", "error", "-y"]
        command += ["-f", "rawvideo", "-pix_fmt", "bgr24", "-s", f"{width}x{height}"]
        command += ["-r", f"{rate:g}", "-i", "pipe:0", "-an", "-c:v", encoder, "-b:v", str(bits)]
        command += ["-pix_fmt", "yuv420p", "-g", str(max(1, round(FRAGMENT_S * rate)))]
        command += ["-movflags", "+frag_keyframe+empty_moov+default_base_moof", "-f", "mp4"]
        command += [str(path.resolve())]
        # A session of its own: Ctrl-C at the terminal is for this program, which then ends ffmpeg.
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )

    @property
    def length(self) -> int:
        try:
            return self._path.stat().st_size
        except OSError:
            return 0

    def write(self, picture: Bgr) -> None:
        """Raises LocalizerError where ffmpeg has ended."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(picture.tobytes())
        except OSError as error:  # a broken pipe of ours, which is not that of a reader
            raise self._fault() from error

    def close(self) -> None:
        if self._process.stdin is not None:
            try:
                self._process.stdin.close()
            except OSError as error:
                raise self._fault() from error
        if self._process.wait() != 0:
            raise self._fault()

    def _fault(self) -> LocalizerError:
        assert self._process.stderr is not None
        self._process.wait()
        told = self._process.stderr.read().decode(errors="replace").strip().splitlines()
        return LocalizerError(
            f"{self._path} lacks frames: ffmpeg ended with {self._process.returncode} "
            f"({told[-1] if told else 'it says nothing'}); make room on the disk and "
            "record again"
        )


def _unwritable(path: Path, error: OSError) -> LocalizerError:
    return LocalizerError(
        f"{path} cannot be written: {error.strerror}; make room on the disk or give --record "
        "another place"
    )
