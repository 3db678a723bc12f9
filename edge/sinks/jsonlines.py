"""One JSON object a line, one line a frame."""

from __future__ import annotations

import json
import math
import os
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol, TextIO

from edge.errors import LocalizerError
from edge.observation import Localization, Observation


class Stream(Protocol):
    """What lines are written to."""

    def write(self, text: str, /) -> object: ...

    def flush(self) -> object: ...


class JsonLines:
    """Writes each observation to a text stream as one line, at once."""

    def __init__(
        self,
        stream: Stream,
        clocks: Callable[[], tuple[float, float]] = lambda: (time.time(), time.monotonic()),
    ) -> None:
        """clocks: seconds since the epoch and on the monotonic clock, at once.

        They are read for each line: a Raspberry Pi learns the time of day long after its start.
        """
        self._stream = stream
        self._clocks = clocks

    def write(self, observation: Observation) -> None:
        """Raises BrokenPipeError where the reader has left."""
        wall, monotonic = self._clocks()
        text = line(observation, wall - monotonic)
        try:
            self._stream.write(text + "\n")
            self._stream.flush()
        except BrokenPipeError:
            raise
        except OSError as error:
            raise LocalizerError(
                f"the JSON lines cannot be written: {error.strerror}; make room or give --json "
                "another file"
            ) from error


class Unbuffered:
    """Text to a file descriptor, with no buffer that Python would write again at its end."""

    def __init__(self, descriptor: int, whole: bool = False) -> None:
        """whole: of a text that does not fit on the disk, leave nothing; for a file of our own."""
        self._descriptor = descriptor
        self._whole = whole

    def write(self, text: str) -> None:
        content = memoryview(text.encode())
        written = 0
        try:
            while written < len(content):
                written += os.write(self._descriptor, content[written:])
        except OSError:
            if self._whole:
                end = os.lseek(self._descriptor, -written, os.SEEK_CUR)
                os.ftruncate(self._descriptor, end)
            raise

    def flush(self) -> None:
        """All is written already."""


def unbuffered(stream: TextIO) -> Stream:
    """``stream`` without its buffer; a stream that is no file, as in a test, stays what it is.

    A thread that waits on a full pipe would hold the buffer's lock, for which Python waits when it
    ends.
    """
    try:
        stream.flush()
        return Unbuffered(stream.fileno())
    except (OSError, ValueError):  # io.UnsupportedOperation is both
        return stream


class NewFile:
    """A text file that did not exist before; without a line in it, it is removed again."""

    def __init__(self, path: Path) -> None:
        """Create ``path``; raises LocalizerError where it exists or cannot be written."""
        self._path = path
        try:
            self._file = path.open("xb", buffering=0)
        except FileExistsError as error:
            raise LocalizerError(
                f"{path} exists and --json overwrites nothing; move it away or give another name"
            ) from error
        except OSError as error:
            raise LocalizerError(
                f"{path} cannot be written: {error.strerror}; give --json another place"
            ) from error

    def __enter__(self) -> Stream:
        return Unbuffered(self._file.fileno(), whole=True)

    def __exit__(self, *_: object) -> None:
        empty = self._file.tell() == 0
        self._file.close()
        if empty:  # so that the next try is not refused
            self._path.unlink(missing_ok=True)


def line(observation: Observation, epoch: float) -> str:
    """The observation as JSON in ASCII; what is no finite number becomes null.

    ``box`` is the steadied one where the object is followed, else the same as ``raw_box``, which
    is what the model said of this frame alone; ``event`` is null but in the frame of an event.
    epoch: seconds since 1970 when the monotonic clock stood at 0.
    """
    frame, answer, raw = observation.frame, observation.answer, observation.raw
    found = answer.found
    content = {
        "index": frame.index,
        "path": frame.path,
        "captured_at": _rounded(frame.captured_at, 6),
        "time": _rfc3339(frame.captured_at + epoch),
        "age_ms": _rounded(observation.age_ms, 3),
        "event": observation.event,
        "box": _edges(found),
        "raw_box": _edges(raw.found),
        "label": None if found is None else found.label,
        "score": None if found is None else _rounded(found.score, 6),
        "presence": _rounded(answer.presence, 6),
        "ms": {stage: _rounded(ms, 3) for stage, ms in answer.ms.items()},
    }
    return json.dumps(content, allow_nan=False)


def _edges(found: Localization | None) -> list[float | None] | None:
    return None if found is None else [_rounded(edge, 6) for edge in found.box.edges]


def _rounded(number: float, digits: int) -> float | None:
    return round(float(number), digits) if math.isfinite(number) else None


def _rfc3339(seconds: float) -> str | None:
    try:
        moment = datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):  # no time that a calendar has
        return None
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
