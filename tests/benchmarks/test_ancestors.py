"""The table of the published localizers says what was measured, and what was refused."""

from __future__ import annotations

import pytest

from benchmarks.ancestors import CONTESTS, table

FIGURES = {"mean_iou": 0.5, "iou50": 0.6, "iou75": 0.25, "accuracy": 0.9}


def row(model: str, iou: float, classes: int = 2, gate: str = "passed") -> dict:
    return {
        "data": "pets", "model": model, "start": "scratch", "gate": gate, "classes": classes,
        "float": FIGURES | {"mean_iou": iou + 0.01}, "int8": FIGURES | {"mean_iou": iou},
        "size": 96, "megabytes": 1.0, "invoke_ms": 2.0, "epochs": 3, "seconds": 60.0,
        "cpu_seconds": 90.0,
    }  # fmt: skip


def test_the_best_stands_first() -> None:
    lines = table([row("conv5", 0.3), row("ours", 0.8)])
    assert [line.split(" | ")[1] for line in lines[2:]] == ["ours", "conv5"]
    assert "| 0.800 (0.810) |" in lines[2] and "| 60 (90) |" in lines[2]


def test_a_box_alone_has_no_class_figure() -> None:
    assert table([row("selfie", 0.3, classes=1)])[2].split(" | ")[6] == "–"
    assert table([row("conv5", 0.3)])[2].split(" | ")[6] == "0.900"


def test_a_refused_file_is_called_so() -> None:
    refused = row("snacks", 0.3, gate="refused: Error: int8 loses 0.02: see the report")
    assert table([refused])[2].endswith("| refused |")


@pytest.mark.parametrize("data", ["mnist", "produce", "pets"])
def test_ours_is_measured_on_every_kind_of_data(data: str) -> None:
    assert {"ours"} < {contest.model for contest in CONTESTS if contest.data == data}
