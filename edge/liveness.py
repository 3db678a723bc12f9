"""Whether the run is well: the one place that decides it, for systemd and for /healthz."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from edge.observation import Observation

if TYPE_CHECKING:  # a film knows no lost camera
    from edge.sources.reopening import Health

PATIENCE_S = 4.0
"""Seconds without progress after which a run is not well."""
_SLOW = 3.0  # frames that a slow source may miss


@dataclass(frozen=True, slots=True)
class Verdict:
    """How the run is at one moment."""

    well: bool
    """Whether frames are answered, or an absent camera is being looked for."""
    begun: bool
    """Whether it ever was well: it is ready for whoever waits for its start."""
    answering: bool
    """Whether frames have been answered and the camera is not lost."""
    sentence: str
    age_ms: float = 0.0
    """Of the last frame, at its answer."""


class Liveness:
    """A sink that sees progress: answers to frames of a source that itself advances.

    A frame counts where the source's own number or stamp, or else its time of capture, is another
    than that of the frame before. The pixels do not count: a dark room repeats them byte for byte.
    While the device is known to be absent, each look for it counts instead. Nothing here waits for
    the thread that captures, so a driver that hangs is seen from outside.
    """

    def __init__(
        self,
        health: Callable[[], Health | None] = lambda: None,
        rate: float | None = None,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        """health: of a live source. rate: frames per second asked for, where the user slowed it.

        now: seconds on the monotonic clock.
        """
        self._health = health
        self._now = now
        self._started_at = now()
        self._stamp: float | None = None
        self._answered_at: float | None = None
        self._age_ms = 0.0
        self.pace(rate)

    def pace(self, rate: float | None) -> None:
        """From now on so many frames per second are asked for; None is as many as there are."""
        self._patience = max(PATIENCE_S, _SLOW / rate if rate else 0.0)

    def write(self, observation: Observation) -> None:
        frame = observation.frame
        stamp = frame.captured_at if frame.sequence is None else frame.sequence
        if stamp != self._stamp:
            self._stamp = stamp
            self._answered_at = observation.answered_at
        self._age_ms = observation.age_ms

    def verdict(self) -> Verdict:
        """How it is now; any thread may ask."""
        now, health, answered_at = self._now(), self._health(), self._answered_at
        progress, absent_at = self._started_at, None
        if health is not None:
            absent_at = health.absent_at
            if health.state == "open":  # its first frame is being answered
                progress = max(progress, health.since)
        progress = max(progress, answered_at or progress, absent_at or progress)
        well = now - progress < self._patience
        lost = health is not None and health.state in ("absent", "reopening")
        if health is not None and lost:
            doing = "waiting for the camera" if health.state == "absent" else "trying the camera"
            sentence = f"{doing} for {now - health.since:.1f} s: {health.cause}"
        elif answered_at is None:
            sentence = f"no frame yet, after {now - self._started_at:.1f} s"
        else:
            sentence = f"the last frame was answered {now - answered_at:.1f} s ago"
        answered = answered_at is not None
        begun = answered or absent_at is not None
        return Verdict(well, begun, answered and not lost, sentence, self._age_ms)
