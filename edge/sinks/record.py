"""A video of what was seen, with the box drawn in."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import IO

import cv2
import numpy as np

from edge.drawing import drawn
from edge.errors import LocalizerError
from edge.image import Image, resized
from edge.looking import is_folder, is_there
from edge.observation import Observation
from edge.sinks.encoders import Encoder, opened

_LONGEST = 1920  # pixels; MPEG-4 players refuse the size of a photograph
_GAP = 1.0  # seconds; a longer pause of a live camera is shortened to this


@dataclass(frozen=True, slots=True)
class Limit:
    """Where a recording ends; None is no limit."""

    minutes: float | None = None
    """Of the video."""
    megabytes: float | None = None
    """Millions of bytes of the file."""

    def reached(self, seconds: float, length: int) -> bool:
        """Whether a video of that many seconds and bytes is long enough."""
        return (self.minutes is not None and seconds >= 60.0 * self.minutes) or (
            self.megabytes is not None and length >= 1e6 * self.megabytes
        )

    def __str__(self) -> str:
        parts = {"minutes": self.minutes, "megabytes": self.megabytes}
        return " or ".join(
            f"{value:g} {unit}" for unit, value in parts.items() if value is not None
        )


class Recording:
    """Writes FILE.mp4 by way of FILE.part.mp4, which is renamed at the end.

    The first frame sets the size, even and at most 1920 pixels long; frames of another shape are
    fitted in with black bars. If the program is killed, FILE.part.mp4 stays behind and plays, but
    for its last seconds.
    """

    def __init__(
        self,
        path: Path,
        rate: float,
        live: bool = False,
        draw: Callable[[Observation], Image] = lambda seen: drawn(seen.frame.pixels, seen.answer),
        limit: Limit = Limit(),
        say: Callable[[str], None] = lambda _: None,
        encoder: Callable[[Path, float, tuple[int, int]], Encoder] = opened,
    ) -> None:
        """Claim ``path``, raising LocalizerError where it exists or cannot be written.

        path: a file, or a folder that exists: the file in it is then named by the time.
        rate: frames per second of the video.
        live: repeat and leave out frames by their time of capture, so that the video plays at the
            speed of life; otherwise each frame is written once.
        limit: where the video ends although the run goes on, of which ``say`` gets a sentence.
        """
        self._path = path = named_by_time(path) if is_folder(path) else path
        self._part = _part_of(path)
        self._rate = rate
        self._live = live
        self._draw = draw
        self._limit = limit
        self._say = say
        self._new_encoder = encoder
        self._encoder: Encoder | None = None
        self._full = False
        self._size = (0, 0)
        self._written = 0
        self._last = 0.0  # seconds of capture
        self._owed = 0.0  # frames of the video
        if path.suffix.lower() != ".mp4":
            raise LocalizerError(f"--record writes MP4. Received: {path}; end its name in .mp4")
        _refuse_existing(path)
        self._claim = _claimed(self._part, path)

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
        """Raises LocalizerError where the disk is full; what is recorded by then stays."""
        if self._full:
            return
        times = self._times(observation.frame.captured_at)
        if times == 0:
            return
        picture = self._draw(observation)
        if self._encoder is None:
            self._size = _recorded_size(picture)
            self._encoder = self._new_encoder(self._part, self._rate, self._size)
        bgr = cv2.cvtColor(fitted(picture, *self._size), cv2.COLOR_RGB2BGR)
        for _ in range(times):
            self._encoder.write(bgr.astype(np.uint8, copy=False))
        self._written += times
        self._full = self._limit.reached(self._written / self._rate, self._encoder.length)
        if self._full:
            self.close()
            self._say(f"{self._path} has reached its {self._limit} and is closed")

    def close(self) -> None:
        """End the video and give it its name; without a frame, leave no file."""
        with closing(self._claim):
            self._end()

    def _end(self) -> None:
        if self._encoder is None:
            if not self._written:
                self._part.unlink(missing_ok=True)
            return
        encoder, self._encoder = self._encoder, None
        try:
            encoder.close()
        finally:
            self._give_its_name()

    def _give_its_name(self) -> None:
        try:
            if self._part.stat().st_size:  # also on a full disk: what there is plays
                _refuse_existing(self._path)
                self._part.replace(self._path)
            else:
                self._part.unlink()
        except OSError as error:
            raise LocalizerError(
                f"{self._part} did not become {self._path}: {error.strerror}; leave both alone "
                "while it is recorded"
            ) from error

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


def named_by_time(folder: Path, now: Callable[[], datetime] = datetime.now) -> Path:
    """A file in ``folder`` that says when it was begun: edge-20261120-110531.mp4."""
    stem = f"edge-{now():%Y%m%d-%H%M%S}"
    path, number = folder / f"{stem}.mp4", 2
    while is_there(path) or is_there(_part_of(path)):  # of another run, begun in this second
        path, number = folder / f"{stem}-{number}.mp4", number + 1
    return path


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


def _recorded_size(picture: Image) -> tuple[int, int]:
    height, width = picture.shape[:2]
    smaller = min(1.0, _LONGEST / max(height, width))
    return _even(width * smaller), _even(height * smaller)


def _even(pixels: float) -> int:
    """The codec halves its colours, and OpenCV would cut an odd row off."""
    return max(2, 2 * round(pixels / 2))


def _part_of(path: Path) -> Path:
    """What a recording is called until it is whole."""
    return path.with_name(path.stem + ".part.mp4")


def _claimed(part: Path, path: Path) -> IO[bytes]:
    """The file that becomes ``path``, empty, and of no other recording until it is closed here.

    Raises LocalizerError where another has it, where one has left it, or it cannot be written.
    """
    try:
        file = part.open("ab")
    except OSError as error:
        raise LocalizerError(
            f"{path} cannot be written: {error.strerror}; give --record another place"
        ) from error
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        file.close()
        raise LocalizerError(
            f"{path} is being recorded already; end that run, or give --record another name"
        ) from error
    except OSError:  # a file system without locks
        pass
    if os.fstat(file.fileno()).st_size:
        file.close()
        raise LocalizerError(
            f"{part} is what an earlier recording left when it was cut off, and it "
            "plays; move it away or give --record another name"
        )
    return file


def _refuse_existing(path: Path) -> None:
    if path.is_symlink() or is_there(path):
        raise LocalizerError(
            f"{path} exists and --record overwrites nothing; move it away or give another name"
        )
