"""Charts show the numbers that they are given, whatever these are."""

from __future__ import annotations

import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from train.pages.charts import HEIGHT, WIDTH, curves, reliability, reliability_plot

finite = st.floats(-1e6, 1e6, allow_nan=False)


def points(drawing: str, style: str) -> list[tuple[float, float]]:
    """The places of a line."""
    found = re.search(rf'<polyline class="{style}" points="([^"]*)"', drawing)
    assert found is not None
    pairs = (pair.split(",") for pair in found[1].split())
    return [(float(x), float(y)) for x, y in pairs]


def test_a_falling_loss_falls() -> None:
    line = points(curves([1, 2, 3, 4], {"training": [4.0, 2.0, 1.0, 0.5]}), "first")
    assert [x for x, _ in line] == sorted(x for x, _ in line)
    heights = [y for _, y in line]
    assert heights == sorted(heights)  # downwards is larger


@given(values=st.lists(finite, min_size=1, max_size=40), first=st.integers(1, 500))
def test_no_value_leaves_the_chart(values: list[float], first: int) -> None:
    epochs = [float(first + at) for at in range(len(values))]
    drawing = curves(epochs, {"training": values}, marked=float(first))
    for x, y in points(drawing, "first"):
        assert 0 <= x <= WIDTH
        assert 0 <= y <= HEIGHT


def test_the_kept_epoch_is_marked_at_its_place() -> None:
    drawing = curves([1, 2, 3], {"training": [3.0, 2.0, 1.0]}, marked=2)
    mark = re.search(r'class="mark" x1="([\d.]+)"', drawing)
    assert mark is not None
    assert float(mark[1]) == pytest.approx(points(drawing, "first")[1][0])


def test_an_epoch_without_the_figure_is_a_gap() -> None:
    drawing = curves([1, 2, 3], {"training": [3.0, math.nan, 1.0]})
    assert len(points(drawing, "first")) == 2


def test_a_single_epoch_is_a_dot() -> None:
    assert '<circle class="first"' in curves([1], {"training": [0.5]})


def test_nothing_trained_is_said() -> None:
    assert curves([], {"training": []}) == "<p>No epoch was trained.</p>"


def test_a_true_confidence_has_no_error() -> None:
    found = reliability([0.75] * 4, [True, True, True, False])
    assert found is not None
    assert found.error == pytest.approx(0.0)
    assert [(one.count, one.right) for one in found.bins] == [(4, 0.75)]


def test_the_error_weighs_each_bin_by_its_pictures() -> None:
    found = reliability([0.95, 0.95, 0.95, 0.55], [True, True, True, False])
    assert found is not None
    assert found.error == pytest.approx((3 * 0.05 + 1 * 0.55) / 4)


def test_a_confidence_of_one_has_its_bin() -> None:
    found = reliability([1.0], [True])
    assert found is not None
    assert found.count == 1
    assert "1.00 of 1 right" in reliability_plot(found)


def test_no_answer_has_no_reliability() -> None:
    assert reliability([], []) is None
