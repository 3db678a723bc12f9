"""What a person at the terminal sees: a line for each change, a status line, a last line."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from typing import TextIO

from edge.observation import Answer, Frame, Observation

_CLEAR = "\r\x1b[K"
_MOVED = 0.5  # overlap with the box that was told last, under which the object has moved


class Tally:
    """Counts the frames and those with a box."""

    def __init__(self) -> None:
        self.frames = 0
        self.found = 0
        self._first = self._last = 0.0

    def write(self, observation: Observation) -> None:
        if self.frames == 0:
            self._first = observation.frame.captured_at
        self._last = observation.answered_at
        self.frames += 1
        self.found += observation.answer.found is not None

    @property
    def rate(self) -> float:
        """Frames per second, 0 before the second frame."""
        elapsed = self._last - self._first
        return self.frames / elapsed if self.frames > 1 and elapsed > 0 else 0.0

    def __str__(self) -> str:
        frames = "1 frame" if self.frames == 1 else f"{self.frames} frames"
        rate = f", {self.rate:.1f} frames per second" if self.rate else ""
        return f"{frames}, {self.found} with a box{rate}"


class EachFrame:
    """Says of every frame what was found in it."""

    def __init__(self, say: Callable[[str], None], name: Callable[[Frame], str]) -> None:
        self._say = say
        self._name = name

    def write(self, observation: Observation) -> None:
        self._say(f"{self._name(observation.frame)}: {described(observation)}")


class Changes:
    """Says what is found when that changes: something comes, goes, moves or has another label."""

    def __init__(
        self, say: Callable[[str], None], name: Callable[[Frame], str], pause: float = 0.0
    ) -> None:
        """pause: seconds between two lines at least, so that a flicker does not fill the screen."""
        self._say = say
        self._name = name
        self._pause = pause
        self._told: Answer | None = None
        self._told_at = float("-inf")

    def write(self, observation: Observation) -> None:
        if observation.answered_at - self._told_at < self._pause:
            return
        if self._told is None or _differ(self._told, observation.answer):
            self._say(f"{self._name(observation.frame)}: {described(observation)}")
            self._told, self._told_at = observation.answer, observation.answered_at


class Status:
    """One line at the foot of a terminal, rewritten each second of a live run."""

    def __init__(self, stream: TextIO, tally: Tally, pause: float = 1.0) -> None:
        """tally: has been written before this sink. pause: seconds between two rewritings."""
        self._stream = stream
        self._tally = tally
        self._pause = pause
        self._shown_at = float("-inf")
        self._text = ""

    def write(self, observation: Observation) -> None:
        if observation.answered_at - self._shown_at < self._pause:
            return
        self._shown_at = observation.answered_at
        self._text = (
            f"{self._tally.rate:.1f} frames/s, {observation.age_ms:.0f} ms old, "
            f"{described(observation)}"
        )
        self._show(self._text)

    def say(self, sentence: str) -> None:
        """Print a line of its own above the status line."""
        self._stream.write(f"{_CLEAR}{sentence}\n")
        self._show(self._text)

    def clear(self) -> None:
        self._show("")

    def _show(self, text: str) -> None:
        # A line that wraps could not be taken back.
        room = shutil.get_terminal_size().columns - 1
        self._stream.write(_CLEAR + text[:room])
        self._stream.flush()


def described(observation: Observation) -> str:
    """What was found, with the box in pixels of the frame."""
    found = observation.answer.found
    if found is None:
        return f"nothing (presence {observation.answer.presence:.2f})"
    height, width = observation.frame.pixels.shape[:2]
    left, top, right, bottom = found.box.in_pixels(width, height)
    return (
        f"{found.label} {found.score:.2f} at {left},{top} to {right},{bottom} of {width}x{height}"
    )


def _differ(one: Answer, other: Answer) -> bool:
    if one.found is None or other.found is None:
        return one.found is not other.found
    return one.found.label != other.found.label or one.found.box.iou(other.found.box) < _MOVED
