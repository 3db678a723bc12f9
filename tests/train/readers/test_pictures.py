"""Pictures are found wherever they lie, and what is passed by is named."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from PIL import Image as Pillow

from train.readers.data import read_collection
from train.readers.pictures import Pictures, files_below, look, passed_by


def test_a_folder_that_a_link_leads_to_is_read_once(draw, tmp_path: Path) -> None:
    draw("elsewhere/a.jpg"), draw("set/b.jpg")
    for name in ("one", "two"):
        (tmp_path / "set" / name).symlink_to(tmp_path / "elsewhere")
    assert files_below(tmp_path / "set") == [
        tmp_path / "set" / "b.jpg",
        tmp_path / "set" / "one" / "a.jpg",
    ]


def test_a_link_back_is_no_loop(draw, tmp_path: Path) -> None:
    draw("set/in/a.jpg")
    (tmp_path / "set" / "again").symlink_to(".")
    (tmp_path / "set" / "in" / "up").symlink_to("..")
    (tmp_path / "set" / "above").symlink_to(tmp_path)
    assert files_below(tmp_path / "set") == [tmp_path / "set" / "in" / "a.jpg"]


def test_what_only_looks_like_a_picture_is_named_by_every_format(draw, tmp_path: Path) -> None:
    draw("cat/a.jpg"), draw("dog/a.jpg")
    (tmp_path / "cat" / "b.HEIC").touch()
    (tmp_path / "dog" / "c.jpg").symlink_to("nowhere.jpg")
    told = [str(fault) for fault in read_collection(tmp_path).refused]
    assert told == [
        f"{tmp_path}/cat/b.HEIC: is a .heic, and pictures are .jpg, .jpeg, .png, .bmp, .webp; "
        "save it as one",
        f"{tmp_path}/dog/c.jpg: is a link to nothing; put the picture there",
    ]


def test_a_folder_that_may_not_be_looked_into_is_named(
    draw, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    draw("set/a.jpg"), draw("set/closed/b.jpg")
    real = os.scandir

    def scanned(path: str) -> object:  # root may look everywhere
        if str(path).endswith("closed"):
            raise PermissionError(13, "Permission denied", path)
        return real(path)

    monkeypatch.setattr(os, "scandir", scanned)
    (fault,) = passed_by(tmp_path / "set")
    assert str(fault) == (
        f"{tmp_path}/set/closed: cannot be looked into (Permission denied); check its rights, or "
        "move it away"
    )


def test_a_name_that_is_not_utf8_is_refused_by_every_format(draw, tmp_path: Path) -> None:
    draw("a.jpg").rename(tmp_path / os.fsdecode(b"caf\xe9.jpg"))
    draw("b.jpg")
    for stem in (b"caf\xe9", b"b"):
        (tmp_path / os.fsdecode(stem + b".xml")).write_text("<annotation/>")
    found = read_collection(tmp_path)
    assert [picture.path.name for picture in found.pictures] == ["b.jpg"]
    (fault,) = found.refused
    assert str(fault) == rf"{tmp_path}/caf\xe9.jpg: has a name that is not UTF-8; rename it"


@pytest.mark.parametrize("name", [" a.jpg", "a\\b.jpg", "a .jpg"])
def test_a_name_is_first_taken_as_it_is_written(draw, tmp_path: Path, name: str) -> None:
    assert Pictures([draw(name), draw("b.jpg")], tmp_path).find(name, tmp_path).name == name


def test_the_exif_tag_of_a_webp_is_known(tmp_path: Path) -> None:
    tag = Pillow.Exif()
    tag[0x0112] = 6
    Pillow.new("RGB", (80, 60)).save(tmp_path / "a.webp", exif=tag)
    seen = look(tmp_path / "a.webp")
    assert (seen.width, seen.height, seen.turned) == (60, 80, True)
