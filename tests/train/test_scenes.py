"""Drawn scenes have the box that their pixels have."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from train.cli import main
from train.readers.data import read_data
from train.scenes import SHAPES, draw, scene, write_clip, write_scenes


@pytest.mark.parametrize("shape", SHAPES)
def test_the_box_is_where_the_drawn_pixels_are(shape: str) -> None:
    blank = np.zeros((200, 200, 3), np.uint8)
    image, box = draw(blank, shape, np.array([90.3, 110.7]), 40.0, 0.4, (255, 255, 255))
    rows, columns = np.nonzero(image[..., 0] > 40)
    seen = (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)
    assert np.array(box.edges) * 200 == pytest.approx(np.array(seen), abs=1.5)


def test_the_same_seed_draws_the_same_scene() -> None:
    first, second = (scene(64, np.random.default_rng(4), "star") for _ in range(2))
    assert np.array_equal(first[0], second[0])
    assert first[1] == second[1]


def test_a_written_set_reads_back_whole(tmp_path: Path) -> None:
    write_scenes(tmp_path / "set", count=20, size=64, seed=0)
    found = read_data(tmp_path / "set")
    assert len(found.examples) == 20
    assert found.refused == []
    assert sum(example.box is None for example in found.examples) == 4


def test_a_clip_has_the_frames_that_were_asked_for(tmp_path: Path) -> None:
    import cv2

    write_clip(tmp_path / "clip.mp4", frames=12, size=96, seed=0)
    film = cv2.VideoCapture(str(tmp_path / "clip.mp4"))
    assert sum(film.read()[0] for _ in range(13)) == 12


@pytest.mark.parametrize(
    ("name", "rule"),
    [("film.txt", "a film's name ends in .mp4"), ("none/film.mp4", "none is not a folder; make")],
)
def test_a_clip_that_cannot_be_made_is_refused_before_the_scenes_are_drawn(
    tmp_path: Path, name: str, rule: str
) -> None:
    arguments = ["synth", "scenes", str(tmp_path / "set"), "--clip", str(tmp_path / name)]
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 1
    assert rule in result.output
    assert not (tmp_path / "set").exists()
