"""A video of what was seen, with the box drawn in."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import TracebackType

import cv2
import numpy as np

from edge.drawing import drawn
from edge.errors import LocalizerError
from edge.image import Image, resized
from edge.observation import Observation

_LONGEST = 1920  # pixels; MPEG-4 players refuse the size of a photograph
_GAP = 1.0  # seconds; a longer pause of a live camera is shortened to this


class Recording:
    """Writes FILE.mp4 (MPEG-4 Part 2) by way of FILE.part.mp4, which is renamed at the end.

    The first frame sets the size, even and at most 1920 pixels long; frames of another shape are
    fitted in with black bars. If the program is killed, FILE.part.mp4 stays behind, unplayable.
    """

    def __init__(
        self,
        path: Path,
        rate: float,
        live: bool = False,
        draw: Callable[[Observation], Image] = lambda seen: drawn(seen.frame.pixels, seen.answer),
    ) -> None:
        """Claim ``path``, raising LocalizerError where it exists or cannot be written.

        rate: frames per second of the video.
        live: repeat and leave out frames by their time of capture, so that the video plays at the
            speed of life; otherwise each frame is written once.
        """
        self._path = path
        self._part = path.with_name(path.stem + ".part.mp4")
        self._rate = rate
        self._live = live
        self._draw = draw
        self._writer: cv2.VideoWriter | None = None
        self._size = (0, 0)
        self._written = 0
        self._last = 0.0  # seconds of capture
        self._owed = 0.0  # frames of the video
        if path.suffix.lower() != ".mp4":
            raise LocalizerError(f"--record writes MP4. Received: {path}; end its name in .mp4")
        _refuse_existing(path)
        try:
            self._part.write_bytes(b"")
        except OSError as error:
            raise LocalizerError(
                f"{path} cannot be written: {error.strerror}; give --record another place"
            ) from error

    def __enter__(self) -> Recording:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            self.close()
        except LocalizerError:
            if error is None:  # do not bury what went wrong first
                raise

    def write(self, observation: Observation) -> None:
        times = self._times(observation.frame.captured_at)
        if times == 0:
            return
        picture = self._draw(observation)
        if self._writer is None:
            self._writer = self._opened(picture)
        bgr = cv2.cvtColor(fitted(picture, *self._size), cv2.COLOR_RGB2BGR)
        for _ in range(times):
            self._writer.write(bgr)
        self._written += times

    def close(self) -> None:
        """End the video and give it its name; without a frame, leave no file."""
        if self._writer is None:
            self._part.unlink(missing_ok=True)
            return
        self._writer.release()
        self._writer = None
        # OpenCV's writer is silent about a full disk, so look.
        kept = cv2.VideoCapture(str(self._part.resolve()), cv2.CAP_FFMPEG)
        frames = int(kept.get(cv2.CAP_PROP_FRAME_COUNT)) if kept.isOpened() else 0
        kept.release()
        if frames < self._written:
            raise LocalizerError(
                f"{self._part} holds {frames} of the {self._written} frames that were written; "
                "make room on the disk and record again"
            )
        _refuse_existing(self._path)
        self._part.replace(self._path)

    def _times(self, captured_at: float) -> int:
        """How often a frame belongs into the video."""
        if not self._live:
            return 1
        gap = captured_at - self._last if self._written else 1.0 / self._rate
        self._last = captured_at
        self._owed += min(gap, _GAP) * self._rate
        times = int(self._owed + 1e-6)
        self._owed -= times
        return max(times, 0)

    def _opened(self, picture: Image) -> cv2.VideoWriter:
        height, width = picture.shape[:2]
        smaller = min(1.0, _LONGEST / max(height, width))
        self._size = _even(width * smaller), _even(height * smaller)
        code = cv2.VideoWriter.fourcc(*"mp4v")
        part = str(self._part.resolve())
        writer = cv2.VideoWriter(part, cv2.CAP_FFMPEG, code, self._rate, self._size)
        if not writer.isOpened():
            raise LocalizerError(
                f"{self._path} cannot be encoded at {self._size[0]}x{self._size[1]} and "
                f"{self._rate:g} frames per second; leave --record out, or use --json"
            )
        return writer


def fitted(image: Image, width: int, height: int) -> Image:
    """``image`` as large as it goes into the given size, its aspect kept, on black."""
    rows, columns = image.shape[:2]
    if (columns, rows) == (width, height):
        return image
    scale = min(width / columns, height / rows)
    inner = max(1, round(columns * scale)), max(1, round(rows * scale))
    left, top = (width - inner[0]) // 2, (height - inner[1]) // 2
    canvas = np.zeros((height, width, 3), np.uint8)
    canvas[top : top + inner[1], left : left + inner[0]] = resized(image, *inner)
    return canvas


def _even(pixels: float) -> int:
    """The codec halves its colours, and OpenCV would cut an odd row off."""
    return max(2, 2 * round(pixels / 2))


def _refuse_existing(path: Path) -> None:
    if path.exists():
        raise LocalizerError(
            f"{path} exists and --record overwrites nothing; move it away or give another name"
        )
