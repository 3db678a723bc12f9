"""The localizer: a picture of any size in, an answer out."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np

from edge.box import Box
from edge.card import Card, read_card
from edge.closer import WHOLE, part_around, pixels_of, settled, worth_a_look
from edge.decode import answer
from edge.errors import LocalizerError
from edge.image import Image, resized
from edge.observation import Answer
from edge.runtime import Network
from edge.sweep import quickest
from edge.tensors import Floats

Prepare = Callable[[Image], Image]
"""A picture of any size to the pixels that a model wants, uint8 (height, width, 3)."""
Infer = Callable[[Image], Mapping[str, Floats]]
"""Prepared pixels to the outputs that ``edge.tensors`` names."""
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
        self.threshold = card.presence_threshold
        """The presence, 0 to 1, under which a box is withheld; any thread may change it."""
        self.closer = False
        """Whether what was found is looked at again from nearer: see ``edge.closer``."""
        self._prepare = prepare
        self.infer = infer
        self.decode = decode or (lambda outputs: answer(outputs, card, self.threshold))

    def prepare(self, image: Image, out: Image | None = None) -> Image:
        """``image`` as the model wants it; written into ``out`` where that is given."""
        if self._prepare is not None:
            return self._prepare(image)
        return resized(image, self.card.width, self.card.height, out)

    def __call__(self, image: Image) -> Answer:
        """The answer for ``image``, with the milliseconds that each stage took."""
        stages = Stages(self)
        return stages.decode(stages.infer(stages.prepare(image)))


class Prepared(NamedTuple):
    """A picture in the size that the model wants."""

    pixels: Image
    resize_ms: float
    whole: Image
    """The same view in all the pixels that there are."""


class Closer(NamedTuple):
    """A second look at a part of a picture."""

    part: Box
    outputs: Mapping[str, Floats]


class Inferred(NamedTuple):
    """A picture's outputs."""

    outputs: Mapping[str, Floats]
    resize_ms: float
    invoke_ms: float
    decode_ms: float = 0.0
    """Of what is decoded already."""
    first: Answer | None = None
    """What the outputs say, where that is decoded already."""
    closer: Closer | None = None


class Stages:
    """A localizer's stages for the loop: timed, and without an allocation for each frame."""

    def __init__(self, localizer: Localizer) -> None:
        self._localizer = localizer
        card = localizer.card
        # One is inferred while the other is filled; a closer look is made between two inferences.
        shape = (card.height, card.width, 3)
        self._pixels = [np.empty(shape, np.uint8) for _ in range(2)]
        self._part = np.empty(shape, np.uint8)

    def prepare(self, image: Image, whole: Image | None = None) -> Prepared:
        """``image`` resized; its pixels are written over when the one after the next comes.

        whole: the same view in more pixels, for a closer look; None is ``image``.
        """
        start = time.perf_counter()
        self._pixels.reverse()
        pixels = self._localizer.prepare(image, self._pixels[0])
        return Prepared(pixels, _ms_since(start), image if whole is None else whole)

    def infer(self, prepared: Prepared) -> Inferred:
        """What the model gives for a prepared picture, and for a closer look where that follows."""
        start = time.perf_counter()
        outputs = self._localizer.infer(prepared.pixels)
        inferred = Inferred(outputs, prepared.resize_ms, _ms_since(start))
        return self._looked_closer(inferred, prepared.whole) if self._localizer.closer else inferred

    def _looked_closer(self, inferred: Inferred, whole: Image) -> Inferred:
        start = time.perf_counter()
        first = self._localizer.decode(inferred.outputs)
        seen = worth_a_look(first, self._localizer.threshold)
        part = part_around(seen.box, whole) if seen is not None else WHOLE
        decoded = _ms_since(start)
        inferred = inferred._replace(decode_ms=decoded, first=first)
        if part == WHOLE:
            return inferred
        pixels = self._localizer.prepare(pixels_of(part, whole), self._part)
        resized_at = _ms_since(start)
        outputs = self._localizer.infer(pixels)
        return inferred._replace(
            resize_ms=inferred.resize_ms + resized_at - decoded,
            invoke_ms=inferred.invoke_ms + _ms_since(start) - resized_at,
            closer=Closer(part, outputs),
        )

    def decode(self, inferred: Inferred) -> Answer:
        """What the outputs say, with the milliseconds that each stage took."""
        start = time.perf_counter()
        found = self._decoded(inferred)
        stages = {
            "resize": inferred.resize_ms,
            "invoke": inferred.invoke_ms,
            "decode": inferred.decode_ms + _ms_since(start),
        }
        return replace(found, ms=stages)

    def _decoded(self, inferred: Inferred) -> Answer:
        first, closer = inferred.first, inferred.closer
        if first is None:
            return self._localizer.decode(inferred.outputs)
        if closer is None:
            return first
        seen = self._localizer.decode(closer.outputs)
        return settled(first, seen, closer.part, self._localizer.threshold)


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
    if network.decode != card.decode:
        raise LocalizerError(
            f"{path} gives outputs that are decoded as {network.decode!r} but its card says "
            f"{card.decode!r}; convert it again"
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
