"""The published localizers' tables are read as they came."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge.box import Box
from edge.errors import LocalizerError
from train.readers.data import read_data
from train.readers.settle import Objects

PIXELS = Box(8 / 80, 6 / 60, 40 / 80, 30 / 60)
KINDS = {
    "open images": (
        "image_id,x_min,x_max,y_min,y_max,class_name,folder\na,0.1,0.5,0.1,0.5,cat,train\n",
        "cat",
    ),
    "digits": ("train/a.jpg,7,0.1,0.1,0.5,0.5\n", "7"),
    "digits with names": (
        "filename,label,xmin,ymin,xmax,ymax\ntrain/a.jpg,cat,0.1,0.1,0.5,0.5\n",
        "cat",
    ),
    "pixels": ("filename,x1,y1,x2,y2\na.jpg,8,6,40,30\n", "object"),
    "pixels with classes": ("filename,x1,y1,x2,y2,label\na.jpg,8,6,40,30,cat\n", "cat"),
    "pixels without names": ("a.jpg,8,6,40,30,cat\n", "cat"),
    "selfies": ('path,box\ntrain/a.jpg,"[8, 6, 40, 30]"\n', "object"),
    "selfies of pandas": (',images,bbox\n0,/other/machine/a.jpg,"[8, 6, 40, 30]"\n', "object"),
    "selfies without names": ('a.jpg,"[8, 6, 40, 30]"\n', "object"),
    "annotator": ("image,id,name,xMin,xMax,yMin,yMax\na.jpg,1,cat,8,40,6,30\n", "cat"),
    "tensorflow": (
        "filename,width,height,class,xmin,ymin,xmax,ymax\na.jpg,80,60,cat,8,6,40,30\n",
        "cat",
    ),
    "by a spreadsheet": ("\ufefffilename;x1;y1;x2;y2\r\na.jpg;8;6;40;30\r\n", "object"),
}


def refusal(folder: Path, rows: str) -> str:
    """What the reader says of a table whose first picture is good and whose second is not."""
    (folder / "boxes.csv").write_text(rows)
    found = read_data(folder)
    assert [example.name for example in found.examples] == ["a.jpg"]
    (fault,) = found.refused
    assert fault.picture == folder / "b.jpg"
    return str(fault).removeprefix(f"{folder}/")


@pytest.mark.parametrize("kind", KINDS)
def test_a_published_table_is_recognized_and_read(draw, tmp_path: Path, kind: str) -> None:
    draw("train/a.jpg")
    rows, label = KINDS[kind]
    (tmp_path / "boxes.csv").write_text(rows)
    (example,) = read_data(tmp_path).examples
    assert example.box is not None
    assert example.box.edges == pytest.approx(PIXELS.edges)
    assert example.label == label


@pytest.mark.parametrize(
    ("objects", "label"), [("largest", "dog"), ("first", "cat"), ("refuse", None)]
)
def test_several_lines_are_several_objects(
    draw, tmp_path: Path, objects: Objects, label: str | None
) -> None:
    draw("a.jpg"), draw("b.jpg")
    (tmp_path / "boxes.csv").write_text(
        "filename,x1,y1,x2,y2,label\na.jpg,8,6,40,30,cat\nb.jpg,8,6,40,30,cat\n"
        "a.jpg,0,0,80,60,dog\n"
    )
    found = read_data(tmp_path, objects=objects)
    assert [e.label for e in found.examples if e.name == "a.jpg"] == ([label] if label else [])
    if label is None:
        assert "boxes.csv:2: a.jpg has 2 objects; keep one" in str(found.refused[0])


def test_a_line_that_stands_there_twice_is_one_object(draw, tmp_path: Path) -> None:
    draw("a.jpg")
    (tmp_path / "boxes.csv").write_text("a.jpg,8,6,40,30,cat\na.jpg,8,6,40,30,cat\n")
    found = read_data(tmp_path, objects="refuse")
    assert (len(found.examples), found.crowded) == (1, 0)


def test_a_class_without_a_box_is_told_from_nothing(draw, tmp_path: Path) -> None:
    draw("a.jpg"), draw("b.jpg"), draw("c.jpg")
    (tmp_path / "boxes.csv").write_text(
        "filename,label,xmin,ymin,xmax,ymax\na.jpg,cat,0.1,0.1,0.5,0.5\nb.jpg,cat,,,,\nc.jpg,,,,,\n"
    )
    found = read_data(tmp_path)
    assert [(e.box is None, e.label, e.empty) for e in found.examples] == [
        (False, "cat", False), (True, "cat", False), (True, None, True),
    ]  # fmt: skip
    assert "1 of them empty, 1 with a class and no box" in found.summary()


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        ("b.jpg,8,6,95,30,cat", "b.jpg has the box (8, 6, 95, 30) outside its 80x60 picture"),
        ("b.jpg,8,6,8,30,cat", "b.jpg has the inverted or empty box (8, 6, 8, 30)"),
        ("b.jpg,8,x,40,30,cat", "b.jpg has 'x' where y1 should be a number; correct it"),
        ("b.jpg,8,6,40,30", "b.jpg has 5 cells in a line and 6 in the first; correct it"),
        ("b.jpg,8,6,40,30,", "b.jpg has an object without a name in the column label; name it"),
        ("b.jpg,8,6,40,1e400,cat", "b.jpg has '1e400' where y2 should be a number; correct it"),
    ],
)
def test_a_bad_line_is_named_with_its_number(draw, tmp_path: Path, line: str, rule: str) -> None:
    draw("a.jpg"), draw("b.jpg")
    told = refusal(tmp_path, f"filename,x1,y1,x2,y2,label\na.jpg,8,6,40,30,cat\n{line}\n")
    assert told.startswith(f"boxes.csv:3: {rule}")


def test_pixels_where_fractions_belong_are_refused(draw, tmp_path: Path) -> None:
    draw("a.jpg"), draw("b.jpg")
    rows = "filename,label,xmin,ymin,xmax,ymax\na.jpg,cat,0.1,0.1,0.5,0.5\nb.jpg,cat,8,6,40,30\n"
    assert "b.jpg has the box (8, 6, 40, 30) of fractions outside" in refusal(tmp_path, rows)


def test_a_picture_in_no_line_is_named(draw, tmp_path: Path) -> None:
    draw("a.jpg"), draw("b.jpg")
    told = refusal(tmp_path, "a.jpg,8,6,40,30,cat\n")
    assert told.startswith("b.jpg: is in no line of boxes.csv; label it")


def test_a_line_of_a_picture_that_is_not_there_is_named(draw, tmp_path: Path) -> None:
    draw("a.jpg")
    (tmp_path / "boxes.csv").write_text("a.jpg,8,6,40,30\ngone.jpg,8,6,40,30\n")
    (fault,) = read_data(tmp_path).refused
    assert str(fault) == (
        f"{tmp_path}/boxes.csv:2: names 'gone.jpg', which is no picture here; add it"
    )


def test_of_two_pictures_of_one_name_none_is_guessed(draw, tmp_path: Path) -> None:
    draw("a.jpg"), draw("one/b.jpg"), draw("two/b.jpg")
    (tmp_path / "boxes.csv").write_text("a.jpg,8,6,40,30\nb.jpg,8,6,40,30\n")
    faults = [str(fault) for fault in read_data(tmp_path).refused]
    assert any("names 'b.jpg', which means 2 pictures (the first is" in told for told in faults)
    assert sum("is in no line of" in told for told in faults) == 2


def test_a_folder_tells_two_pictures_of_one_name_apart(draw, tmp_path: Path) -> None:
    draw("one/b.jpg"), draw("two/b.jpg")
    (tmp_path / "boxes.csv").write_text("C:\\photos\\two\\b.jpg,8,6,40,30\n")
    (example,) = read_data(tmp_path).examples
    assert example.path == tmp_path / "two" / "b.jpg"


def test_unknown_columns_are_named_with_the_known_ones(draw, tmp_path: Path) -> None:
    draw("a.jpg")
    (tmp_path / "boxes.csv").write_text("photo,where\na.jpg,left\n")
    with pytest.raises(LocalizerError, match=r"boxes.csv:1: has the columns 'photo, where'.*x1"):
        read_data(tmp_path / "boxes.csv")


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        ("b.jpg,60,80,cat,8,6,40,30", "says the picture is 60x80 but upright it is 80x60"),
        ("b.jpg,40,x,cat,8,6,40,30", "has 'x' where height should be a number"),
        (
            "b.jpg,80,60,cat,8,6,40,30\nb.jpg,40,30,cat,4,3,20,15",
            "says two sizes of one picture, 40x30 the second; correct it",
        ),
    ],
)
def test_a_table_that_was_made_of_pictures_of_another_size_is_refused(
    draw, tmp_path: Path, line: str, rule: str
) -> None:
    draw("a.jpg"), draw("b.jpg")
    head = "filename,width,height,class,xmin,ymin,xmax,ymax\na.jpg,80,60,cat,8,6,40,30\n"
    assert rule in refusal(tmp_path, f"{head}{line}\n")
