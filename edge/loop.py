"""The loop: every frame is looked at once and handed to every sink."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence

from edge.image import Image
from edge.observation import Answer, Frame, Observation
from edge.sinks import Sink


def run(
    frames: Iterable[Frame],
    locate: Callable[[Image], Answer],
    sinks: Sequence[Sink],
    now: Callable[[], float] = time.monotonic,
) -> None:
    """Locate the object in each frame and write what was seen to the sinks, in their order.

    now: seconds on the clock of ``Frame.captured_at``.
    """
    for frame in frames:
        answer = locate(frame.for_model)
        observation = Observation(frame, answer, now())
        for sink in sinks:
            sink.write(observation)
