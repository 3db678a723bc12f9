"""SIGINT and SIGTERM end a run between two frames, so that every file is closed whole.

SIGHUP does so too where there is a terminal, which then is lost; a service reloads.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterable, Iterator
from types import FrameType
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

    def __init__(self, terminal: Callable[[], bool] | None = None) -> None:
        """terminal: whether this process has one that it can lose; else SIGHUP asks to reload."""
        self.stopped = False
        self.on_reload: Callable[[], None] = lambda: None
        """Called in the main thread, wherever that is; it must not wait for a lock."""
        self._terminal = terminal or _has_terminal
        self._waiting = False
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Stopping:
        handlers = {signal.SIGINT: self._stop, signal.SIGTERM: self._stop}
        if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # nohup wants to outlive it
            handlers[signal.SIGHUP] = self._stop if self._terminal() else self._reload
        self._before = {number: signal.signal(number, one) for number, one in handlers.items()}
        return self

    def __exit__(self, *_: object) -> None:
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

    def _reload(self, number: int, frame: FrameType | None) -> None:
        self.on_reload()


def _has_terminal() -> bool:
    try:
        os.close(os.open("/dev/tty", os.O_RDONLY | os.O_NOCTTY))
    except OSError:
        return False
    return True
