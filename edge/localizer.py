"""The localizer: a picture of any size in, an answer out."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from edge.card import Card, read_card
from edge.decode import Floats, answer
from edge.errors import LocalizerError
from edge.image import Image, resized
from edge.observation import Answer
from edge.runtime import Network

Prepare = Callable[[Image], Image]
"""A picture of any size to the pixels that a model wants, uint8 (height, width, 3)."""
Infer = Callable[[Image], Mapping[str, Floats]]
"""Prepared pixels to the outputs that ``edge.decode`` names."""
Decode = Callable[[Mapping[str, Floats]], Answer]
"""A model's outputs to its answer."""


class Localizer:
    """Prepare, infer, decode: the one path that the device, the tests and the reports share."""

    def __init__(
        self,
        infer: Infer,
        card: Card,
        prepare: Prepare | None = None,
        decode: Decode | None = None,
    ) -> None:
        """Compose the stages; ``prepare`` and ``decode`` are what ``card`` says unless given."""
        self.card = card
        self.prepare = prepare or (lambda image: resized(image, card.width, card.height))
        self.infer = infer
        self.decode = decode or (lambda outputs: answer(outputs, card))

    def __call__(self, image: Image) -> Answer:
        """The answer for ``image``, with the milliseconds that each stage took."""
        start = time.perf_counter()
        pixels = self.prepare(image)
        prepared = time.perf_counter()
        outputs = self.infer(pixels)
        inferred = time.perf_counter()
        found = self.decode(outputs)
        end = time.perf_counter()
        stages = {
            "resize": prepared - start,
            "invoke": inferred - prepared,
            "decode": end - inferred,
        }
        return replace(found, ms={name: 1000.0 * seconds for name, seconds in stages.items()})


def load_localizer(path: Path, threads: int = 1) -> tuple[Localizer, str]:
    """The localizer in a model file, and the name and version of the runtime that serves it.

    Raises LocalizerError where the file is no model of this project or contradicts its card.
    """
    card = read_card(path)
    network = Network(path, threads)
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
    return Localizer(network, card), network.runtime
