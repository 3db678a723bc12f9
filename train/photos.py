"""Photos decoded once: small enough to keep in memory, large enough to zoom into."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from edge.box import Box
from edge.image import Image, read_image, resized
from train.example import Example

_ROOM = 12 / 7  # a view of 7/12 of the photo still has the network's full resolution


@dataclass(frozen=True, slots=True)
class Photo:
    """A decoded example."""

    pixels: Image
    """Upright, aspect kept, the longest side at most ``_ROOM`` times the network's."""
    box: Box | None
    """None where nothing is there, or nobody said where."""
    label: int | None
    """Index among the labels; None where nothing is there."""


Watch = Callable[[Iterable[Example]], Iterable[Example]]


def load_photos(
    examples: Sequence[Example],
    labels: Sequence[str],
    size: int,
    watch: Watch = lambda examples: examples,
) -> list[Photo]:
    """``examples`` decoded for training at ``size`` pixels; ``watch`` wraps them to show progress.

    An example whose label is not among ``labels`` raises ValueError.
    """
    longest = round(size * _ROOM)
    photos = []
    for example in watch(examples):
        pixels = read_image(example.path)
        height, width = pixels.shape[:2]
        scale = longest / max(height, width)
        if scale < 1:
            small = max(round(width * scale), 1), max(round(height * scale), 1)
            pixels = resized(pixels, *small)
        label = labels.index(example.label) if example.label is not None else None
        photos.append(Photo(pixels, example.box, label))
    return photos


def prepared(examples: Iterable[Example], size: int) -> npt.NDArray[np.uint8]:
    """The very pixels that the device would see: shape (examples, size, size, 3)."""
    pixels = [resized(read_image(example.path), size, size) for example in examples]
    return np.asarray(pixels, np.uint8).reshape(-1, size, size, 3)
