"""The localizer: a picture of any size in, an answer out."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np

from edge.card import Card, read_card
from edge.decode import answer
from edge.errors import LocalizerError
from edge.image import Image, resized
from edge.observation import Answer
from edge.outputs import Floats
from edge.runtime import Network
from edge.sweep import quickest

Infer = Callable[[Image], Mapping[str, Floats]]
"""Prepared pixels, uint8 (height, width, 3), to the outputs that ``edge.outputs`` names."""


class Prepared(NamedTuple):
    """A picture in the size that the model wants."""

    pixels: Image
    resize_ms: float


class Inferred(NamedTuple):
    """A picture's outputs."""

    outputs: Mapping[str, Floats]
    resize_ms: float
    invoke_ms: float


class Localizer:
    """Resize, infer, decode: the one path that the device, the tests and the reports share."""

    def __init__(self, infer: Infer, card: Card) -> None:
        self._infer = infer
        self.card = card
        # One is inferred while the other is filled.
        self._pixels = [np.empty((card.height, card.width, 3), np.uint8) for _ in range(2)]

    def __call__(self, image: Image) -> Answer:
        """The answer for ``image``, with the milliseconds that each stage took."""
        return self.decode(self.infer(self.prepare(image)))

    def prepare(self, image: Image) -> Prepared:
        """``image`` resized; its pixels are written over when the one after the next comes."""
        start = time.perf_counter()
        self._pixels.reverse()
        pixels = resized(image, self.card.width, self.card.height, out=self._pixels[0])
        return Prepared(pixels, _ms_since(start))

    def infer(self, prepared: Prepared) -> Inferred:
        """What the model gives for a prepared picture."""
        start = time.perf_counter()
        outputs = self._infer(prepared.pixels)
        return Inferred(outputs, prepared.resize_ms, _ms_since(start))

    def decode(self, inferred: Inferred) -> Answer:
        """What the outputs say, with the milliseconds that each stage took."""
        start = time.perf_counter()
        found = answer(inferred.outputs, self.card)
        stages = {
            "resize": inferred.resize_ms,
            "invoke": inferred.invoke_ms,
            "decode": _ms_since(start),
        }
        return replace(found, ms=stages)


def _ms_since(start: float) -> float:
    return 1000.0 * (time.perf_counter() - start)


def load_localizer(path: Path, threads: int | None = 1) -> tuple[Localizer, str]:
    """The localizer in a model file, and a few words on the runtime that serves it.

    threads: CPU threads of one inference; None tries which number is best.
    Raises LocalizerError where the file is no model of this project or contradicts its card.
    """
    card = read_card(path)
    network = quickest(path) if threads is None else Network(path, threads)
    check_card(path, card, network)
    return Localizer(network, card), described(network)


def check_card(path: Path, card: Card, network: Network) -> None:
    """Raise LocalizerError where the tensors of ``path`` are not what its card says."""
    if network.size != (card.width, card.height):
        wanted, promised = network.size, (card.width, card.height)
        raise LocalizerError(
            f"{path} wants {wanted[0]}x{wanted[1]} pixels but its card says "
            f"{promised[0]}x{promised[1]}; convert it again"
        )
    if network.labels != len(card.labels):
        raise LocalizerError(
            f"{path} tells {network.labels} classes apart but its card names {len(card.labels)}; "
            "convert it again"
        )


def described(network: Network) -> str:
    """The runtime's name, version and threads."""
    threads = "1 thread" if network.threads == 1 else f"{network.threads} threads"
    return f"{network.runtime}, {threads}"
