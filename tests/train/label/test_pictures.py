from __future__ import annotations

import os

import pytest

from edge.errors import LocalizerError
from train.label.pictures import pictures_in


def test_of_two_pictures_with_one_stem_the_second_is_left_out(pictures):
    folder = pictures(1)
    (folder / "00000.png").write_bytes((folder / "00000.jpg").read_bytes())
    paths, left_out = pictures_in(folder)
    assert [path.name for path in paths] == ["00000.jpg"]
    why = "another picture has its stem; rename one of the two"
    assert left_out == [f"{folder}/00000.png: {why}"]


def test_a_picture_whose_name_is_not_utf8_is_left_out_by_name(pictures):
    folder = pictures(1)
    strange = folder / os.fsdecode(b"caf\xe9")
    strange.mkdir()
    for place in (strange / "a.jpg", folder / os.fsdecode(b"caf\xe9.jpg")):
        place.write_bytes((folder / "00000.jpg").read_bytes())
    paths, left_out = pictures_in(folder)
    assert [path.name for path in paths] == ["00000.jpg"]
    why = "its name is not UTF-8; rename it"
    assert left_out == [rf"{folder}/caf\xe9/a.jpg: {why}", rf"{folder}/caf\xe9.jpg: {why}"]


def test_a_picture_whose_name_xml_cannot_hold_is_left_out_by_name(pictures):
    folder = pictures(1)
    (folder / "esc\x1b[31m.jpg").write_bytes((folder / "00000.jpg").read_bytes())
    paths, left_out = pictures_in(folder)
    assert [path.name for path in paths] == ["00000.jpg"]
    why = "its name has a character that XML cannot hold; rename it"
    assert left_out == [rf"{folder}/esc\x1b[31m.jpg: {why}"]


def test_what_only_looks_like_a_picture_is_left_out_by_name(pictures):
    folder = pictures(1)
    (folder / "a.tif").touch()
    (folder / "b.jpg").symlink_to("nowhere.jpg")
    _, (foreign, broken) = pictures_in(folder)
    assert foreign.startswith(f"{folder}/a.tif: is a .tif, and pictures are .jpg")
    assert broken == f"{folder}/b.jpg: is a link to nothing; put the picture there"


def test_a_folder_whose_path_is_not_utf8_is_refused(pictures, tmp_path):
    strange = pictures(1).rename(tmp_path / os.fsdecode(b"caf\xe9"))
    with pytest.raises(LocalizerError, match=r"path is UTF-8; rename it. Received: .*caf\\xe9$"):
        pictures_in(strange)


def test_a_folder_of_which_every_picture_is_left_out_is_told(pictures):
    folder = pictures(1)
    (folder / "00000.jpg").rename(folder / os.fsdecode(b"\xe9.jpg"))
    with pytest.raises(LocalizerError, match="holds no picture .* with a name in UTF-8"):
        pictures_in(folder)


def test_a_folder_that_cannot_be_labelled_is_told(pictures, tmp_path):
    with pytest.raises(LocalizerError, match="is not a folder"):
        pictures_in(tmp_path / "absent")
    (tmp_path / "empty").mkdir()
    with pytest.raises(LocalizerError, match="holds no picture"):
        pictures_in(tmp_path / "empty")
    folder = pictures(1)
    (folder / "boxes.csv").write_text("filename,x1,y1,x2,y2,label\n00000.jpg,1,2,3,4,cat\n")
    with pytest.raises(
        LocalizerError, match="annotated as csv.*convert-data .* --to voc --out OTH"
    ):
        pictures_in(folder)
