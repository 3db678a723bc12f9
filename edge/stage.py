"""One step of the loop on a thread of its own."""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Callable
from queue import Empty, Queue, SimpleQueue
from threading import Thread
from typing import Generic, Self, TypeVar

Item = TypeVar("Item")

_REMEMBERED = 8  # items whose durations tell how long the next one will take


class Stage(Generic[Item]):
    """Calls ``work`` with each item that it is given, in order, while its caller goes on.

    One item is in work and at most one waits, so that nothing grows old in a queue. After a
    failure no further item is worked on, and the error is raised wherever the caller waits.
    All methods belong to one calling thread.
    """

    def __init__(self, name: str, work: Callable[[Item], None]) -> None:
        self._work = work
        self._given: SimpleQueue[tuple[Item] | None] = SimpleQueue()
        # A SimpleQueue of Python 3.11 may wait for ever where a timeout is over at once.
        self._done: Queue[float | BaseException] = Queue()
        self._unfinished = 0
        self._failure: BaseException | None = None
        self._began = 0.0  # seconds on the performance counter: the item that is in work
        self._durations: deque[float] = deque(maxlen=_REMEMBERED)
        # A daemon: a chip or a disk that never answers must not hold the program too.
        self._thread = Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def wait_until_idle(self) -> None:
        """Wait until every item is done."""
        while self._unfinished:
            self._finish_one()

    def wait_until_nearly_idle(self, ahead: float = math.inf) -> None:
        """Wait until no item waits and the one in work will be done in about ``ahead`` seconds.

        How long it takes is expected from the latest ones; it may be done before.
        """
        while self._unfinished > 1:
            self._finish_one()
        if self._unfinished and self._durations:
            # The shortest: to be early costs the next item a little age, to be late costs time.
            expected = self._began + min(self._durations)
            patience = expected - ahead - time.perf_counter()
            if patience > 0:
                self._finish_one(patience)

    def give(self, item: Item) -> None:
        """Leave ``item`` to the stage; waits while another one is waiting there."""
        self.wait_until_nearly_idle()
        if self._unfinished == 0:
            self._began = time.perf_counter()
        self._unfinished += 1
        self._given.put((item,))

    def close(self) -> None:
        """Finish what was given and end the thread; raises what the work raised."""
        try:
            self.wait_until_idle()
        finally:
            self._given.put(None)
        self._thread.join()

    def _finish_one(self, patience: float | None = None) -> None:
        """Wait for the oldest item, at most ``patience`` seconds where any are given."""
        if self._failure is not None:
            raise self._failure
        try:
            ended = self._done.get(timeout=patience)
        except Empty:
            return
        self._unfinished -= 1
        if isinstance(ended, BaseException):
            self._failure = ended
            raise ended
        self._durations.append(ended - self._began)
        self._began = ended

    def _run(self) -> None:
        while (given := self._given.get()) is not None:
            try:
                self._work(*given)
            except BaseException as error:  # raised again where somebody can act on it
                self._done.put(error)
                return
            del given  # a picture must not stay until the next one comes
            self._done.put(time.perf_counter())
