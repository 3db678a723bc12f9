"""YOLO's text files are read in each of the layouts that tools write."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge.errors import LocalizerError
from train.readers.data import read_data

LINE = "1 0.3 0.3 0.4 0.4\n"
EDGES = (0.1, 0.1, 0.5, 0.5)
LAYOUTS = [("images/a.jpg", "labels/a.txt"), ("images/train/a.jpg", "labels/train/a.txt"),
           ("train/images/a.jpg", "train/labels/a.txt"), ("a.jpg", "a.txt")]  # fmt: skip
LISTS = {
    "data.yaml": "train: images\nnc: 2\nnames: [dog, cat]\n",
    "coco.yaml": "names:\n  0: dog\n  1: cat\n",
    "classes.txt": "dog\ncat\n",
    "obj.names": "dog\ncat",
}


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


@pytest.mark.parametrize(("picture", "text"), LAYOUTS)
def test_a_layout_is_recognized(draw, tmp_path: Path, picture: str, text: str) -> None:
    draw(picture)
    write(tmp_path / text, LINE)
    write(tmp_path / "data.yaml", LISTS["data.yaml"])
    (example,) = read_data(tmp_path).examples
    assert example.box is not None
    assert example.box.edges == pytest.approx(EDGES)
    assert example.label == "cat"


@pytest.mark.parametrize("name", LISTS)
def test_a_list_of_classes_is_read(draw, tmp_path: Path, name: str) -> None:
    draw("images/a.jpg")
    write(tmp_path / "labels" / "a.txt", LINE)
    write(tmp_path / name, LISTS[name])
    assert read_data(tmp_path).examples[0].label == "cat"


def test_an_empty_file_says_that_nothing_is_there(draw, tmp_path: Path) -> None:
    draw("images/a.jpg")
    write(tmp_path / "labels" / "a.txt", "")
    write(tmp_path / "classes.txt", "cat")
    assert read_data(tmp_path).examples[0].empty


def test_an_outline_becomes_the_box_around_it(draw, tmp_path: Path) -> None:
    draw("images/a.jpg")
    write(tmp_path / "labels" / "a.txt", "0 0.1 0.3 0.5 0.1 0.4 0.5\n")
    write(tmp_path / "classes.txt", "cat")
    assert read_data(tmp_path).examples[0].box.edges == pytest.approx(EDGES)


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        ("2 0.3 0.3 0.4 0.4", "has the class '2', and the numbers of classes are 0 to 1"),
        ("cat 0.3 0.3 0.4 0.4", "has the class 'cat', and the numbers of classes are 0 to 1"),
        ("1 0.3 0.3 0.4", "has a line of 4 numbers, and a box has five"),
        ("1 0.3 0.3 0.4 nan", "has 'nan' where a line should be a number"),
        ("1 30 30 40 40", "has the box (10, 10, 50, 50) of fractions outside its 80x60 picture"),
    ],
)
def test_a_bad_line_is_named_with_its_number(draw, tmp_path: Path, line: str, rule: str) -> None:
    draw("images/a.jpg"), draw("images/b.jpg")
    write(tmp_path / "labels" / "a.txt", LINE)
    write(tmp_path / "labels" / "b.txt", f"{LINE}{line}\n")
    write(tmp_path / "classes.txt", "dog\ncat\n")
    found = read_data(tmp_path)
    (fault,) = found.refused
    assert str(fault).startswith(f"{tmp_path}/labels/b.txt:2: {rule}")


def test_a_picture_without_a_file_is_named(draw, tmp_path: Path) -> None:
    draw("images/a.jpg"), draw("images/b.jpg")
    write(tmp_path / "labels" / "a.txt", LINE)
    write(tmp_path / "classes.txt", "dog\ncat\n")
    (fault,) = read_data(tmp_path).refused
    assert "b.jpg: has no b.txt in" in str(fault)
    assert "label it, or give it an empty one" in str(fault)


def test_numbers_without_names_are_refused(draw, tmp_path: Path) -> None:
    draw("images/a.jpg")
    write(tmp_path / "labels" / "a.txt", LINE)
    with pytest.raises(LocalizerError, match="nothing that names the classes; put a data.yaml"):
        read_data(tmp_path)


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("names: [cat\nnc: 1\n", r"data.yaml:2: is not readable YAML"),
        ("names: cat\n", r"data.yaml: has the names 'cat', and names are a list"),
        ("names: {a: cat}\n", r"data.yaml: has the class number 'a'"),
    ],
)
def test_a_bad_list_of_classes_is_refused(draw, tmp_path: Path, text: str, rule: str) -> None:
    draw("images/a.jpg")
    write(tmp_path / "labels" / "a.txt", LINE)
    write(tmp_path / "data.yaml", text)
    with pytest.raises(LocalizerError, match=rule):
        read_data(tmp_path)
