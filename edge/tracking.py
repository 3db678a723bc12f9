"""One object followed from frame to frame: a steady box, and when it appeared, moved or left."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from edge.box import Box
from edge.observation import STAY_SHARE, Event, Frame, Localization, Observation
from edge.sinks import Sink

_TICK = 1e-3  # seconds; 0.1 s by the clock is now and then 0.0999 s


@dataclass(frozen=True, slots=True)
class Steadiness:
    """How calm a followed box is, and how long it must be seen or missed to count.

    The first three were chosen from the table of ``python -m benchmarks.steadiness``, for edges
    that tremble independently by 0.6 % of the picture: at 30 frames a second 14 % of the jitter
    and 35 % of the error are left at rest, and a box that moves by a third of the picture a second
    is 0.7 frames (24 ms) behind, 1.7 % of the picture at worst as it starts; at 5 frames a second
    40 %, 61 % and 0.2 frames. On the film of held-out pets that ``benchmarks.moving`` makes, the
    error of an edge changes from frame to frame by 0.28 % of the picture instead of 0.54 %, at a
    mean IoU of 0.846 instead of 0.850, as each cut costs a little. A lower ``rest_hz`` is calmer
    and lags more in slow motion; a higher ``haste`` lags less and lets noise pass for motion.
    """

    rest_hz: float = 0.5
    """Cut-off frequency, in Hz, for a box that does not move."""
    haste: float = 10.0
    """Hz that the cut-off rises for each picture width (or height) per second of motion."""
    speed_hz: float = 2.0
    """Cut-off frequency, in Hz, for the measured speed itself."""
    appear_s: float = 0.1
    """Seconds in which every frame must show the object before it has appeared: two frames at
    least, at any rate, so that a single false alarm is no event."""
    leave_s: float = 0.5
    """Seconds that its last box is kept when it is missed, before it has left."""
    relabel_s: float = 0.3
    """Seconds that another label must last to replace the one that is told."""
    stay_share: float = STAY_SHARE
    """Share of the model's presence threshold that is enough for an object that is there."""
    moved_overlap: float = 0.5
    """IoU with the box at the last event, under which the object has moved."""
    moved_s: float = 0.5
    """Seconds from the last event to the next "moved", so that a restless box is not all events."""


_INSTANT = 1e-6  # seconds; no camera is as fast, and speeds over less have no meaning


class OneEuro:
    """A low-pass filter that follows fast motion and calms slow (Casiez and others, CHI 2012)."""

    def __init__(self, rest_hz: float, haste: float, speed_hz: float) -> None:
        """See Steadiness for what the three do."""
        self._rest_hz = rest_hz
        self._haste = haste
        self._speed_hz = speed_hz
        self._at: float | None = None
        self._values: tuple[float, ...] = ()
        self._speeds: tuple[float, ...] = ()

    def __call__(self, values: Sequence[float], at: float) -> tuple[float, ...]:
        """The smoothed ``values``, as many as at the first call.

        at: seconds; a time that hardly advances leaves the values as they were.
        """
        if self._at is None:
            self._at, self._values, self._speeds = at, tuple(values), (0.0,) * len(values)
            return self._values
        elapsed = at - self._at
        if elapsed < _INSTANT:
            return self._values
        self._at = at
        trust = _trust(self._speed_hz, elapsed)
        self._speeds = tuple(
            speed + trust * ((value - before) / elapsed - speed)
            for value, before, speed in zip(values, self._values, self._speeds, strict=True)
        )
        self._values = tuple(
            before + _trust(self._rest_hz + self._haste * abs(speed), elapsed) * (value - before)
            for value, before, speed in zip(values, self._values, self._speeds, strict=True)
        )
        return self._values


class Presence:
    """Whether the object is there, without flicker: seen for a while, or missed for a while."""

    def __init__(self, appear_s: float, leave_s: float) -> None:
        self._appear_s = appear_s
        self._leave_s = leave_s
        self._first = self._last = 0.0
        self._seen = False
        self.here = False

    def __call__(self, seen: bool, at: float) -> Event | None:
        """What changes with a frame taken at ``at`` seconds: "appeared", "left" or None."""
        if seen:
            if not self._seen and not self.here:
                self._first = at
            self._last = at
        self._seen = seen
        # More than one frame, even where the frames come slower than appear_s.
        if seen and not self.here and at - self._first >= self._appear_s - _TICK:
            self.here = True
            return "appeared"
        if self.here and at - self._last > self._leave_s + _TICK:
            self.here = False
            return "left"
        return None


class Track:
    """Follows the one object: give it each observation in order, it gives the steadied one.

    A box that is found is told from its first frame on, so that nothing is seen later than
    without it; only the event waits until the object has appeared for good. From then on the box
    stays, as it last was, through misses shorter than ``leave_s``.
    """

    def __init__(
        self,
        threshold: float,
        at: Callable[[Frame], float] = lambda frame: frame.captured_at,
        steadiness: Steadiness = Steadiness(),
    ) -> None:
        """threshold: the presence, 0 to 1, from which answers have a box; any thread may
            change it.

        at: the time of a frame in seconds, which may be a film's own.
        """
        self._at = at
        self._how = steadiness
        self.threshold = threshold
        self._presence = Presence(steadiness.appear_s, steadiness.leave_s)
        self._smooth: OneEuro | None = None
        self._shown: Localization | None = None
        self._agreed_at = 0.0
        """When the model last said the label that is shown, in seconds."""
        self._told_box: Box | None = None
        self._told_at = 0.0
        """When the last event was, in seconds."""

    def __call__(self, observation: Observation) -> Observation:
        """``observation`` with the steady box and the event; the model's own stays in ``raw``."""
        answer, at = observation.answer, self._at(observation.frame)
        seen = answer.found
        if (
            seen is None
            and self._presence.here
            and answer.presence >= self._how.stay_share * self.threshold
        ):
            seen = answer.withheld
        event = self._presence(seen is not None, at)
        if seen is not None:
            self._shown = self._steadied(seen, at)
        elif not self._presence.here:
            self._shown = self._smooth = self._told_box = None
        if self._presence.here and self._shown is not None:
            event = event or self._motion(self._shown.box, at)
            if event is not None:
                self._told_box, self._told_at = self._shown.box, at
        return replace(
            observation,
            answer=replace(answer, found=self._shown),
            event=event,
            unsteadied=answer,
        )

    def _steadied(self, seen: Localization, at: float) -> Localization:
        if self._smooth is None:
            how = self._how
            self._smooth = OneEuro(how.rest_hz, how.haste, how.speed_hz)
        box, label, score = _box(self._smooth(_middle_and_size(seen.box), at)), *_named(seen)
        before = self._shown
        lasted = at - self._agreed_at >= self._how.relabel_s - _TICK
        if before is None or label == before.label or lasted:
            self._agreed_at = at
        else:
            label, score = _named(before)
        return Localization(box, label, score)

    def _motion(self, box: Box, at: float) -> Event | None:
        how = self._how
        if self._told_box is None or at - self._told_at < how.moved_s - _TICK:
            return None
        return "moved" if box.iou(self._told_box) < how.moved_overlap else None


class Tracked:
    """A sink that hands what the track makes of each observation to all ``sinks``."""

    def __init__(self, track: Callable[[Observation], Observation], sinks: Sequence[Sink]) -> None:
        self._track = track
        self._sinks = sinks

    def write(self, observation: Observation) -> None:
        steady = self._track(observation)
        for sink in self._sinks:
            sink.write(steady)


def _trust(cutoff_hz: float, elapsed: float) -> float:
    """The share, 0 to 1, that a new value has in a low-pass filter after ``elapsed`` seconds."""
    turns = 2.0 * math.pi * cutoff_hz * elapsed
    return turns / (turns + 1.0)


def _named(found: Localization) -> tuple[str, float]:
    return found.label, found.score


def _middle_and_size(box: Box) -> tuple[float, float, float, float]:
    # Not the edges: the size of a thing that only moves stays calm.
    return (box.left + box.right) / 2, (box.top + box.bottom) / 2, box.width, box.height


def _box(values: Sequence[float]) -> Box:
    x, y, width, height = values
    return Box.spanned((x - width / 2, y - height / 2, x + width / 2, y + height / 2))
