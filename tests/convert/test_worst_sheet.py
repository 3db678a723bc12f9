"""Truth and every model side by side, the worst first."""

from __future__ import annotations

import numpy as np
import pytest

from convert.compare import Row
from convert.worst_sheet import worst_sheet
from edge.box import Box
from edge.drawing import FOUND, TRUTH
from edge.image import write_image
from edge.observation import Answer, Localization
from train.example import Example

TRUE, OFF = Box(0.2, 0.2, 0.6, 0.6), Box(0.5, 0.5, 0.9, 0.9)


def row(folder, **others):
    path = folder / "grey.png"
    write_image(path, np.full((100, 140, 3), 128, np.uint8))
    answers = {
        name: Answer(Localization(box, "cat", 0.9) if box else None, 0.9)
        for name, box in {"float": TRUE, **others}.items()
    }
    return Row(Example(path, TRUE, "cat"), answers)


def colours(part):
    """Which of the two box colours are there."""
    flat = part.reshape(-1, 3)
    return [colour for colour in (TRUTH, FOUND) if (flat == colour).all(axis=1).any()]


def test_truth_comes_first_then_float_then_the_others(tmp_path):
    sheet = worst_sheet([row(tmp_path, int8=OFF)], ["int8"])[:, 6:-6]
    truth, exact, coarse = np.split(sheet, 3, axis=1)
    assert colours(truth) == [TRUTH]
    assert colours(exact) == colours(coarse) == [FOUND]
    assert not np.array_equal(exact, coarse)


def test_a_model_that_saw_nothing_has_no_box(tmp_path):
    sheet = worst_sheet([row(tmp_path, int8=None)], ["int8"])[:, 6:-6]
    assert colours(np.split(sheet, 3, axis=1)[2]) == []


@pytest.mark.parametrize(("others", "groups"), [(["int8"], 2), (["int8", "device"], 1)])
def test_groups_stand_beside_each_other_where_they_are_narrow(others, groups, tmp_path):
    rows = [row(tmp_path, **dict.fromkeys(others, OFF))] * 3
    one = worst_sheet(rows[:1], others)
    assert worst_sheet(rows, others).shape == (
        one.shape[0] * -(-3 // groups), one.shape[1] * groups, 3,
    )  # fmt: skip
