"""Classes that are too rare to learn or to measure are told before the training."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge.box import Box
from train.doubts import doubts
from train.example import Example
from train.split import Split

BOX = Box(0.1, 0.1, 0.5, 0.5)


def examples(label: str, count: int) -> list[Example]:
    return [Example(Path(f"{label}{n}.jpg"), BOX, label) for n in range(count)]


def test_a_class_of_one_picture_is_doubted() -> None:
    lists = Split(examples("cat", 5) + examples("newt", 1), [], examples("cat", 2))
    (note,) = doubts(lists, ("cat", "newt"))
    assert note.startswith("class 'newt' has one picture")


def test_a_class_that_never_trains_is_doubted() -> None:
    lists = Split(examples("cat", 5), [], examples("newt", 2))
    (note,) = doubts(lists, ("cat",))
    assert note.startswith("no picture of class 'newt' is left for training")


@pytest.mark.parametrize("label", ["cat", "newt"])
def test_well_filled_classes_are_not_doubted(label: str) -> None:
    assert doubts(Split(examples(label, 5), [], examples(label, 2)), (label,)) == []
