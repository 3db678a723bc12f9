"""What a model loses is counted picture by picture against the float model."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from convert.compare import Comparison, compared
from edge.box import Box
from edge.observation import Answer, Localization
from train.example import Example

TRUE, HALF = Box(0.0, 0.0, 1.0, 1.0), Box(0.0, 0.0, 0.5, 1.0)
NOTHING = Answer(None, 0.1)


def saying(box: Box, label: str = "cat") -> Answer:
    return Answer(Localization(box, label, 0.9), 0.9)


def of(floats: list[Answer], **others: list[Answer]) -> Comparison:
    examples = [Example(Path(f"{at}.jpg"), TRUE, "cat") for at in range(len(floats))]
    told = {"float": floats, **others}
    return compared(
        **{name: list(zip(examples, given, strict=True)) for name, given in told.items()}
    )


def test_the_loss_is_the_difference_of_the_means() -> None:
    comparison = of([saying(TRUE), saying(TRUE)], int8=[saying(TRUE), saying(HALF)])
    assert comparison.loss("int8") == 0.25  # (1 + 1) / 2 less (1 + 0.5) / 2
    assert comparison.gains("int8").tolist() == [0.0, -0.5]


def test_a_withheld_box_is_lost_whole() -> None:
    assert of([saying(TRUE)], int8=[NOTHING]).loss("int8") == 1.0


def test_the_same_class_counts_what_both_see_and_what_neither_sees() -> None:
    comparison = of(
        [saying(TRUE), NOTHING, saying(TRUE), saying(TRUE)],
        int8=[saying(HALF), NOTHING, saying(TRUE, "dog"), NOTHING],
    )
    assert comparison.agreement("int8") == 0.5


def test_the_worst_is_where_any_model_lost_most() -> None:
    comparison = of(
        [saying(TRUE), saying(HALF), saying(TRUE)],
        int8=[saying(TRUE), saying(HALF), saying(HALF)],
        device=[NOTHING, saying(HALF), saying(TRUE)],
    )
    assert [row.example.name for row in comparison.worst(2)] == ["0.jpg", "2.jpg"]


@pytest.mark.parametrize(("limit", "passed"), [(0.25, True), (0.24, False)])
def test_the_limit_itself_is_not_over_it(limit: float, passed: bool) -> None:
    comparison = of([saying(TRUE), saying(TRUE)], int8=[saying(TRUE), saying(HALF)])
    assert (comparison.refusal(limit) is None) is passed
    assert comparison.to_json(limit)["passed"] is passed


def test_a_refusal_tells_both_figures_the_limit_and_what_can_be_done() -> None:
    told = of([saying(TRUE)], int8=[saying(HALF)]).refusal(0.01)
    assert told is not None
    assert told.startswith(
        "int8 loses 0.500 of mean IoU against float (0.500 for 1.000 on 1 held-out pictures) and "
        "the limit is 0.01; look at the worst pictures in its report (--report DIR), train"
    )


def test_a_device_has_other_ways_out() -> None:
    told = of([saying(TRUE)], int8=[saying(TRUE)], device=[NOTHING]).refusal(0.01)
    assert told is not None
    assert "device loses 1.000" in told
    assert "see that the device has this very file" in told


def test_what_is_better_than_float_is_not_refused() -> None:
    assert of([saying(HALF)], int8=[saying(TRUE)]).refusal(0.0) is None


def test_without_a_picture_nothing_is_measured_and_nothing_refused() -> None:
    comparison = of([], int8=[])
    assert comparison.loss("int8") is None
    assert comparison.refusal(0.0) is None


def test_the_figures_are_plain_json() -> None:
    comparison = of([saying(TRUE), NOTHING], int8=[saying(HALF), NOTHING])
    content = json.loads(json.dumps(comparison.to_json(0.01)))
    assert content["against_float"]["int8"]["gain_per_picture"]["least"] == -0.5
    assert content["pictures"][0]["answers"]["int8"]["iou"] == 0.5
    assert content["pictures"][1]["answers"]["int8"]["box"] is None
