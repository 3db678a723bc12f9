"""Label Studio's two JSON exports are read, wherever its server kept the pictures."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from train.readers.data import read_data

EDGES = (0.1, 0.1, 0.5, 0.5)
VALUE = {"x": 10, "y": 10, "width": 40, "height": 40, "rotation": 0, "rectanglelabels": ["cat"]}


def result(**change: Any) -> dict[str, Any]:
    made = {
        "type": "rectanglelabels", "from_name": "label", "to_name": "image", "id": "r1",
        "original_width": 80, "original_height": 60, "image_rotation": 0, "value": VALUE,
    }  # fmt: skip
    return {**made, **change}


def task(address: str, *results: dict[str, Any]) -> dict[str, Any]:
    made = {"id": 1, "was_cancelled": False, "result": list(results)}
    return {"id": 7, "data": {"image": address}, "annotations": [made], "predictions": []}


def write(folder: Path, *tasks: Any) -> Path:
    (folder / "export.json").write_text(json.dumps(tasks, indent=1))
    return folder


def refusal(folder: Path, *tasks: Any) -> str:
    (fault,) = read_data(write(folder, task("good.jpg", result()), *tasks)).refused
    return str(fault).removeprefix(f"{folder}/")


@pytest.fixture
def folder(draw, tmp_path: Path) -> Path:
    draw("good.jpg"), draw("photos/a b.jpg")
    return tmp_path


@pytest.mark.parametrize(
    "address",
    [
        "a b.jpg",
        "/data/upload/3/1f2e3d4c-a b.jpg",
        "/data/local-files/?d=photos/a%20b.jpg",
        "s3://bucket/photos/a b.jpg",
        "https://example.com/photos/a%20b.jpg?token=1",
    ],
)
def test_a_picture_is_found_by_its_address(folder: Path, address: str) -> None:
    found = read_data(write(folder, task("good.jpg", result()), task(address, result())))
    assert found.refused == []
    assert found.examples[0].box is not None
    assert found.examples[0].box.edges == pytest.approx(EDGES)
    assert found.examples[0].label == "cat"


def test_the_short_export_is_read(folder: Path) -> None:
    short = {"id": 1, "image": "a b.jpg", "label": [{**VALUE, "original_width": 80,
             "original_height": 60}]}  # fmt: skip
    found = read_data(write(folder, short, {**short, "image": "good.jpg"}))
    assert found.examples[0].box is not None
    assert found.examples[0].box.edges == pytest.approx(EDGES)


def test_a_turned_box_becomes_the_upright_one_around_it(folder: Path) -> None:
    # 20 pixels wide, 10 high, turned by a right angle around (40, 30): 10 wide to the left
    value = {**VALUE, "x": 50, "y": 50, "width": 25, "height": 100 / 6, "rotation": 90}
    found = read_data(write(folder, task("good.jpg", result(value=value))))
    box = found.examples[0].box
    assert box is not None
    assert box.edges == pytest.approx((30 / 80, 30 / 60, 40 / 80, 50 / 60))


def test_a_choice_without_a_box_is_a_class(folder: Path) -> None:
    choice = {"type": "choices", "value": {"choices": ["cat"]}, "from_name": "c"}
    (example,) = read_data(write(folder, task("good.jpg", choice))).examples
    assert (example.box, example.label) == (None, "cat")


def test_an_annotation_without_results_says_that_nothing_is_there(folder: Path) -> None:
    (example,) = read_data(write(folder, task("good.jpg"))).examples
    assert example.empty


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"type": "polygonlabels"}, "has an object drawn as polygonlabels, and boxes are read"),
        ({"image_rotation": 90}, "was labelled while the picture was turned"),
        ({"value": {**VALUE, "x": "left"}}, "has 'left' where x should be a number"),
        ({"value": {**VALUE, "width": 95}}, "has the box (0.1, 0.1, 1.05, 0.5) of fractions"),
        ({"value": {**VALUE, "rectanglelabels": ["cat", "dog"]}}, "has a box of 2 classes"),
        ({"original_width": 60, "original_height": 80}, "says the picture is 60x80 but upright"),
    ],
)
def test_a_bad_region_is_named_with_its_line(folder: Path, change: dict, rule: str) -> None:
    told = refusal(folder, task("a b.jpg", result(**change)))
    line = json.dumps([task("good.jpg", result())], indent=1).count("\n") + 1
    assert told.startswith(f"export.json:{line}: a b.jpg {rule}")


def test_a_skipped_task_is_named(folder: Path) -> None:
    skipped = task("a b.jpg", result())
    skipped["annotations"][0]["was_cancelled"] = True
    assert "a b.jpg was skipped in Label Studio; label it" in refusal(folder, skipped)


def test_a_task_that_nobody_labelled_is_named(folder: Path) -> None:
    unlabelled = {**task("a b.jpg"), "annotations": []}
    assert "a b.jpg is not annotated in Label Studio; label it" in refusal(folder, unlabelled)


def test_the_ground_truth_counts_among_several_annotations(folder: Path) -> None:
    several = task("good.jpg", result())
    other = {"id": 2, "result": [result(value={**VALUE, "rectanglelabels": ["dog"]})]}
    several["annotations"][0]["ground_truth"] = True
    several["annotations"].append(other)
    assert read_data(write(folder, several)).examples[0].label == "cat"
