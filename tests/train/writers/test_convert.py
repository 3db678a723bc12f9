"""A set moves from format to format without loss, and an independent library agrees."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from edge.box import Box
from edge.errors import LocalizerError
from train.readers.annotation import UNNAMED
from train.readers.data import Collection, read_collection
from train.writers.convert import WRITERS, write_collection

HEAD = "filename,label,xmin,ymin,xmax,ymax\n"


def said(found: Collection) -> dict[str, list[tuple[str, tuple[float, ...] | None]]]:
    """What is known of each picture, by its name."""
    return {
        picture.path.name: [
            (thing.label, thing.box.edges if thing.box is not None else None)
            for thing in picture.things
        ]
        for picture in found.pictures
    }


@pytest.fixture
def boxed(draw, tmp_path: Path) -> Collection:
    """Pictures of whole pixels: one box, two boxes, none; names and labels of any alphabet."""
    draw("set/a.jpg", seed=1), draw("set/b ü.png", 57, 91, seed=2), draw("set/c.jpg", seed=3)
    (tmp_path / "set" / "boxes.csv").write_text(
        "filename,x1,y1,x2,y2,label\na.jpg,8,6,40,30,cat\nb ü.png,0,1,56,90,猫 & <co>\n"
        "b ü.png,3,4,33,40,cat\nc.jpg,,,,,\n"
    )
    return read_collection(tmp_path / "set")


def near(one: Sequence[float] | None, other: Sequence[float] | None) -> bool:
    return one == other if one is None or other is None else np.allclose(one, other, atol=1e-12)


@pytest.mark.parametrize("first", WRITERS)
@pytest.mark.parametrize("second", WRITERS)
def test_a_set_moves_on_and_on_without_loss(
    boxed: Collection, tmp_path: Path, first: str, second: str
) -> None:
    write_collection(boxed, tmp_path / "one", first)
    write_collection(read_collection(tmp_path / "one"), tmp_path / "two", second)
    last = read_collection(tmp_path / "two")
    assert (last.data_format, last.refused) == (second, [])
    assert said(last).keys() == said(boxed).keys()
    for name, things in said(boxed).items():
        moved = said(last)[name]
        assert [label for label, _ in moved] == [label for label, _ in things]
        assert all(near(a, b) for (_, a), (_, b) in zip(moved, things, strict=True))
    for picture in boxed.pictures:
        assert (tmp_path / "two" / "images" / picture.path.name).read_bytes() == (
            picture.path.read_bytes()
        )


@pytest.mark.parametrize("to", ["voc", "coco", "csv"])
def test_a_class_without_a_box_moves_as_such(draw, tmp_path: Path, to: str) -> None:
    draw("set/a.jpg"), draw("set/b.jpg")
    (tmp_path / "set" / "boxes.csv").write_text(f"{HEAD}a.jpg,cat,,,,\nb.jpg,cat,0.1,0.1,0.3,0.4\n")
    found = read_collection(tmp_path / "set")
    write_collection(found, tmp_path / "moved", to)
    assert said(read_collection(tmp_path / "moved"))["a.jpg"] == [("cat", None)]


def test_what_yolo_cannot_say_is_refused_and_nothing_is_written(draw, tmp_path: Path) -> None:
    draw("set/a.jpg")
    (tmp_path / "set" / "boxes.csv").write_text(f"{HEAD}a.jpg,cat,,,,\n")
    with pytest.raises(LocalizerError, match=r"a\.jpg has a class and no box .* use --to voc"):
        write_collection(read_collection(tmp_path / "set"), tmp_path / "moved", "yolo")
    assert not (tmp_path / "moved").exists()


def test_pictures_that_differ_in_their_suffix_need_a_format_of_one_file(
    draw, tmp_path: Path
) -> None:
    draw("set/a.jpg"), draw("set/a.png")
    (tmp_path / "set" / "boxes.csv").write_text("a.jpg,8,6,40,30\na.png,8,6,40,30\n")
    found = read_collection(tmp_path / "set")
    with pytest.raises(LocalizerError, match="shares its stem with another picture"):
        write_collection(found, tmp_path / "moved", "voc")
    write_collection(found, tmp_path / "moved", "coco")
    assert len(said(read_collection(tmp_path / "moved"))) == 2


def test_pictures_of_one_name_stay_in_their_folders(draw, tmp_path: Path) -> None:
    draw("set/one/images/a.jpg", seed=1), draw("set/two/images/a.jpg", seed=2)
    (tmp_path / "set" / "boxes.csv").write_text(
        "one/images/a.jpg,8,6,40,30\ntwo/images/a.jpg,9,7,41,31\n"
    )
    found = read_collection(tmp_path / "set")
    for to in WRITERS:
        write_collection(found, tmp_path / to, to)
        names = {p.path.relative_to(tmp_path / to) for p in read_collection(tmp_path / to).pictures}
        assert names == {Path("images/one/a.jpg"), Path("images/two/a.jpg")}


# supervision reads and writes the same formats, written by others

OURS_IN = {"voc": "annotations", "yolo": "labels", "coco": "annotations/instances.json"}


def by_supervision(folder: Path, data_format: str) -> dict[str, list[tuple[str, list[float]]]]:
    """What supervision finds in a set of ours: labels and pixels, by the picture's name."""
    sv = pytest.importorskip("supervision", reason="supervision is not installed")
    images, told = str(folder / "images"), str(folder / OURS_IN[data_format])
    if data_format == "voc":
        found = sv.DetectionDataset.from_pascal_voc(images, told)
    elif data_format == "coco":
        found = sv.DetectionDataset.from_coco(images, told)
    else:
        found = sv.DetectionDataset.from_yolo(images, told, str(folder / "data.yaml"))
    return {
        Path(path).name: [
            (found.classes[number], box.tolist())
            for number, box in zip(detections.class_id, detections.xyxy, strict=True)
        ]
        for path, _, detections in found
    }


@pytest.mark.parametrize("to", OURS_IN)
def test_an_independent_library_reads_what_was_written(
    boxed: Collection, tmp_path: Path, to: str
) -> None:
    write_collection(boxed, tmp_path / "moved", to)
    # it counts Pascal VOC's left and top from 1, we take the number as it stands
    shift = np.array([1, 1, 0, 0]) if to == "voc" else np.zeros(4)
    found = by_supervision(tmp_path / "moved", to)
    assert {name: len(things) for name, things in found.items()} == {
        "a.jpg": 1, "b ü.png": 2, "c.jpg": 0,
    }  # fmt: skip
    for picture in boxed.pictures:
        scale = np.array([picture.look.width, picture.look.height] * 2)
        for thing, (label, box) in zip(picture.things, found[picture.path.name], strict=True):
            assert thing.label == label
            assert thing.box is not None
            expected = np.array(thing.box.edges) * scale - shift
            assert np.allclose(box, expected, atol=2e-3)


@pytest.mark.parametrize("data_format", OURS_IN)
def test_what_an_independent_library_wrote_is_read(draw, tmp_path: Path, data_format: str) -> None:
    sv = pytest.importorskip("supervision", reason="supervision is not installed")
    path = str(draw("there/images/a.jpg"))
    drawn = sv.Detections(
        xyxy=np.array([[8.0, 6, 40, 30], [0, 0, 80, 60]]), class_id=np.array([0, 1])
    )
    theirs = sv.DetectionDataset(classes=["cat", "dog"], images=[path], annotations={path: drawn})
    folder = tmp_path / "there"
    if data_format == "voc":
        theirs.as_pascal_voc(annotations_directory_path=str(folder / "annotations"))
    elif data_format == "coco":
        (folder / "annotations").mkdir()
        theirs.as_coco(annotations_path=str(folder / OURS_IN["coco"]))
    else:
        theirs.as_yolo(
            annotations_directory_path=str(folder / "labels"),
            data_yaml_path=str(folder / "data.yaml"),
        )
    (picture,) = read_collection(folder).pictures
    assert [thing.label for thing in picture.things] == ["cat", "dog"]
    shift = 1 if data_format == "voc" else 0
    for thing, edges in zip(picture.things, drawn.xyxy, strict=True):
        assert thing.box is not None
        expected = edges + np.array([shift, shift, 0, 0])
        assert np.allclose(np.array(thing.box.edges) * [80, 60, 80, 60], expected, atol=1e-3)


def test_a_box_without_a_class_keeps_its_stand_in(draw, tmp_path: Path) -> None:
    draw("set/a.jpg")
    (tmp_path / "set" / "boxes.csv").write_text('a.jpg,"[8, 6, 40, 30]"\n')
    write_collection(read_collection(tmp_path / "set"), tmp_path / "moved", "voc")
    (picture,) = read_collection(tmp_path / "moved").pictures
    (thing,) = picture.things
    assert (thing.label, thing.box) == (UNNAMED, Box(8 / 80, 6 / 60, 40 / 80, 30 / 60))
