"""The picture as a person wants to see it: the box, how old it is, how fast, how warm."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from edge.board import Health
from edge.drawing import draw_note, drawn
from edge.image import Image
from edge.observation import Observation


class Pace:
    """Frames per second over the last few seconds. The loop itself writes it, so none is missed."""

    def __init__(self, window_s: float = 2.0) -> None:
        """window_s: seconds that count."""
        self._window_s = window_s
        self._times: deque[float] = deque()
        self.fps = 0.0
        """Frames per second, 0 before the second frame."""

    def write(self, observation: Observation) -> None:
        times, now = self._times, observation.answered_at
        times.append(now)
        while now - times[0] > self._window_s and len(times) > 2:
            times.popleft()
        elapsed = now - times[0]
        self.fps = (len(times) - 1) / elapsed if elapsed > 0 else 0.0


class Overlay:
    """Draws each observation: box, label, score, age in ms, frames per second, the board."""

    def __init__(self, fps: Callable[[], float], health: Callable[[], Health] = Health) -> None:
        self._fps = fps
        self._health = health

    def __call__(self, observation: Observation) -> Image:
        """A copy of the frame with all that drawn in."""
        picture = drawn(observation.frame.pixels, observation.answer)
        parts = [f"{observation.age_ms:.0f} ms", f"{self._fps():.1f} fps", str(self._health())]
        draw_note(picture, "  ".join(part for part in parts if part))
        return picture
