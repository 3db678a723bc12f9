"""The newest frame of a live source: one thread, one slot."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing

from edge.observation import Frame
from edge.sources import Source


class Latest:
    """A live source from which the consumer always gets the newest frame, each at most once.

    A thread of its own captures while the consumer works, so that no frame waits in a queue. The
    same thread closes the source. What the capture raises is raised in the consumer, after the
    last good frame.
    """

    def __init__(self, source: Source, patience: float = 0.5) -> None:
        """patience: seconds that closing waits for a read that does not return."""
        self._source = source
        self._patience = patience
        self._changed = threading.Condition()
        self._slot: Frame | None = None
        self._failure: BaseException | None = None
        self._ended = False
        self._paused = False
        # A daemon: a camera driver may hold a read for ever, and must not hold the program too.
        self._thread = threading.Thread(target=self._capture, name="capture", daemon=True)

    def __enter__(self) -> Latest:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __iter__(self) -> Iterator[Frame]:
        while (frame := self._next()) is not None:
            yield frame

    def pause(self) -> None:
        """End the iteration, also while it waits for a frame; the capture goes on."""
        with self._changed:
            self._paused = True
            self._changed.notify_all()

    def resume(self) -> None:
        """Let a new iteration go on from the newest frame."""
        self._paused = False

    def close(self) -> None:
        """End the capture and wait, no longer than the patience, until the source is closed."""
        with self._changed:
            self._slot = None
            self._ended = True
            self._changed.notify_all()
        self._thread.join(self._patience)

    def _next(self) -> Frame | None:
        with self._changed:
            self._changed.wait_for(lambda: self._slot is not None or self._ended or self._paused)
            if self._paused:
                return None
            frame, self._slot = self._slot, None
            if frame is None and self._failure is not None:
                raise self._failure
            return frame

    def _capture(self) -> None:
        try:
            with closing(self._source):
                for frame in self._source:
                    with self._changed:
                        if self._ended:
                            return
                        self._slot = frame
                        self._changed.notify_all()
        except BaseException as error:  # raised again where somebody can act on it
            self._failure = error
        finally:
            with self._changed:
                self._ended = True
                self._changed.notify_all()
