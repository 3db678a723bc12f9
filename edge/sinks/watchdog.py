"""The watchdog: systemd's keep-alive, sent while the run is well, and its status line."""

from __future__ import annotations

import threading
from collections.abc import Callable

from edge.liveness import Verdict
from edge.notify import Manager
from edge.observation import Observation

_PAUSE_S = 1.0  # between two looks
_A_WATCHDOG = 4  # looks at least in the time that systemd gives


class Watchdog:
    """Tells systemd how the run is, from a thread of its own, for as long as it is entered.

    READY=1 comes with the first answered frame, or once the camera is known to be absent and is
    waited for. WATCHDOG=1 comes while the verdict is good. A loop, a model or a camera driver that
    hangs ends the keep-alive, and nothing that hangs can hold this thread.
    """

    def __init__(
        self,
        manager: Manager,
        verdict: Callable[[], Verdict],
        fps: Callable[[], float],
        cause: Callable[[], str] = str,
        say: Callable[[str], None] = lambda _: None,
    ) -> None:
        """fps: frames per second, of late. cause: why the camera was lost last; empty if never.

        say: gets a sentence when the run is not well any more, and when it is again.
        """
        self._manager, self._verdict, self._fps = manager, verdict, fps
        self._cause, self._say = cause, say
        self._pause = min(_PAUSE_S, (manager.watchdog_s or _PAUSE_S * _A_WATCHDOG) / _A_WATCHDOG)
        self._awake = threading.Event()
        self._ended = False
        self._begun = False
        self._well = True
        self._told = ""
        self._note = ""
        self._thread = threading.Thread(target=self._watch, name="watchdog", daemon=True)

    def __enter__(self) -> Watchdog:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended = True
        self._awake.set()
        self._thread.join()
        self._manager.stopping()
        self._manager.close()

    def write(self, observation: Observation) -> None:
        if not self._begun:  # or READY=1 would come late
            self._awake.set()

    def reloading(self) -> None:
        """A reload begins."""
        if self._begun:
            self._manager.reloading()

    def reloaded(self, note: str) -> None:
        """The reload has ended; ``note`` stays in the status line, as why it was refused."""
        self._note = note
        if self._begun:
            self._manager.ready()
        self._awake.set()

    def look(self) -> None:
        """Tell systemd what is due now."""
        verdict = self._verdict()
        if verdict.begun and not self._begun:
            self._begun = True
            self._manager.ready()
        if verdict.well:
            self._manager.alive()
        if verdict.well != self._well and self._begun:
            self._well = verdict.well
            self._say(f"{'well again' if self._well else 'stalled'}: {verdict.sentence}")
        if (status := self._status(verdict)) != self._told:
            self._told = status
            self._manager.status(status)

    def _status(self, verdict: Verdict) -> str:
        parts = [verdict.sentence]
        if verdict.well and verdict.answering:
            parts = [f"{self._fps():.1f} fps, {verdict.age_ms:.0f} ms old"]
        if (cause := self._cause()) and cause not in verdict.sentence:
            parts.append(f"last lost: {cause}")
        return "; ".join([*parts, *filter(None, [self._note])])

    def _watch(self) -> None:
        while not self._ended:
            self.look()
            self._awake.wait(self._pause)
            self._awake.clear()
