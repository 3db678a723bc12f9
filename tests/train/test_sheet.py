"""The sheets show truth and prediction side by side, the worst first."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from edge.box import Box
from edge.drawing import FOUND, TRUTH
from edge.image import read_image, write_image
from edge.observation import Answer, Localization
from train.example import Example
from train.sheet import worst, write_sheet

TRUE, FALSE = Box(0.2, 0.2, 0.6, 0.6), Box(0.5, 0.5, 0.9, 0.9)


def saying(box: Box | None) -> Answer:
    return Answer(Localization(box, "cat", 0.9) if box else None, 0.9)


def pair(name: str, truth: Box | None, told: Box | None) -> tuple[Example, Answer]:
    return Example(Path(name), truth, "cat" if truth else None), saying(told)


def test_the_worst_are_first_and_a_false_alarm_is_as_bad_as_a_miss() -> None:
    good, alarm, quiet, off = (
        pair("good", TRUE, TRUE), pair("alarm", None, TRUE),
        pair("quiet", None, None), pair("off", TRUE, FALSE),
    )  # fmt: skip
    order = [example.name for example, _ in worst([good, alarm, quiet, off])]
    assert order == ["alarm", "off", "good", "quiet"]


def test_truth_stands_left_of_the_prediction(tmp_path: Path) -> None:
    path = tmp_path / "grey.png"
    write_image(path, np.full((100, 140, 3), 128, np.uint8))
    write_sheet(tmp_path / "sheet.png", [(Example(path, TRUE, "cat"), saying(FALSE))])
    sheet = read_image(tmp_path / "sheet.png")
    middle = sheet.shape[1] // 2
    left, right = sheet[:, :middle].reshape(-1, 3), sheet[:, middle:].reshape(-1, 3)
    assert (left == TRUTH).all(axis=1).any()
    assert not (right == TRUTH).all(axis=1).any()
    assert (right == FOUND).all(axis=1).any()
    assert not (left == FOUND).all(axis=1).any()
