"""Published figures come from the measured rows by arithmetic that can be seen."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks.folds import FOLDS, fold
from benchmarks.results import (
    agreement_table,
    closer_table,
    emptiness_table,
    lead,
    pictures,
    shape_table,
    table,
    write_results,
)
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


def test_an_older_row_without_processor_time_has_a_dash() -> None:
    older, newer = row("ours", {"a": 0.7, "b": 0.8}), row("theirs", {"a": 0.5, "b": 0.6})
    lines = table([older, newer | {"cpu_seconds": 19.6}])
    assert "| 10 | – | 5 |" in lines[2]
    assert "| 10 | 20 | 5 |" in lines[3]


EMPTY = {
    "fold": 0, "seed": 0, "pictures": 50, "cuts": 200, "auroc": 0.99, "alarms": 4, "missed": 1,
    "films": {"street.mp4": {"frames": 400, "silent": 396}},
}  # fmt: skip


def test_alarms_misses_and_silence_are_shares() -> None:
    lines = emptiness_table([EMPTY, EMPTY | {"fold": 1, "auroc": 0.97}])
    assert lines[2] == "| 0 | 50 | 200 | 0.990 | 0.020 | 0.020 | 0.990 |"
    assert lines[-1] == (
        "AUROC 0.9800 in the mean, 0.9700 at least. A film is silent in 99.0% of its frames at "
        "least."
    )


def test_shapes_are_held_against_the_photo_and_fits_against_each_other() -> None:
    one = {
        "photo stretch": 0.8, "photo letterbox": 0.75,
        "16:9 stretch": 0.7, "16:9 letterbox": 0.75,
    }  # fmt: skip
    lines = shape_table([{"pictures": {"a": one, "b": one}}])
    assert lines[2] == "| photo | 0.800 | 0.750 | -0.050 [-0.050, -0.050] |  |"
    assert lines[3] == (
        "| 16:9 | 0.700 | 0.750 | +0.050 [+0.050, +0.050] | -0.100 [-0.100, -0.100] |"
    )


def test_a_closer_look_is_held_against_one_look_and_small_objects_stand_apart() -> None:
    fold = {
        "fold": 0, "areas": {"a": 0.02, "b": 0.5},
        "one_pictures": {"a": [0.5, 1.0], "b": [0.8, 1.0]},
        "closer_pictures": {"a": [0.7, 1.0], "b": [0.8, 0.0]},
    }  # fmt: skip
    lines = closer_table([fold])
    assert lines[2].startswith("| one | 0.650 ± 0.150 | 1.000 | 0.500 | 0.000 |")
    assert lines[2].endswith("| 1.000 | 0.500 of 1 |  |")
    assert "| 0.500 | 0.700 of 1 | +0.100 [+0.000, +0.200] |" in lines[3]


def test_the_page_holds_what_was_measured_and_what_was_written_by_hand(tmp_path: Path) -> None:
    key = {"part": "test", "data": "pets", "machine": "a machine"}
    measured = [row("ours", {"a": 0.7, "b": 0.8}) | key]
    (tmp_path / "accuracy.json").write_text(json.dumps(measured))
    write_results(tmp_path)
    page = (tmp_path / "RESULTS.md").read_text()
    assert "## Test folds: pets" in page and "Machine: a machine." in page
    assert "Nothing there" not in page and "left out" not in page

    (tmp_path / "emptiness.json").write_text(json.dumps([EMPTY | key | {"model": "ours"}]))
    (tmp_path / "tried.md").write_text("- Something: *no gain*.\n")
    write_results(tmp_path)
    page = (tmp_path / "RESULTS.md").read_text()
    assert "## Nothing there: pets, ours" in page
    assert "## Tried and left out\n\n- Something: *no gain*.\n" in page


def test_every_picture_is_held_out_once_and_in_no_other_list_of_its_fold() -> None:
    examples = [Example(Path(f"{n}.jpg"), Box(0, 0, 1, 1), "cat") for n in range(23)]
    held_out: list[str] = []
    for number in range(FOLDS):
        lists = fold(examples, number)
        together = [*lists.train, *lists.validation, *lists.held_out]
        assert sorted(e.name for e in together) == sorted(e.name for e in examples)
        held_out += [e.name for e in lists.held_out]
    assert sorted(held_out) == sorted(e.name for e in examples)


def test_float_and_int8_stand_side_by_side_fold_by_fold() -> None:
    row = {"fold": 0, "seed": 0, "pictures": 30, "boxes": 0.97, "presence": 0.2, "empty": 300,
           "presence_empty": 0.4}  # fmt: skip
    *_, last, _, mean = agreement_table([row | {"fold": 1, "boxes": 0.98}, row])
    assert last == "| 1 | 30 | 0.98 | 0.2 | 300 | 0.4 |"
    assert mean == "In the mean: boxes 0.975, presence 0.200 and, where nothing is, 0.400."


def test_without_empty_views_there_is_a_dash() -> None:
    row = {"fold": 0, "seed": 0, "pictures": 30, "boxes": 0.97, "presence": 0.2, "empty": 0,
           "presence_empty": None}  # fmt: skip
    *_, last, _, mean = agreement_table([row])
    assert last.endswith("| 0 | – |") and mean.endswith("where nothing is, –.")
