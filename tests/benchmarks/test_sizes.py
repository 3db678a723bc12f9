"""The table of sizes is made from whatever rows were measured."""

from __future__ import annotations

import json
from pathlib import Path

from benchmarks.sizes import ALPHAS, SIZES, choices, of_fold, table, write_sizes

FAST = {"what": "speed", "backbone": "mobilenet", "alpha": 0.25, "size": 96, "megabytes": 0.6,
        "invoke_ms": 0.4, "invoke_ms_p5": 0.3, "machine": "x86"}  # fmt: skip
SLOW = FAST | {"alpha": 1.0, "size": 224, "megabytes": 4.2, "invoke_ms": 5.0, "invoke_ms_p5": 4.0}
LEARNED = {"what": "accuracy", "backbone": "mobilenet", "alpha": 1.0, "size": 224,
           "mean_iou": 0.5, "iou75": 0.25, "closer_mean_iou": 0.625, "start": "scratch",
           "machine": "x86"}  # fmt: skip


def test_the_fastest_is_first_and_what_was_not_measured_is_a_dash() -> None:
    _, _, first, second = table([SLOW, LEARNED, FAST])
    assert first == "| mobilenet | 0.25 | 96 | 0.60 | 0.40 (0.30) | – | – | – | – |"
    assert (
        second == "| mobilenet | 1 | 224 | 4.20 | 5.00 (4.00) | 0.500 | 0.250 | 0.625 | scratch |"
    )


def test_every_backbone_width_and_size_is_in_the_table_once() -> None:
    keys = [tuple(choice.values()) for choice in choices()]
    assert len(keys) == len(set(keys)) == len(SIZES) * sum(map(len, ALPHAS.values()))


def test_what_the_folds_have_measured_is_found_by_its_key(tmp_path: Path) -> None:
    rows = [{"part": part, "data": "pets", "model": "ours", "fold": fold, "seed": 0}
            for part in ("test", "validation") for fold in (3, 4)]  # fmt: skip
    (tmp_path / "accuracy.json").write_text(json.dumps(rows))
    assert of_fold(tmp_path / "accuracy.json", "pets", 4) == rows[1]
    assert of_fold(tmp_path / "accuracy.json", "produce", 4) is None
    assert of_fold(tmp_path / "absent.json", "pets", 4) is None


def test_the_page_says_that_no_board_was_measured(tmp_path: Path) -> None:
    write_sizes(tmp_path / "SIZES.md", [FAST])
    page = (tmp_path / "SIZES.md").read_text()
    assert "on the x86 machine below and not on a board" in page
    assert "Machine: x86." in page
