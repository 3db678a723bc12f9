"""COCO's one file is read; what is wrong in it is named with its line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from edge.box import Box
from edge.errors import LocalizerError
from train.readers.data import read_data


def content() -> dict[str, list[dict[str, Any]]]:
    """Two pictures with a cat each, and one without anything."""
    images = [
        {"id": n, "file_name": f"{name}.jpg", "width": 80, "height": 60}
        for n, name in enumerate("abc", 1)
    ]
    boxes = [
        {"id": n, "image_id": n, "category_id": 3, "bbox": [8, 6, 32, 24], "iscrowd": 0}
        for n in (1, 2)
    ]
    return {"images": images, "annotations": boxes, "categories": [{"id": 3, "name": "cat"}]}


@pytest.fixture
def folder(draw, tmp_path: Path) -> Path:
    for name in "abc":
        draw(f"images/{name}.jpg")
    return tmp_path


def write(folder: Path, told: Any) -> None:
    (folder / "annotations").mkdir(exist_ok=True)
    (folder / "annotations" / "instances_train.json").write_text(json.dumps(told, indent=1))


def refusal(folder: Path, told: Any) -> str:
    """What is said of the second picture, the others being good."""
    write(folder, told)
    found = read_data(folder)
    assert [example.name for example in found.examples] == ["a.jpg", "c.jpg"]
    assert {fault.picture for fault in found.refused} >= {folder / "images" / "b.jpg"}
    return str(found.refused[0]).removeprefix(f"{folder}/")


def test_boxes_are_left_top_width_height_in_pixels(folder: Path) -> None:
    write(folder, content())
    first, _, empty = read_data(folder).examples
    assert first.box == Box(8 / 80, 6 / 60, 40 / 80, 30 / 60)
    assert first.label == "cat"
    assert empty.empty


def test_the_file_itself_may_be_named(folder: Path) -> None:
    write(folder, content())
    found = read_data(folder / "annotations" / "instances_train.json")
    assert (len(found.examples), found.refused) == (3, [])


def test_captions_beside_the_boxes_are_left_alone(folder: Path) -> None:
    write(folder, content())
    captions = {**content(), "annotations": [{"id": 9, "image_id": 1, "caption": "a cat"}]}
    (folder / "annotations" / "captions_train.json").write_text(json.dumps(captions))
    assert read_data(folder).refused == []


def test_a_class_without_a_box_is_kept(folder: Path) -> None:
    told = content()
    del told["annotations"][1]["bbox"]
    write(folder, told)
    second = read_data(folder).examples[1]
    assert (second.box, second.label) == (None, "cat")


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"bbox": [8, 6, 90, 24]}, "b.jpg has the box (8, 6, 98, 30) outside its 80x60 picture"),
        ({"bbox": [8, 6, 0, 24]}, "b.jpg has the inverted or empty box (8, 6, 8, 30)"),
        ({"bbox": [8, 6, 32]}, "b.jpg has the bbox [8, 6, 32], and a bbox has four numbers"),
        ({"bbox": "8 6 32 24"}, "b.jpg has the bbox '8 6 32 24', and a bbox has four numbers"),
        ({"bbox": [8, 6, True, 24]}, "b.jpg has True where bbox should be a number"),
        ({"category_id": 4}, "b.jpg has the category_id 4, which no category has"),
        ({"category_id": [3]}, "b.jpg has the category_id [3], which no category has"),
        ({"iscrowd": 1}, "b.jpg has only regions of many objects (iscrowd); draw one"),
    ],
)
def test_a_bad_box_is_named_with_its_line(folder: Path, change: dict, rule: str) -> None:
    told = content()
    told["annotations"][1] |= change
    write(folder, told)
    lines = (folder / "annotations" / "instances_train.json").read_text().splitlines()
    line = next(n for n, text in enumerate(lines) if '"image_id": 2' in text) - 1
    assert refusal(folder, told).startswith(f"annotations/instances_train.json:{line}: {rule}")


def test_a_picture_that_is_not_listed_is_named(folder: Path) -> None:
    told = content()
    del told["images"][1]
    assert refusal(folder, told).startswith("images/b.jpg: is not among the pictures of")


def test_a_box_of_an_unlisted_picture_is_named(folder: Path) -> None:
    told = content()
    told["annotations"].append({**told["annotations"][0], "image_id": 77})
    write(folder, told)
    (fault,) = read_data(folder).refused
    assert "has a box for the picture 77, which is not in it" in str(fault)


def test_another_size_than_the_pictures_is_refused(folder: Path) -> None:
    told = content()
    told["images"][1] |= {"width": 60, "height": 80}
    assert "b.jpg says the picture is 60x80 but upright it is 80x60" in refusal(folder, told)


def test_json_that_is_cut_short_is_refused_with_its_line(folder: Path) -> None:
    write(folder, content())
    path = folder / "annotations" / "instances_train.json"
    path.write_text("\n".join(path.read_text().splitlines()[:-3]))
    with pytest.raises(LocalizerError, match=r"instances_train.json:\d+: is not readable JSON"):
        read_data(folder)


def test_numbers_and_their_texts_are_one_id_as_tools_mix_them(folder: Path) -> None:
    told = content()
    for box, one in zip(told["annotations"], ("1", 2.0), strict=True):
        box["image_id"] = one
        box["category_id"] = "3"
    write(folder, told)
    found = read_data(folder)
    assert [example.label for example in found.examples] == ["cat", "cat", None]
    assert not found.refused


def test_a_picture_without_an_id_is_not_taken_for_an_empty_one(folder: Path) -> None:
    told = content()
    del told["images"][1]["id"]
    write(folder, told)
    found = read_data(folder)
    assert [example.name for example in found.examples] == ["a.jpg", "c.jpg"]
    assert any("has a picture of the id None, which is none" in str(one) for one in found.refused)
