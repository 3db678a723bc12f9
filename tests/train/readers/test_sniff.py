"""The format is found by looking, and asked for where looking is not enough."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge.errors import LocalizerError
from train.readers.data import read_data
from train.readers.sniff import recognized


def test_two_formats_in_one_folder_are_not_guessed_about(draw, tmp_path: Path) -> None:
    draw("a.jpg")
    (tmp_path / "a.xml").write_text("<annotation></annotation>")
    (tmp_path / "a.csv").write_text("a.jpg,8,6,40,30\n")
    with pytest.raises(LocalizerError, match=r"voc \(1 files\), csv \(1 files\); say which"):
        recognized(tmp_path)
    assert recognized(tmp_path, "csv").data_format == "csv"


def test_a_table_of_something_else_does_not_matter(draw, tmp_path: Path) -> None:
    draw("a.jpg")
    (tmp_path / "a.xml").write_text("<annotation></annotation>")
    (tmp_path / "prices.csv").write_text("what,cost\ncamera,20\n")
    (tmp_path / "notes.json").write_text('{"by": "me"}')
    (tmp_path / "README.txt").write_text("mine")
    assert recognized(tmp_path).data_format == "voc"


def test_folders_of_pictures_are_classes(draw, tmp_path: Path) -> None:
    draw("cat/a.jpg"), draw("dog/a.jpg")
    found = read_data(tmp_path)
    assert [(example.box, example.label) for example in found.examples] == [
        (None, "cat"), (None, "dog"),
    ]  # fmt: skip


def test_a_picture_beside_the_folders_is_named(draw, tmp_path: Path) -> None:
    draw("cat/a.jpg"), draw("b.jpg")
    (fault,) = read_data(tmp_path, "folders").refused
    assert "b.jpg: lies in no folder that names its class; move it into one" in str(fault)


def test_an_unknown_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.xml").write_text("<annotation/>")
    with pytest.raises(LocalizerError, match="is no annotation file that can be read; name a"):
        recognized(tmp_path / "a.xml")


def test_an_absent_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LocalizerError, match="is not a folder or an annotation file"):
        read_data(tmp_path / "gone")


@pytest.mark.parametrize(
    ("name", "content", "rule"),
    [
        ("boxes.csv", b"file,x,y,w,h\na.jpg,1,2,3,4\n", "has the columns 'file, x, y, w"),
        ("boxes.csv", "a.jpg,8,6,40,30,caf\xe9\n".encode("latin-1"), ":1: is not UTF-8 text; save"),
        ("boxes.csv", b"filename,x1,y1,x2,y2,label\n", "has no line of a picture; export it again"),
        ("boxes.csv", b"", "is empty; export it again"),
        ("all.json", '{"images": [], "annotations": []}'.encode("utf-16"), ":1: is not UTF-8 text"),
        ("all.json", b'{"images": []}', "is neither COCO, an object with images and annotations"),
        (
            "all.json",
            b'[{"image": "a.jpg"}]',
            ", nor Label Studio's list of tasks with annotations",
        ),
        ("all.json", b"", ":1: is not readable JSON (Expecting value)"),
    ],
)
def test_a_file_of_no_kind_is_named_before_what_lacks_its_annotation(
    draw, tmp_path: Path, name: str, content: bytes, rule: str
) -> None:
    draw("a.jpg")
    (tmp_path / name).write_bytes(content)
    with pytest.raises(LocalizerError) as told:
        read_data(tmp_path)
    assert f"(2 files refused, the first because {tmp_path}/{name}" in str(told.value)
    assert rule in str(told.value)


def test_a_table_that_is_no_text_is_named_beside_a_good_one(draw, tmp_path: Path) -> None:
    draw("a.jpg")
    (tmp_path / "a.csv").write_text("a.jpg,8,6,40,30\n")
    (tmp_path / "b.csv").write_bytes(b"b.jpg,8,6,40,30,caf\xe9\n")
    (fault,) = read_data(tmp_path).refused
    assert str(fault) == f"{tmp_path}/b.csv:1: is not UTF-8 text; save it as UTF-8"


def test_a_format_without_its_file_is_refused(draw, tmp_path: Path) -> None:
    draw("a.jpg")
    with pytest.raises(LocalizerError, match=r"has no \.json, and --format coco reads one"):
        recognized(tmp_path, "coco")
