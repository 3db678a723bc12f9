"""A live source that comes back: reopened when it is lost, stalls or shows a frozen picture."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from edge.errors import Absent, LocalizerError, Refused
from edge.image import Image
from edge.observation import Frame
from edge.sources import Source, Wait

_SHORTEST = 0.2  # seconds until the first try
_LONGEST_ABSENT = 1.0  # seconds; looking whether a device is there costs nothing
_LOOK = 0.2  # seconds between two looks whether the device is another
_LONGEST = 10.0  # seconds; a device that is there but fails is not to be worn out
_STEADY = 10.0  # seconds of frames after which a source counts as mended
_FROZEN = 5.0  # seconds of the same picture
_LIVELY = 2.0  # seconds of ever new pictures after which the same one would be a fault again

State = Literal["opening", "open", "absent", "reopening", "ended"]


@dataclass(frozen=True, slots=True)
class Health:
    """How a live source is, for the watchdog and the metrics."""

    state: State
    """opening: no frame yet. open: it gives frames. absent: waiting for a device that is not
    there. reopening: it failed and is tried again. ended: the run is over."""
    since: float
    """Seconds on the monotonic clock, when it came into this state."""
    cause: str = ""
    """Why it was lost last, one sentence; empty if it never was."""
    reopened: int = 0
    """How often it came back."""
    absent_at: float | None = None
    """Seconds on the monotonic clock, when it was last looked for and was not there."""


class Reopening:
    """Opens a source again and again with what opened it first.

    Without frames it is tried again after 0.2 s, growing to 1 s while the device is absent and to
    10 s while it is there and fails; each of the two starts anew after the other. A picture that
    stays the same to the byte for 5 s although frames come is told and the source reopened, once: a
    dark room looks the same. It takes 2 s of ever new pictures until that would happen again.
    """

    def __init__(
        self,
        open_source: Callable[[], Source],
        wait: Wait,
        say: Callable[[str], None] = lambda _: None,
        patient: bool = False,
        now: Callable[[], float] = time.monotonic,
        device: Callable[[], object] | None = None,
    ) -> None:
        """open_source: may raise as the source does.

        device: a value that changes when the device goes, comes, or is plugged in again; cheap.
            Then no pause is waited for.

        say: gets a sentence for each loss, cause and return.
        patient: whether a source that never gave a frame is tried again; else its error is raised.
            A Refused option is always raised.
        """
        self._open_source = open_source
        self._wait = wait
        self._say = say
        self._patient = patient
        self._now = now
        self._device = device
        self._stillness = _Stillness()
        self._last: Frame | None = None
        self.health = Health("opening", now())
        """Replaced at each change; any thread may read it."""

    def frames(self) -> Source:
        """The source's frames, numbered on where it is opened again, until the wait says so."""
        delay = absent = _SHORTEST
        try:
            while True:
                device = self._device() if self._device is not None else None
                try:
                    with closing(self._open_source()) as source:
                        yield from self._one_opening(source)
                    # A live source has no end of its own: either the run is over or it is lost.
                    error = LocalizerError("the source ended; it is opened again")
                except Refused:
                    raise
                except LocalizerError as caught:
                    error = caught
                if self._wait(0.0):
                    return
                if self._last is None and not self._patient:
                    raise error
                was = self.health
                if was.state == "open" and self._now() - was.since >= _STEADY:
                    delay = _SHORTEST
                self._lost(error)
                if isinstance(error, Absent):
                    # What is plugged in again begins anew, however often that happens.
                    pause, delay = absent, _SHORTEST
                    absent = min(2.0 * absent, _LONGEST_ABSENT)
                else:
                    pause, absent = delay, _SHORTEST
                    delay = min(2.0 * delay, _LONGEST)
                if self._is_another(device):
                    pause = _SHORTEST
                if self._waited(pause, device):
                    return
                if self._is_another(device):
                    delay = _SHORTEST
        finally:
            self.health = replace(self.health, state="ended", since=self._now())

    def _is_another(self, device: object) -> bool:
        """Whether the device is not the ``device`` of before."""
        return self._device is not None and self._device() != device

    def _waited(self, pause: float, device: object) -> bool:
        """Wait, at most until ``device`` is another; whether the run is over."""
        if self._device is None:
            return self._wait(pause)
        while pause > 0.0:
            if self._wait(min(pause, _LOOK)):
                return True
            if self._device() != device:
                break
            pause -= _LOOK
        return False

    def _one_opening(self, source: Source) -> Source:
        """The frames of one opening, their indices going on; each sequence number once."""
        offset: int | None = None
        sequence = None
        for frame in source:
            if frame.sequence is not None and frame.sequence == sequence:
                continue  # the same frame again
            sequence = frame.sequence
            if offset is None:
                # A source that counts on by itself, as the fake camera does, is left alone.
                last = -1 if self._last is None else self._last.index
                offset = 0 if frame.index > last else last + 1 - frame.index
                self._opened()
                self._stillness.restart(frame.captured_at)
            frame = replace(frame, index=frame.index + offset)  # noqa: PLW2901
            self._last = frame
            yield frame
            if self._stillness.frozen(frame.pixels, frame.captured_at):
                raise LocalizerError(
                    f"the picture has not changed by a byte for {_FROZEN:g} s although frames "
                    "come; if the camera looks into the dark that is no fault, else check it"
                )

    def _opened(self) -> None:
        was, now = self.health, self._now()
        if self._last is None:
            self.health = replace(was, state="open", since=now)
            return
        self._say(f"the camera is back after {now - was.since:.1f} s")
        self.health = replace(was, state="open", since=now, reopened=was.reopened + 1)

    def _lost(self, error: LocalizerError) -> None:
        was, cause = self.health, str(error)
        state: State = "absent" if isinstance(error, Absent) else "reopening"
        if (state, cause) != (was.state, was.cause):
            self._say(f"trying again: {cause}")
        now, down = self._now(), was.state in ("absent", "reopening")
        self.health = replace(
            was,
            state=state,
            cause=cause,
            since=was.since if down else now,
            absent_at=now if state == "absent" else was.absent_at,
        )


class _Stillness:
    """Notices a picture that stays the same to the byte, once until it has been lively again."""

    def __init__(self) -> None:
        self._picture: Image | None = None
        self._still_since = self._lively_since = 0.0  # seconds of capture
        self._told = False

    def restart(self, moment: float) -> None:
        """The source was opened at ``moment``: what it showed before has no length any more."""
        self._still_since = self._lively_since = moment

    def frozen(self, picture: Image, moment: float) -> bool:
        """Whether ``picture``, captured at ``moment`` seconds, has to be told as frozen."""
        same = self._picture is not None and _same(self._picture, picture)
        self._picture = picture
        if not same:
            self._still_since = moment
            # Longer than a camera takes to adjust after its start, in the dark too.
            if moment - self._lively_since >= _LIVELY:
                self._told = False
            return False
        self._lively_since = moment
        if self._told or moment - self._still_since < _FROZEN:
            return False
        self._told = True
        return True


def _same(one: Image, other: Image) -> bool:
    if one.shape != other.shape or not np.array_equal(one[::16, ::16], other[::16, ::16]):
        return False  # mostly a few of the pixels tell
    return np.array_equal(one, other)
