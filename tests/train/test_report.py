"""One report for float, int8 and device: a withheld box counts as no overlap."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge.box import Box
from edge.observation import Answer, Localization
from train.example import Example
from train.report import mean_box, of_the_mean_box, report
from train.split import Split

BOX = Box(0.0, 0.0, 0.5, 0.5)
FULL = Example(Path("a.jpg"), BOX, "cat")
EMPTY = Example(Path("b.jpg"), None, None)
NOTHING = Answer(None, 0.1)


def saying(box: Box, label: str = "cat") -> Answer:
    return Answer(Localization(box, label, 0.9), 0.9)


def test_the_mean_counts_a_withheld_box_as_nothing() -> None:
    result = report([(FULL, saying(BOX)), (FULL, NOTHING)])
    assert (result.images, result.mean_iou, result.withheld) == (2, 0.5, 1)
    assert result.accuracy == 0.5


def test_the_shares_count_overlaps_of_at_least_their_limit() -> None:
    half = Box(0.0, 0.0, 0.5, 0.25)
    result = report([(FULL, saying(BOX)), (FULL, saying(half))])
    assert (result.iou50, result.iou75) == (1.0, 0.5)


def test_a_wrong_label_costs_accuracy_and_no_overlap() -> None:
    result = report([(FULL, saying(BOX, "dog"))])
    assert (result.mean_iou, result.accuracy) == (1.0, 0.0)


def test_a_box_in_an_empty_picture_is_a_false_alarm_and_no_image() -> None:
    result = report([(EMPTY, saying(BOX)), (EMPTY, NOTHING)])
    assert (result.images, result.empty, result.false_alarms) == (0, 2, 1)
    assert result.mean_iou is None


def test_nothing_held_out_says_that_nothing_was_measured() -> None:
    assert "nothing was measured" in str(report([]))


def test_the_mean_box_lies_in_the_middle_of_all() -> None:
    other = Example(Path("c.jpg"), Box(0.5, 0.5, 1.0, 1.0), "cat")
    middle = mean_box([FULL, other, EMPTY])
    assert middle is not None
    assert middle.edges == pytest.approx((0.25, 0.25, 0.75, 0.75))


def test_a_class_without_a_box_counts_for_the_class_alone() -> None:
    unplaced = Example(Path("d.jpg"), None, "cat")
    pairs = [(FULL, saying(BOX, "cat")), (unplaced, saying(BOX, "dog"))]
    told = report(pairs)
    assert (told.images, told.mean_iou, told.accuracy) == (1, 1.0, 0.5)
    assert (told.empty, told.false_alarms) == (0, 0)


def test_without_any_box_the_class_is_still_measured() -> None:
    told = report([(Example(Path("d.jpg"), None, "cat"), saying(BOX, "cat"))])
    assert str(told) == "class right 1.000, no held-out picture with a box"


def test_the_constant_answer_is_the_mean_box_and_the_commonest_class() -> None:
    left, right = Box(0.0, 0.0, 0.4, 1.0), Box(0.2, 0.0, 0.6, 1.0)
    seen = [Example(Path("a.jpg"), left, "cat"), Example(Path("b.jpg"), right, "cat")]
    held_out = [Example(Path("c.jpg"), Box(0.1, 0.0, 0.5, 1.0), "dog")]
    found = of_the_mean_box(Split(seen, [], held_out))
    assert (found.mean_iou, found.accuracy) == (1.0, 0.0)
