"""Float and int8 answers are compared picture by picture."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import pytest

from benchmarks.agreement import compared
from edge.card import Card
from edge.image import Image
from edge.localizer import Localizer
from edge.tensors import Floats
from train.presence import Views

CARD = Card(8, 8, ("red",), presence_threshold=0.999)


def saying(half_side: float, presence: Callable[[Image], float]) -> Localizer:
    """Finds a square of that size in the middle of every picture."""

    def infer(pixels: Image) -> Mapping[str, Floats]:
        return {
            "attention": np.zeros((1, 1, 4), np.float32),
            "offsets": np.full((1, 1, 4), half_side / CARD.offset_scale, np.float32),
            "label": np.zeros(1, np.float32),
            "presence": np.array([presence(pixels)], np.float32),
        }

    return Localizer(infer, CARD)


def views(full: list[int], empty: list[int]) -> Views:
    """Pictures of one grey each."""
    return Views(*(np.zeros((len(of), 8, 8, 3), np.uint8) + grey(of) for of in (full, empty)))


def grey(values: list[int]) -> np.ndarray:
    return np.array(values, np.uint8).reshape(-1, 1, 1, 1)


def test_boxes_are_compared_whatever_the_threshold_and_presences_by_their_distance() -> None:
    exact = saying(0.4, lambda pixels: -3.0)
    rounded = saying(0.2, lambda pixels: -3.0 + float(pixels[0, 0, 0]) / 10)
    row = compared(exact, rounded, views([0, 10], [40, 80, 60]))
    assert (row["pictures"], row["empty"]) == (2, 3)
    assert row["boxes"] == pytest.approx(0.25)
    assert row["presence"] == pytest.approx(0.5)
    assert row["presence_empty"] == pytest.approx(6.0)


def test_without_empty_views_nothing_is_said_of_them() -> None:
    same = saying(0.4, lambda pixels: 2.0)
    row = compared(same, same, views([0], []))
    assert row["boxes"] == pytest.approx(1.0)
    assert row["presence"] == 0.0 and row["presence_empty"] is None
