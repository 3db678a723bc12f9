"""The check names what is wrong with a set, and nothing where nothing is."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image as Pillow

from edge.image import read_image
from train.cli import main

HEAD = "filename,x1,y1,x2,y2,label\n"


def told(*arguments: object) -> str:
    """What a command says; it ends well."""
    result = CliRunner().invoke(main, [str(argument) for argument in arguments])
    assert result.exit_code == 0, result.output
    return result.output


def checked(folder: Path, out: Path, *options: object) -> dict[str, list[dict]]:
    """The findings of the check by their kinds."""
    told("check", folder, "--out", out, *options)
    found: dict[str, list[dict]] = {}
    for one in json.loads((out / "check.json").read_text())["findings"]:
        found.setdefault(one["kind"], []).append(one)
    return found


@pytest.fixture
def folder(draw, tmp_path: Path) -> Path:
    """Ten different pictures with good boxes."""
    for n in range(10):
        draw(f"set/{n}.jpg", 120, 90, seed=n)
    lines = [f"{n}.jpg,12,9,60,45,cat\n" for n in range(10)]
    (tmp_path / "set" / "boxes.csv").write_text(HEAD + "".join(lines))
    return tmp_path / "set"


def add(folder: Path, line: str) -> None:
    with (folder / "boxes.csv").open("a") as file:
        file.write(f"{line}\n")


def test_a_good_set_has_nothing_to_look_at(folder: Path, tmp_path: Path) -> None:
    assert checked(folder, tmp_path / "out") == {}
    assert "nothing to look at" in told("check", folder)


def test_names_with_brackets_and_colons_are_told_as_they_are(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "of[").mkdir()
    data, out = folder.rename(tmp_path / "of[" / "a] [b]"), tmp_path / "of[" / "checked[b]"
    add(data, "gone[b].jpg,12,9,60,45,cat")
    add(data, "3.jpg,12,9,60,45,:dog: [b]")
    said = told("check", data, "--out", out)
    assert f"written: {out}/check.json; look at {out}/suspects.png" in said
    assert "class :dog: [b]" in said
    assert "gone[b].jpg" in said


def test_a_copy_across_the_split_comes_first(folder: Path, tmp_path: Path, draw) -> None:
    draw("set/copy.png", 120, 90, seed=3)
    add(folder, "copy.png,12,9,60,45,cat")
    (folder / "held-out.txt").write_text("copy\n")
    found = checked(folder, tmp_path / "out", "--held-out", folder / "held-out.txt")
    (one,) = found["across the split"]
    assert {Path(name).name for name in one["files"]} == {"3.jpg", "copy.png"}
    assert "nearly the same picture as" in one["rule"]
    assert "copy.png in held out" in one["rule"]
    assert "near duplicate" not in found


def test_a_copy_on_one_side_of_the_split_is_a_duplicate(folder: Path, tmp_path: Path) -> None:
    shutil.copy(folder / "3.jpg", folder / "4b.jpg")
    add(folder, "4b.jpg,12,9,60,45,cat")
    found = checked(folder, tmp_path / "out", "--held-out", 0, "--validation", 0)
    (one,) = found["duplicate"]
    assert one["rule"] == "is the same file as 4b.jpg; keep one"


@pytest.mark.parametrize(
    ("kind", "edges", "rule"),
    [
        ("outside", "12,9,160,45", "has the box (12, 9, 160, 45) outside its 120x90 picture"),
        ("inverted", "60,9,12,45", "has the inverted or empty box (60, 9, 12, 45)"),
        ("tiny", "12,9,14,45", "has cat in 2x36 of 120x90 pixels"),
        ("whole picture", "0,0,120,90", "has cat all over the picture"),
    ],
)
def test_a_doubtful_box_is_named(
    folder: Path, tmp_path: Path, draw, kind: str, edges: str, rule: str
) -> None:
    draw("set/odd.png", 120, 90, seed=77)
    add(folder, f"odd.png,{edges},cat")
    found = checked(folder, tmp_path / "out")
    assert set(found) == {kind}
    assert rule in found[kind][0]["rule"]


def test_a_box_that_is_drawn_twice_is_named(folder: Path, tmp_path: Path) -> None:
    add(folder, "3.jpg,12,9,60,45,cat")
    (one,) = checked(folder, tmp_path / "out")["doubled"]
    assert one["rule"] == "has cat 2 times in one place; keep one"


def test_a_broken_picture_is_named(folder: Path, tmp_path: Path) -> None:
    whole = (folder / "3.jpg").read_bytes()
    (folder / "3.jpg").write_bytes(whole[: len(whole) // 2])
    (one,) = checked(folder, tmp_path / "out")["corrupt"]
    assert "is cut short" in one["rule"]


def test_a_picture_that_nobody_annotated_is_named(folder: Path, tmp_path: Path, draw) -> None:
    draw("set/odd.png", seed=77)
    (one,) = checked(folder, tmp_path / "out")["unannotated"]
    assert one["files"] == [str(folder / "odd.png")]


def test_pictures_that_nobody_annotated_are_looked_at_as_well(folder: Path, tmp_path: Path) -> None:
    shutil.copy(folder / "3.jpg", folder / "copy.jpg")
    (folder / "broken.jpg").write_bytes(b"no picture")
    found = checked(folder, tmp_path / "out")
    assert len(found["unannotated"]) == 2
    assert [one["files"] for one in found["corrupt"]] == [[str(folder / "broken.jpg")]]
    assert found["duplicate"][0]["rule"] == "is the same file as copy.jpg; keep one"


def test_a_picture_that_exif_turns_is_named(folder: Path, tmp_path: Path) -> None:
    exif = Pillow.Exif()
    exif[0x0112] = 6
    pixels = np.random.default_rng(9).integers(0, 256, (9, 12, 3)).astype(np.uint8)
    picture = Pillow.fromarray(pixels).resize((120, 90))
    picture.save(folder / "turned.jpg", exif=exif)
    assert read_image(folder / "turned.jpg").shape == (120, 90, 3)
    add(folder, "turned.jpg,12,9,60,45,cat")
    (one,) = checked(folder, tmp_path / "out")["turned"]
    assert "is turned by its EXIF tag" in one["rule"]


@pytest.mark.parametrize(("other", "twin"), [("Cat ", "Cat"), ("cats", "cats"), ("c-at", "c-at")])
def test_classes_that_may_be_one_are_named(
    folder: Path, tmp_path: Path, draw, other: str, twin: str
) -> None:
    draw("set/odd.png", 120, 90, seed=77)
    add(folder, f"odd.png,12,9,60,45,{other}")
    (one,) = checked(folder, tmp_path / "out")["label twins"]
    assert f"{twin!r} (1)" in one["rule"]
    assert "'cat' (10)" in one["rule"]


@pytest.mark.parametrize("other", ["dog", "cat2", "cut"])
def test_other_classes_are_no_twins(folder: Path, tmp_path: Path, draw, other: str) -> None:
    draw("set/odd.png", 120, 90, seed=77)
    add(folder, f"odd.png,12,9,60,45,{other}")
    assert checked(folder, tmp_path / "out") == {}


def test_the_suspects_can_be_looked_at(folder: Path, tmp_path: Path, draw) -> None:
    draw("set/odd.png", 120, 90, seed=77)
    add(folder, "odd.png,0,0,120,90,cat")
    checked(folder, tmp_path / "out")
    sheet = read_image(tmp_path / "out" / "suspects.png")
    assert sheet.shape == (246, 246, 3)
    assert np.ptp(sheet) > 100


def test_an_earlier_check_is_not_overwritten(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    result = CliRunner().invoke(main, ["check", str(folder), "--out", str(tmp_path / "out")])
    assert result.exit_code == 1
    assert "exists and is not overwritten" in result.output


def test_a_sheet_shows_some_of_the_pictures(folder: Path, tmp_path: Path) -> None:
    said = told("show", folder, "--out", tmp_path / "sheet.png", "--count", 4)
    assert said.splitlines()[-1].startswith("4 of 10 pictures (csv) in")
    assert read_image(tmp_path / "sheet.png").shape == (2 * 246, 2 * 246, 3)


def test_a_name_that_is_not_utf8_is_named(folder: Path, tmp_path: Path) -> None:
    strange = folder / os.fsdecode(b"caf\xe9.jpg")
    (folder / "0.jpg").rename(strange)
    found = checked(folder, tmp_path / "out")
    assert {one["files"][0] for kind in found.values() for one in kind} == {
        str(strange), str(folder / "boxes.csv"),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("name", "rule"),
    [
        ("sheet.txt", "a sheet is a picture, so its name ends in .jpg"),
        ("sheet", "a sheet is a picture, so its name ends in .jpg"),
        ("none/sheet.png", "none is not a folder; make it"),
    ],
)
def test_a_sheet_that_cannot_be_made_is_refused_before_the_work(
    folder: Path, tmp_path: Path, name: str, rule: str
) -> None:
    result = CliRunner().invoke(main, ["show", str(folder), "--out", str(tmp_path / name)])
    assert result.exit_code == 1
    assert rule in result.output


def test_a_set_is_moved_and_what_stays_behind_is_listed(folder: Path, tmp_path: Path, draw) -> None:
    draw("set/odd.png", seed=77)
    said = told("convert-data", folder, "--to", "voc", "--out", tmp_path / "moved")
    assert f"left behind {folder}/odd.png: is in no line of boxes.csv" in said
    assert "10 pictures with 10 objects from csv to voc" in said
    assert len(list((tmp_path / "moved" / "annotations").glob("*.xml"))) == 10
