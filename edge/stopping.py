"""SIGINT and SIGTERM end a run between two frames, so that every file is closed whole."""

from __future__ import annotations

import signal
from collections.abc import Iterable, Iterator
from types import FrameType, TracebackType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # it is entered before the slow imports
    from edge.observation import Frame


class _Stop(BaseException):
    """Thrown into a wait for the next frame, and nowhere else."""


class Stopping:
    """While entered, SIGINT, SIGTERM and a lost terminal end the frames instead of the process.

    A signal interrupts the wait for a frame; while a frame is being worked on it waits until every
    sink has been written. It is entered in the main thread.
    """

    def __init__(self) -> None:
        self.stopped = False
        self._waiting = False
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Stopping:
        signals = [signal.SIGINT, signal.SIGTERM]
        if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # nohup wants to outlive it
            signals.append(signal.SIGHUP)
        self._before = {number: signal.signal(number, self._stop) for number in signals}
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for number, before in self._before.items():
            signal.signal(number, before)

    def until_stopped(self, frames: Iterable[Frame]) -> Iterator[Frame]:
        """The frames, up to the one that was being worked on when a signal came."""
        source = iter(frames)
        try:
            while True:
                self._waiting = True
                if self.stopped:  # it may have come just before the line above
                    break
                frame = next(source)
                self._waiting = False
                yield frame
        except (StopIteration, _Stop):
            pass
        finally:
            self._waiting = False

    def _stop(self, number: int, frame: FrameType | None) -> None:
        self.stopped = True
        if self._waiting:
            self._waiting = False
            raise _Stop
