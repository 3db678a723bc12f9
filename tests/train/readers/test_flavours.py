"""Pascal VOC as LabelImg, CVAT and RectLabel write it, each in its own folders and habits."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge.box import Box
from train.readers.data import read_collection, read_data

LABELIMG = """<annotation verified="yes">
\t<folder>photos</folder>
\t<filename>a.jpg</filename>
\t<path>C:\\Users\\me\\photos\\a.jpg</path>
\t<source><database>Unknown</database></source>
\t<size><width>80</width><height>60</height><depth>3</depth></size>
\t<segmented>0</segmented>
\t<object>
\t\t<name>cat</name><pose>Unspecified</pose><truncated>0</truncated><difficult>0</difficult>
\t\t<bndbox><xmin>8</xmin><ymin>6</ymin><xmax>40</xmax><ymax>30</ymax></bndbox>
\t</object>
</annotation>
"""
CVAT = """<annotation>
  <folder>day/one</folder>
  <filename>day/one/a.jpg</filename>
  <source><database>Unknown</database><annotation>Unknown</annotation></source>
  <size><width>80</width><height>60</height><depth></depth></size>
  <segmented>0</segmented>
  <object>
    <name>cat</name><occluded>0</occluded>
    <bndbox><xmin>8.25</xmin><ymin>6.5</ymin><xmax>40.0</xmax><ymax>30.75</ymax></bndbox>
    <attributes><attribute><name>rotation</name><value>0.0</value></attribute></attributes>
  </object>
</annotation>
"""
RECTLABEL = """<?xml version="1.0" encoding="UTF-8"?>
<annotation>
  <folder>images</folder><filename>a.jpg</filename>
  <size><width>80</width><height>60</height><depth>3</depth></size>
  <object>
    <name>cat</name><pose>Unspecified</pose><truncated>0</truncated><difficult>0</difficult>
    <bndbox><xmin>8</xmin><ymin>6</ymin><xmax>40</xmax><ymax>30</ymax></bndbox>
    <polygon><x1>8</x1><y1>6</y1><x2>40</x2><y2>6</y2><x3>24</x3><y3>30</y3></polygon>
  </object>
</annotation>
"""
PLACES = {
    "labelimg": (LABELIMG, "a.jpg", "a.xml", (8, 6, 40, 30)),
    "labelimg in another folder": (LABELIMG, "photos/a.jpg", "saved/a.xml", (8, 6, 40, 30)),
    "cvat": (CVAT, "JPEGImages/day/one/a.jpg", "Annotations/day/one/a.xml", (8.25, 6.5, 40, 30.75)),
    "rectlabel": (RECTLABEL, "images/a.jpg", "images/annotations/a.xml", (8, 6, 40, 30)),
}


@pytest.mark.parametrize("tool", PLACES)
def test_a_tools_own_file_is_read(draw, tmp_path: Path, tool: str) -> None:
    text, picture, place, (left, top, right, bottom) = PLACES[tool]
    draw(picture)
    (tmp_path / place).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / place).write_text(text)
    found = read_data(tmp_path)
    (example,) = found.examples
    assert example.box == Box(left / 80, top / 60, right / 80, bottom / 60)
    assert (example.label, found.refused) == ("cat", [])


def test_two_files_for_one_picture_are_not_guessed_about(draw, tmp_path: Path) -> None:
    draw("photos/a.jpg")
    for place in ("one/a.xml", "two/a.xml"):
        (tmp_path / place).parent.mkdir()
        (tmp_path / place).write_text(LABELIMG)
    found = read_data(tmp_path)
    assert len(found.examples) == 1
    (fault,) = found.refused
    assert str(fault).startswith(f"{tmp_path}/two/a.xml: has no picture a.*")


def test_a_part_of_an_object_is_no_object(draw, tmp_path: Path) -> None:
    draw("a.jpg")
    part = (
        "<part><name>head</name><bndbox><xmin>9</xmin><ymin>7</ymin><xmax>12</xmax><ymax>9</ymax>"
    )
    text = LABELIMG.replace("</object>", f"{part}</bndbox></part></object>")
    (tmp_path / "a.xml").write_text(text)
    (picture,) = read_collection(tmp_path).pictures
    assert [thing.label for thing in picture.things] == ["cat"]


def test_an_object_without_a_box_is_a_class(draw, tmp_path: Path) -> None:
    draw("a.jpg")
    (tmp_path / "a.xml").write_text("<annotation><object><name>cat</name></object></annotation>")
    (example,) = read_data(tmp_path).examples
    assert (example.box, example.label) == (None, "cat")


def test_a_box_without_one_of_its_edges_is_refused_with_its_line(draw, tmp_path: Path) -> None:
    draw("a.jpg"), draw("b.jpg")
    (tmp_path / "a.xml").write_text(LABELIMG)
    (tmp_path / "b.xml").write_text(LABELIMG.replace("<ymax>30</ymax>", ""))
    (fault,) = read_data(tmp_path).refused
    assert str(fault) == f"{tmp_path}/b.xml:8: has no bndbox/ymax; draw the box again"


def test_cvats_own_xml_is_refused_with_the_way_out(draw, tmp_path: Path) -> None:
    draw("a.jpg"), draw("b.jpg")
    (tmp_path / "a.xml").write_text(LABELIMG)
    (tmp_path / "b.xml").write_text("<annotations><image name='b.jpg'></image></annotations>")
    (fault,) = read_data(tmp_path).refused
    assert "b.xml:1: is CVAT's own XML; export it as Pascal VOC 1.1" in str(fault)


def test_a_file_of_another_encoding_is_read_as_it_says(draw, tmp_path: Path) -> None:
    draw("a.jpg")
    head = '<?xml version="1.0" encoding="ISO-8859-1"?>\n'
    text = head + LABELIMG.replace("<name>cat<", "<name>bär<")
    (tmp_path / "a.xml").write_bytes(text.encode("latin-1"))
    assert read_data(tmp_path).examples[0].label == "bär"
