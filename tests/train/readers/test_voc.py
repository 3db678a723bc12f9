"""People's annotations are read as written, and every fault has its file and its rule."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from edge.box import Box
from edge.errors import LocalizerError
from train.label.pictures import pictures_in
from train.readers.data import read_data


def picture(path: Path, width: int = 80, height: int = 60) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), np.full((height, width, 3), 90, np.uint8))


def thing(name: str = "cat", edges: tuple[object, ...] = (8, 6, 40, 30)) -> str:
    tags = zip(("xmin", "ymin", "xmax", "ymax"), edges, strict=True)
    box = "".join(f"<{tag}>{edge}</{tag}>" for tag, edge in tags)
    return f"<object><name>{name}</name><bndbox>{box}</bndbox></object>"


def voc(*things: str, size: tuple[int, int] = (80, 60)) -> str:
    said = f"<size><width>{size[0]}</width><height>{size[1]}</height></size>"
    return f"<annotation>{said}{''.join(things)}</annotation>"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """One good picture, so that a reader has something to go on with."""
    picture(tmp_path / "good.jpg")
    (tmp_path / "good.xml").write_text(voc(thing()))
    return tmp_path


def refusal(folder: Path, xml: str) -> str:
    """What the reader says of a picture with that annotation beside a good one."""
    picture(folder / "bad.jpg")
    (folder / "bad.xml").write_text(xml)
    found = read_data(folder)
    assert [example.name for example in found.examples] == ["good.jpg"]
    (fault,) = found.refused
    return str(fault)


def test_a_box_is_its_pixels_divided_by_the_pictures_size(folder: Path) -> None:
    (example,) = read_data(folder).examples
    assert example.box == Box(8 / 80, 6 / 60, 40 / 80, 30 / 60)
    assert example.label == "cat"


def test_pictures_and_annotations_may_lie_in_folders_of_their_own(tmp_path: Path) -> None:
    picture(tmp_path / "images" / "a.png")
    (tmp_path / "annotations").mkdir()
    (tmp_path / "annotations" / "a.xml").write_text(voc(thing()))
    assert [example.name for example in read_data(tmp_path).examples] == ["a.png"]


def test_of_several_objects_the_largest_is_kept_and_the_count_is_said(folder: Path) -> None:
    (folder / "good.xml").write_text(voc(thing(), thing("dog", (0, 0, 80, 50))))
    found = read_data(folder)
    assert found.examples[0].label == "dog"
    assert "1 with several objects, of which the largest was kept" in found.summary()


def test_an_annotation_without_objects_is_an_empty_picture(folder: Path) -> None:
    (folder / "good.xml").write_text(voc())
    (example,) = read_data(folder).examples
    assert example.box is None
    assert example.label is None


def test_a_box_that_overhangs_by_one_pixel_is_cut_to_the_picture(folder: Path) -> None:
    (folder / "good.xml").write_text(voc(thing(edges=(1, 1, 81, 61))))
    assert read_data(folder).examples[0].box == Box(1 / 80, 1 / 60, 1.0, 1.0)


@pytest.mark.parametrize(
    ("edges", "rule"),
    [
        ((8, 6, 95, 30), "has the box (8, 6, 95, 30) outside its 80x60 picture"),
        ((-5, 6, 40, 30), "has the box (-5, 6, 40, 30) outside its 80x60 picture"),
        ((40, 6, 8, 30), "has the inverted or empty box (40, 6, 8, 30)"),
        ((8, 6, 8, 30), "has the inverted or empty box (8, 6, 8, 30)"),
        (("x", 6, 8, 30), "has 'x' where bndbox/xmin should be a number of pixels"),
        (("nan", 6, 8, 30), "has 'nan' where bndbox/xmin should be a number of pixels"),
    ],
)
def test_an_impossible_box_is_refused(folder: Path, edges: tuple[object, ...], rule: str) -> None:
    assert rule in refusal(folder, voc(thing(edges=edges)))


def test_xml_that_is_not_xml_is_refused(folder: Path) -> None:
    text = refusal(folder, "cat 8 6 40 30")
    assert text.startswith(f"{folder / 'bad.xml'}:1: is not readable XML")


def test_xml_that_refers_to_other_files_is_refused(folder: Path) -> None:
    attack = '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><annotation>&x;</annotation>'
    assert "is not readable XML" in refusal(folder, attack)


def test_a_box_in_fractions_is_refused_where_pixels_belong(folder: Path) -> None:
    said = refusal(folder, voc(thing(edges=(0.1, 0.1, 0.5, 0.5))))
    assert "(0.1, 0.1, 0.5, 0.5), smaller than one of its 80x60 pixels; write its edges" in said


def test_an_object_without_a_name_is_refused(folder: Path) -> None:
    assert "bad.xml:1: has an object without a name in <name>; name it" in refusal(
        folder, voc(thing(name=" "))
    )


def test_a_box_drawn_on_the_picture_before_it_was_turned_is_refused(folder: Path) -> None:
    text = refusal(folder, voc(thing(), size=(60, 80)))
    assert "says the picture is 60x80 but upright it is 80x60" in text


def test_a_broken_picture_is_refused_by_its_own_name(folder: Path) -> None:
    picture(folder / "bad.jpg")
    whole = (folder / "bad.jpg").read_bytes()
    (folder / "bad.jpg").write_bytes(whole[: len(whole) // 2])
    (folder / "bad.xml").write_text(voc(thing()))
    (fault,) = read_data(folder).refused
    assert str(fault).startswith(f"{folder / 'bad.jpg'}: is cut short")


def test_a_picture_without_annotation_is_named(folder: Path) -> None:
    picture(folder / "alone.jpg")
    (fault,) = read_data(folder).refused
    assert str(fault).startswith(f"{folder / 'alone.jpg'}: has no alone.xml")


def test_an_annotation_without_picture_is_named(folder: Path) -> None:
    (folder / "alone.xml").write_text(voc(thing()))
    (fault,) = read_data(folder).refused
    assert str(fault).startswith(f"{folder / 'alone.xml'}: has no picture alone.*")


def test_two_pictures_for_one_annotation_are_not_guessed_about(folder: Path) -> None:
    picture(folder / "good.png")
    found = read_data(folder)
    assert len(found.examples) == 1
    assert "shares its stem with" in str(found.refused[0])


def test_of_two_pictures_for_one_annotation_the_first_is_taken_as_by_the_label_page(
    folder: Path,
) -> None:
    picture(folder / "good.png")
    found = read_data(folder)
    assert [example.name for example in found.examples] == [
        path.name for path in pictures_in(folder)[0]
    ]
    assert str(found.refused[0]).startswith(f"{folder}/good.png: shares its stem with good.jpg")


@pytest.mark.parametrize("xml", ["<html><body>hello</body></html>", "<svg/>", "<Annotation/>"])
def test_xml_of_another_sort_does_not_say_that_nothing_is_there(folder: Path, xml: str) -> None:
    assert "and no Pascal VOC, which is <annotation>; export it again" in refusal(folder, xml)


def test_an_empty_folder_is_refused_with_the_way_out(tmp_path: Path) -> None:
    with pytest.raises(LocalizerError, match="holds no labelled picture that can be used"):
        read_data(tmp_path)


def test_a_folder_of_nothing_but_faults_names_the_first(tmp_path: Path) -> None:
    picture(tmp_path / "alone.jpg")
    with pytest.raises(LocalizerError, match=r"1 files refused, the first because .*alone\.jpg"):
        read_data(tmp_path)


def test_a_file_that_is_no_annotation_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x").touch()
    with pytest.raises(LocalizerError, match="is no annotation file that can be read"):
        read_data(tmp_path / "x")
