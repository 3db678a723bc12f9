import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.box import Box

fractions = st.floats(0, 1)
boxes = st.builds(lambda *edges: Box.spanned(edges), fractions, fractions, fractions, fractions)


def test_iou_of_two_boxes_that_share_a_third():
    # each covers 0.5 x 1, together 0.75, both 0.25
    assert Box(0, 0, 0.5, 1).iou(Box(0.25, 0, 0.75, 1)) == pytest.approx(0.25 / 0.75)


def test_boxes_that_only_touch_do_not_overlap():
    assert Box(0, 0, 0.5, 1).iou(Box(0.5, 0, 1, 1)) == 0


def test_two_empty_boxes_overlap_by_nothing():
    point = Box(0.5, 0.5, 0.5, 0.5)
    assert point.iou(point) == 0


@given(boxes, boxes)
def test_iou_is_symmetric_and_a_share(one, other):
    assert one.iou(other) == other.iou(one)
    assert 0 <= one.iou(other) <= 1 + 1e-9


@given(boxes)
def test_a_box_with_an_area_overlaps_itself_wholly(box):
    assert box.iou(box) == (1 if box.area > 0 else 0)


@given(boxes)
def test_mirrored_twice_is_the_same_box(box):
    assert box.mirrored().mirrored().edges == pytest.approx(box.edges)


def test_mirrored_swaps_the_distances_to_the_sides():
    assert Box(0.25, 0, 0.5, 1).mirrored() == Box(0.5, 0, 0.75, 1)


@given(st.lists(st.floats(allow_nan=False), min_size=4, max_size=4))
def test_corners_in_any_order_span_a_box_within_the_picture(edges):
    box = Box.spanned(edges)
    assert 0 <= box.left <= box.right <= 1
    assert 0 <= box.top <= box.bottom <= 1


def test_within_a_view_counts_in_fractions_of_the_view():
    # the view is the right half, so what fills it becomes the whole
    assert Box(0.5, 0, 1, 1).within(Box(0.5, 0, 1, 1)) == Box(0, 0, 1, 1)
    assert Box(0.25, 0, 0.75, 1).within(Box(0.5, 0, 1, 1)) == Box(-0.5, 0, 0.5, 1)


@given(boxes)
def test_of_a_view_undoes_within_it(box):
    view = Box(0.25, 0.5, 0.75, 0.75)
    assert box.within(view).of(view).edges == pytest.approx(box.edges)


def test_clipped_keeps_what_lies_in_the_picture():
    assert Box(-0.5, 0.25, 0.5, 1.5).clipped() == Box(0, 0.25, 0.5, 1)


def test_pixels_appear_at_the_last_moment():
    assert Box(0.25, 0.5, 0.75, 1).in_pixels(640, 480) == (160, 240, 480, 480)


@pytest.mark.parametrize("edges", [(0.6, 0, 0.5, 1), (0, 0.6, 1, 0.5)])
def test_swapped_edges_are_refused(edges):
    with pytest.raises(ValueError, match="from left to right and from top to bottom"):
        Box(*edges)


@pytest.mark.parametrize("edge", [math.nan, math.inf])
def test_edges_that_are_no_finite_numbers_are_refused(edge):
    with pytest.raises(ValueError, match="four finite edges"):
        Box(0, 0, 1, edge)
