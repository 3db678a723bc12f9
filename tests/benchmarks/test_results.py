"""Published figures come from the measured rows by arithmetic that can be seen."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.folds import FOLDS, fold
from benchmarks.results import lead, pictures, table
from edge.box import Box
from train.example import Example


def row(model: str, overlaps: dict[str, float], number: int = 0) -> dict[str, object]:
    return {
        "model": model, "fold": number, "seed": 0, "seconds": 10.0, "images_per_second": 5.0,
        "float": {"mean_iou": 0.5},
        "pictures": {name: [iou, 1.0] for name, iou in overlaps.items()},
    }  # fmt: skip


def test_a_lead_is_the_mean_of_paired_differences() -> None:
    ours = {name: [0.8, 1.0] for name in "abcd"}
    theirs = {name: [0.6, 1.0] for name in "abcd"}
    assert lead(ours, theirs) == pytest.approx((0.2, 0.2, 0.2))


def test_several_seeds_of_a_picture_are_averaged() -> None:
    assert pictures([row("ours", {"a": 0.2}), row("ours", {"a": 0.6})])["a"] == [0.4, 1.0]


def test_the_table_has_the_best_first_and_our_lead_beside_the_others() -> None:
    rows = [row("theirs", {"a": 0.5, "b": 0.6}), row("ours", {"a": 0.7, "b": 0.8})]
    lines = table(rows)  # type: ignore[arg-type]
    assert lines[2].startswith("| ours | 1 | 0.500 | 0.750 ± 0.050 | 1.000 | 0.500 |")
    assert lines[3].endswith("| +0.200 [+0.200, +0.200] |")


def test_every_picture_is_held_out_once_and_in_no_other_list_of_its_fold() -> None:
    examples = [Example(Path(f"{n}.jpg"), Box(0, 0, 1, 1), "cat") for n in range(23)]
    held_out: list[str] = []
    for number in range(FOLDS):
        lists = fold(examples, number)
        together = [*lists.train, *lists.validation, *lists.held_out]
        assert sorted(e.name for e in together) == sorted(e.name for e in examples)
        held_out += [e.name for e in lists.held_out]
    assert sorted(held_out) == sorted(e.name for e in examples)
