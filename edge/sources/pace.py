"""How many frames a second are passed on."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import replace

from edge.sources import Source, Wait

_EARLY = 0.1  # of the time between two frames, by which one may come early: cameras are uneven


class Pace:
    """Says of each frame whether it is taken, so that no more than ``rate`` a second are.

    A frame that is taken has just been captured: leaving out makes none older, waiting would.
    """

    def __init__(self, rate: float | None) -> None:
        """rate: frames per second; None takes them all."""
        self._step = 0.0 if rate is None else 1.0 / rate
        self._due = float("-inf")

    def takes(self, moment: float) -> bool:
        """Whether the frame captured at ``moment``, in seconds on any clock, is taken."""
        if moment < self._due - _EARLY * self._step:
            return False
        # From when it was due, not from now: else 30 a second thinned to 20 would give 15.
        late = moment - self._due
        self._due = (self._due if late < self._step else moment) + self._step
        return True


def in_real_time(frames: Source, rate: float, wait: Wait, now: Callable[[], float]) -> Source:
    """A file's frames, each at its time and captured then; closing it closes them.

    rate: frames per second of the file; ``Frame.index`` counts them.
    wait: ends the frames when it says True. now: seconds on the monotonic clock.
    """
    start: float | None = None
    with closing(frames):
        for frame in frames:
            time_in_film = frame.index / rate
            if start is None:
                start = now() - time_in_film
            # Where the disk or the decoder is too slow, the rest comes later instead of older.
            start = max(start, now() - time_in_film - 1.0 / rate)
            due = start + time_in_film
            if wait(max(0.0, due - now())):
                return
            yield replace(frame, captured_at=due)
