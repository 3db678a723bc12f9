"""The loop that people write: read, convert, resize, infer, draw, one after the other."""

from __future__ import annotations

import time
from collections.abc import Sequence
from itertools import count

import cv2
import numpy as np

from edge.bench.camera import Capture
from edge.card import Card
from edge.decode import answer
from edge.observation import Frame, Observation
from edge.runtime import Network
from edge.sinks import Sink


def straight(capture: Capture, network: Network, card: Card, sinks: Sequence[Sink]) -> None:
    """Answer every picture of ``capture`` before the next one is read.

    With OpenCV's default resize, as in the examples that people start from.
    """
    for index in count():
        read = capture.read()
        if read is None:
            return
        bgr, captured_at = read
        rgb = cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB).astype(np.uint8, copy=False)
        small = cv2.resize(rgb, network.size).astype(np.uint8, copy=False)
        found = answer(network(small), card)
        observation = Observation(Frame(rgb, index, captured_at), found, time.monotonic())
        for sink in sinks:
            sink.write(observation)
