"""A picture of a set that is being written, and numbers that lose nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from edge.box import Box
from train.readers.settle import Thing

IMAGES = "images"
"""The folder of the pictures in every set that is written."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A picture with its objects."""

    name: PurePosixPath
    """Its path below the folder of the pictures."""
    width: int
    """Pixels of the upright picture, as ``height``."""
    height: int
    things: Sequence[Thing]


def pixels(box: Box, width: int, height: int) -> tuple[float, float, float, float]:
    """Left, top, right, bottom in pixels, whole where they are whole but for rounding."""
    left, top, right, bottom = (
        edge * side for edge, side in zip(box.edges, (width, height, width, height), strict=True)
    )
    return whole(left), whole(top), whole(right), whole(bottom)


def whole(value: float) -> float:
    """``value``, or the whole number that it is but for rounding."""
    near = round(value)
    return near if abs(value - near) < 1e-7 else value
