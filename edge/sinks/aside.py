"""A slow sink in a thread of its own, behind a bounded queue, so that the loop never waits."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from types import TracebackType

from edge.errors import LocalizerError
from edge.observation import Observation
from edge.sinks import Sink

_LOOK = 0.05  # seconds between two looks for a signal while something else is waited for
_LOOKS = 4  # at least, before a sink is left behind


class Hurry:
    """How long ago the run was told to stop: what decides how patiently it is ended."""

    drop_s = 0.4
    """Seconds that a sink has for what is queued, before it drops the rest and closes its file.
    They count from its own next step, as on a busy board that may come late."""
    leave_s = 0.8
    """Seconds after which a sink that does not return is left behind."""

    def __init__(
        self, stopped: Callable[[], bool] = bool, now: Callable[[], float] = time.monotonic
    ) -> None:
        """stopped: whether a signal has come."""
        self._stopped = stopped
        self._now = now
        self._since: float | None = None

    def seconds(self) -> float:
        """Seconds since a call first found the run stopped; 0.0 while it goes on."""
        if self._since is None:
            if not self._stopped():
                return 0.0
            self._since = self._now()
        # Never 0.0 again, even where the clock has not moved.
        return max(self._now() - self._since, 1e-9)


class Aside:
    """A sink whose ``write`` only queues: a thread of its own writes, and closes, the slow one.

    A live run drops the oldest of what is queued when there is no room, and counts it; otherwise
    the loop waits for room, so that a film loses no frame. A live run survives the failure of the
    sink: it is told once, what follows is dropped, and the error is raised when the run has ended.
    Otherwise, or where the reader of a pipe has left, the next ``write`` raises it.
    """

    def __init__(
        self,
        sink: Sink,
        name: str,
        *,
        close: Callable[[], None] = lambda: None,
        live: bool = True,
        room: int = 8,
        wanted: Callable[[Observation], bool] = lambda _: True,
        say: Callable[[str], None] = lambda _: None,
        hurry: Hurry | None = None,
        patience: float | None = None,
        tell_drops: bool = True,
    ) -> None:
        """name: as in "record", for a person and for the metrics.

        close: ends the sink, in the same thread that wrote to it.
        room: observations that may wait; each holds a frame's pixels.
        wanted: which observations reach the sink at all.
        patience: seconds that the end waits for the sink; None waits until it has written all, or
            until ``hurry`` says that it is time.
        tell_drops: say at the end how many were dropped; a window may well show fewer.
        """
        self.name = name
        self._sink = sink
        self._close = close
        self._live = live
        self._room = room
        self._wanted = wanted
        self._say = say
        self._hurry = hurry or Hurry()
        self._patience = patience
        self._tell_drops = tell_drops
        self._queue: deque[Observation] = deque()
        self._changed = threading.Condition()
        self._ended = False
        self._failure: BaseException | None = None
        self._raised = False
        self._hurried_at: float | None = None
        self.dropped = 0
        """Observations that were wanted and never written."""
        # A daemon: a pipe that nobody reads must not hold the program too.
        self._thread = threading.Thread(target=self._serve, name=name, daemon=True)

    def __enter__(self) -> Aside:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with self._changed:
            self._ended = True
            self._changed.notify_all()
        leave_at = None if self._patience is None else time.monotonic() + self._patience
        looks = 0
        while self._thread.is_alive():
            self._thread.join(_LOOK)
            looks += 1  # a few in any case, as the thread may not have had its turn
            late = leave_at is not None and time.monotonic() >= leave_at
            if late or (looks >= _LOOKS and self._hurry.seconds() >= Hurry.leave_s):
                break
        if self.dropped and self._tell_drops:
            count = "1 frame was" if self.dropped == 1 else f"{self.dropped} frames were"
            self._say(
                f"{self.name}: {count} dropped, because writing was slower than the frames came"
            )
        if error is None and self._failure is not None and not self._raised:
            raise self._failure

    def write(self, observation: Observation) -> None:
        if not self._wanted(observation):
            return
        with self._changed:
            if self._failure is not None:
                if not self._survives(self._failure):
                    self._raised = True
                    raise self._failure
                self.dropped += 1
                return
            if self._live:
                if len(self._queue) >= self._room:
                    self._queue.popleft()
                    self.dropped += 1
            else:
                while len(self._queue) >= self._room and self._failure is None:
                    if self._hurry.seconds():
                        break
                    self._changed.wait(_LOOK)
            self._queue.append(observation)
            self._changed.notify_all()

    def _survives(self, failure: BaseException) -> bool:
        return self._live and isinstance(failure, LocalizerError)

    def _serve(self) -> None:
        try:
            try:
                while (observation := self._next()) is not None:
                    self._sink.write(observation)
            finally:
                self._close()
        except BaseException as error:  # raised again where somebody can act on it
            with self._changed:
                first, self._failure = self._failure is None, error
                self.dropped += len(self._queue)
                self._queue.clear()
                going_on = first and self._survives(error) and not self._ended
                self._changed.notify_all()
            if going_on:
                self._say(f"{self.name} ends here, the rest goes on: {error}")

    def _next(self) -> Observation | None:
        with self._changed:
            self._changed.wait_for(lambda: self._queue or self._ended)
            if hurried := self._hurry.seconds():
                self._hurried_at = self._hurried_at or hurried
                if hurried - self._hurried_at >= Hurry.drop_s:
                    self.dropped += len(self._queue)
                    self._queue.clear()
            if not self._queue:
                return None
            observation = self._queue.popleft()
            self._changed.notify_all()
            return observation
