"""Pictures without the object are read, dealt out by the same shares, and never lost."""

from __future__ import annotations

import os
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from edge.box import Box
from edge.errors import LocalizerError
from edge.image import write_image
from train.example import Example
from train.negatives import read_negatives, with_negatives
from train.progress import Progress
from train.settings import Settings
from train.split import Split, dealt

SETTINGS = Settings(weights="none")


def test_every_readable_picture_is_an_empty_example(tmp_path: Path) -> None:
    write_image(tmp_path / "a.png", np.zeros((8, 8, 3), np.uint8))
    (tmp_path / "b.jpg").write_text("no picture")
    examples, (fault,) = read_negatives(tmp_path)
    assert examples == [Example(tmp_path / "a.png", None, None)]
    assert str(fault).startswith(f"{tmp_path / 'b.jpg'}: is not a picture")


def test_a_name_that_is_not_utf8_is_told_as_such(tmp_path: Path) -> None:
    write_image(tmp_path / "a.png", np.zeros((8, 8, 3), np.uint8))
    os.link(tmp_path / "a.png", os.fsencode(tmp_path) + b"/caf\xe9.png")
    examples, (fault,) = read_negatives(tmp_path)
    assert [e.name for e in examples] == ["a.png"]
    assert str(fault) == rf"{tmp_path}/caf\xe9.png: has a name that is not UTF-8; rename it"


def test_folders_inside_are_read_as_well_and_what_is_passed_by_is_told(tmp_path: Path) -> None:
    for name in ("top.png", "garden/a.png", "garden/night/b.png"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        write_image(tmp_path / name, np.zeros((8, 8, 3), np.uint8))
    (tmp_path / "garden" / "c.heic").write_text("of a telephone")
    examples, (fault,) = read_negatives(tmp_path)
    assert {e.path.relative_to(tmp_path).as_posix() for e in examples} == {
        "top.png",
        "garden/a.png",
        "garden/night/b.png",
    }
    assert f"{tmp_path / 'garden' / 'c.heic'}: is a .heic" in str(fault)


def test_a_folder_without_pictures_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LocalizerError, match="add some, or leave --negatives out"):
        read_negatives(tmp_path)


def test_negatives_are_dealt_out_by_the_shares() -> None:
    full = Example(Path("f.jpg"), Box(0, 0, 1, 1), "cat")
    empty = [Example(Path(f"{n}.jpg"), None, None) for n in range(10)]
    lists = dealt(empty, Split([full], [full], [full]), held_out=0.2, validation=0.1, seed=0)
    assert [len(part) for part in (lists.train, lists.validation, lists.held_out)] == [8, 2, 3]
    together = [e.name for part in (lists.train, lists.validation, lists.held_out) for e in part]
    assert sorted(name for name in together if name != "f.jpg") == [f"{n}.jpg" for n in range(10)]


def labelled(path: Path) -> Example:
    write_image(path, np.full((8, 8, 3), 200, np.uint8))
    return Example(path, Box(0, 0, 1, 1), "cat")


def test_a_picture_that_shows_an_object_by_its_label_is_no_negative(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    full = labelled(tmp_path / "f.png")
    folder = tmp_path / "nothing"
    folder.mkdir()
    shutil.copy(full.path, folder / "copy.png")
    asked = replace(SETTINGS, negatives=folder)
    console = Console(width=400)
    with Progress(console) as progress:
        with pytest.raises(LocalizerError, match="no picture but such as the data show an object"):
            with_negatives(Split([full], [], []), asked, progress, console)
        write_image(folder / "empty.png", np.zeros((8, 8, 3), np.uint8))
        grown = with_negatives(Split([full], [], []), asked, progress, console)
    assert "copy.png" not in {e.name for e in (*grown.train, *grown.validation, *grown.held_out)}
    assert f"refused {folder / 'copy.png'}: shows an object by its label" in capsys.readouterr().out


def test_a_training_says_which_negatives_came_and_which_did_not(tmp_path: Path, capsys) -> None:
    folder = tmp_path / "no[b]" / "cat[" / "a]"
    folder.mkdir(parents=True)
    for number in range(10):
        write_image(folder / f"{number}.png", np.zeros((8, 8, 3), np.uint8))
    (folder / "b.jpg").write_text("no picture")
    full = labelled(tmp_path / "f.png")
    lists = Split([full], [full], [full])
    settings = replace(SETTINGS, negatives=folder)
    console = Console(width=400)
    with Progress(console) as progress:
        assert with_negatives(lists, SETTINGS, progress, console) is lists
        grown = with_negatives(lists, settings, progress, console)
    assert [len(part) for part in (grown.train, grown.validation, grown.held_out)] == [8, 2, 3]
    said = capsys.readouterr().out
    assert f"refused {folder / 'b.jpg'}: is not a picture" in said
    assert f"{folder}: 10 pictures without the object" in said
