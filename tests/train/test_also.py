"""Further pictures are added to those that train, and to no others."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from edge.box import Box
from edge.errors import LocalizerError
from edge.image import write_image
from train.also import read_also, with_further
from train.label.album import Album
from train.progress import Progress
from train.readers.settle import Thing
from train.settings import Settings
from train.split import Split

CAT = Thing("cat", Box(0.25, 0.25, 0.5, 0.75))


@pytest.fixture
def labelled(tmp_path):
    """A maker of folders of pictures, each of one grey; those that are ``open`` have no label."""

    def made(name: str, greys: list[int], unlabelled: int = 0) -> Path:
        folder = tmp_path / name
        folder.mkdir()
        for grey in greys:
            write_image(folder / f"{grey:03d}.png", np.full((16, 16, 3), grey, np.uint8))
        album = Album(folder)
        for number in range(len(greys) - unlabelled):
            album.write(number, album.read(number)[1], CAT)
        return folder

    return made


def test_labelled_pictures_are_added_and_open_ones_are_counted(labelled) -> None:
    folders = [labelled("one", [1, 2, 3], unlabelled=1), labelled("other", [4])]
    found = read_also(folders, Split([], [], []))
    assert [example.path.name for example in found.examples] == ["001.png", "002.png", "004.png"]
    assert (found.unlabelled, found.known, list(found.refused)) == (1, 0, [])


def test_a_picture_that_is_measured_never_trains(labelled) -> None:
    (first, second), nothing = read_also([labelled("old", [5, 6])], Split([], [], [])).examples, []
    lists = Split(nothing, [first], [second])
    found = read_also([labelled("new", [5, 6, 7])], lists)
    assert [example.path.name for example in found.examples] == ["007.png"]
    assert found.known == 2


def test_a_folder_without_a_label_is_told(labelled) -> None:
    with pytest.raises(LocalizerError, match="--also .*open: .*holds no labelled picture"):
        read_also([labelled("open", [1, 2], unlabelled=2)], Split([], [], []))


def test_what_came_is_told_and_only_those_that_train_grow(labelled, capsys) -> None:
    old = read_also([labelled("old", [5, 6])], Split([], [], [])).examples
    lists = Split(old[:1], [], old[1:])
    settings = Settings(weights="none")
    console = Console(width=200)
    with Progress(console) as progress:
        assert with_further(lists, settings, progress, console) is lists
        new = labelled("new", [5, 7, 8], unlabelled=1)
        grown = with_further(lists, replace(settings, also=(new,)), progress, console)
    assert [example.path.name for example in grown.train] == ["005.png", "007.png"]
    assert (grown.validation, grown.held_out) == (lists.validation, lists.held_out)
    told = "1 pictures more to train on, 1 without a label left out, 1 known already"
    assert told in capsys.readouterr().out
