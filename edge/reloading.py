"""When a run is to reload: when it is asked to, or when the files of its model have changed."""

from __future__ import annotations

import threading
from collections.abc import Callable
from queue import Empty, SimpleQueue
from typing import Generic, Self, TypeVar

Stamp = TypeVar("Stamp")

_PAUSE_S = 1.0  # between two looks at the files
_PATIENCE_S = 0.2  # that the end of the run waits for a reload at work


class Changes(Generic[Stamp]):
    """Tells once of each change of a stamp, when it has stayed the same for two looks.

    A file that is being written changes at each look. One that is gone is no change: it may come
    back, and what was loaded from it goes on.
    """

    def __init__(self, known: Stamp) -> None:
        """known: the stamp of what is in service."""
        self._known = self._last = known

    def __call__(self, stamp: Stamp | None) -> bool:
        """Whether ``stamp``, that of now, is a new one that is to be loaded; None is gone."""
        settled = stamp is not None and stamp == self._last != self._known
        if stamp is not None:
            self._last = stamp
        if settled:
            self._known = self._last
        return settled


class Reloading:
    """Calls ``reload`` in a thread of its own, so that frames are answered meanwhile."""

    def __init__(
        self,
        reload: Callable[[], None],
        changed: Callable[[], bool],
        pause: float = _PAUSE_S,
    ) -> None:
        """changed: looks whether there is something to reload; cheap, asked each ``pause`` s."""
        self._reload, self._changed, self._pause = reload, changed, pause
        # Its put may interrupt itself, as in a signal's handler; an Event's set would wait for
        # itself for ever.
        self._asked: SimpleQueue[bool] = SimpleQueue()
        self._thread = threading.Thread(target=self._watch, name="reload", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._asked.put(False)
        self._thread.join(_PATIENCE_S)

    def ask(self) -> None:
        """Reload soon; a signal's handler may call it."""
        self._asked.put(True)

    def _watch(self) -> None:
        while True:
            try:
                if not self._asked.get(timeout=self._pause):
                    return
            except Empty:
                if not self._changed():
                    continue
            self._reload()
