"""The only box format of the project: fractions of the upright picture."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Box:
    """An axis-aligned rectangle whose edges are fractions of a picture's width and height."""

    left: float
    """Fraction of the picture's width, 0 at its left border."""
    top: float
    """Fraction of the picture's height, 0 at its upper border."""
    right: float
    """Fraction of the picture's width, never less than ``left``."""
    bottom: float
    """Fraction of the picture's height, never less than ``top``."""

    def __post_init__(self) -> None:
        edges = (self.left, self.top, self.right, self.bottom)
        if not all(math.isfinite(edge) for edge in edges):
            raise ValueError(f"a box has four finite edges. Received: {edges}")
        if self.left > self.right or self.top > self.bottom:
            raise ValueError(
                f"a box runs from left to right and from top to bottom. Received: {edges}"
            )

    @classmethod
    def spanned(cls, edges: Iterable[float]) -> Box:
        """The box between two corners given in any order, cut to the picture."""
        x1, y1, x2, y2 = (min(max(float(edge), 0.0), 1.0) for edge in edges)
        return cls(min(x1, x2), min(y1, y2), max(x1, x2), max(y1, y2))

    @property
    def width(self) -> float:
        return self.right - self.left

    @property
    def height(self) -> float:
        return self.bottom - self.top

    @property
    def area(self) -> float:
        """Share of the picture that the box covers when it lies inside."""
        return self.width * self.height

    def intersection(self, other: Box) -> float:
        """The area that both boxes cover."""
        width = min(self.right, other.right) - max(self.left, other.left)
        height = min(self.bottom, other.bottom) - max(self.top, other.top)
        return max(width, 0.0) * max(height, 0.0)

    def iou(self, other: Box) -> float:
        """Intersection over union, 0 to 1; two empty boxes overlap by 0."""
        both = self.intersection(other)
        union = self.area + other.area - both
        return both / union if union > 0 else 0.0

    def within(self, view: Box) -> Box:
        """The same box in fractions of ``view``, not cut to it; ``view`` has an area."""
        return Box(
            (self.left - view.left) / view.width,
            (self.top - view.top) / view.height,
            (self.right - view.left) / view.width,
            (self.bottom - view.top) / view.height,
        )

    def of(self, view: Box) -> Box:
        """The same box in fractions of what ``view`` is in fractions of; undoes ``within``."""
        return Box(
            view.left + self.left * view.width,
            view.top + self.top * view.height,
            view.left + self.right * view.width,
            view.top + self.bottom * view.height,
        )

    def mirrored(self) -> Box:
        """The box in the picture flipped left to right."""
        return Box(1.0 - self.right, self.top, 1.0 - self.left, self.bottom)

    def clipped(self) -> Box:
        """The part of the box that lies in the picture."""
        return Box.spanned(self.edges)

    @property
    def edges(self) -> tuple[float, float, float, float]:
        """Left, top, right, bottom."""
        return self.left, self.top, self.right, self.bottom

    def in_pixels(self, width: int, height: int) -> tuple[int, int, int, int]:
        """Left, top, right, bottom, rounded to whole pixels of a picture of that size."""
        return (
            round(self.left * width),
            round(self.top * height),
            round(self.right * width),
            round(self.bottom * height),
        )
