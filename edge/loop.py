"""The loop: every frame is looked at once and handed to every sink.

Three short stages overlap, because the interpreter and OpenCV let other threads run: the next
frame is prepared, and the sinks are served with the last one, while the chip works.
"""

from __future__ import annotations

import sys
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Protocol, TypeVar

from edge.image import Image
from edge.observation import Answer, Frame, Observation
from edge.sinks import Sink
from edge.stage import Stage

Prepared = TypeVar("Prepared")
Inferred = TypeVar("Inferred")

_MARGIN = 0.0002  # seconds that a frame may be ready too early, so that the chip never waits
_TURN = 0.0005  # seconds


class Locate(Protocol[Prepared, Inferred]):
    """Where the object is in a picture, in three steps that run on three threads.

    A prepared picture is inferred before the one after the next is prepared. image: what the model
    is to see; whole: the same view in all the pixels that there are.
    """

    def prepare(self, image: Image, whole: Image) -> Prepared: ...

    def infer(self, prepared: Prepared) -> Inferred: ...

    def decode(self, inferred: Inferred) -> Answer: ...


def run(
    frames: Iterable[Frame],
    locate: Locate[Prepared, Inferred],
    sinks: Sequence[Sink],
    late: bool = False,
    now: Callable[[], float] = time.monotonic,
) -> None:
    """Locate the object in each frame and write what was seen to the sinks, in their order.

    The frames are taken and prepared in the caller's thread, at most two ahead of the sinks.
    What a stage or a sink raises is raised here, at the next frame at the latest; what the frames
    raise, after the sinks have been given the frames before.
    late: take each frame only when the one before is nearly done: for a live source that always
        has a newer one, so that no picture grows old while it waits for the chip.
    now: seconds on the clock of ``Frame.captured_at``.
    """

    def infer(item: tuple[Frame, Prepared]) -> None:
        frame, prepared = item
        inferred = locate.infer(prepared)
        serving.wait_until_idle()  # a slow sink holds the chip up, or else frames would pile up
        serving.give((frame, inferred))

    def serve(item: tuple[Frame, Inferred]) -> None:
        frame, inferred = item
        observation = Observation(frame, locate.decode(inferred), now())
        for sink in sinks:
            sink.write(observation)

    source = iter(frames)
    preparing: deque[float] = deque([0.0], maxlen=8)  # seconds, of the latest frames
    with quick_turns(), Stage("serve", serve) as serving, Stage("infer", infer) as inferring:
        while True:
            if late:
                inferring.wait_until_nearly_idle(max(preparing) + _MARGIN)
            else:
                inferring.wait_until_nearly_idle()
            frame = next(source, None)
            if frame is None:
                return
            start = time.perf_counter()
            inferring.give((frame, locate.prepare(frame.for_model, frame.pixels)))
            preparing.append(time.perf_counter() - start)


@contextmanager
def quick_turns(seconds: float = _TURN) -> Iterator[None]:
    """Let no thread run on for longer than ``seconds`` while another one waits for Python's lock.

    Python's own 5 ms are longer than an inference: the chip would wait for a sink that formats.
    """
    before = sys.getswitchinterval()
    sys.setswitchinterval(min(before, seconds))
    try:
        yield
    finally:
        sys.setswitchinterval(before)
