"""A machine's boxes come with a score and read back; what was not seen is not claimed."""

from __future__ import annotations

import csv
import os
from pathlib import Path

import cv2
import numpy as np
import pytest
from click.testing import CliRunner

from edge.box import Box
from edge.errors import LocalizerError
from edge.image import Image, read_image, write_image
from edge.observation import Localization
from train.autolabel import autolabel, haar, model
from train.cli import main
from train.floating import float_localizer, load_model
from train.readers.data import read_data
from train.run_folder import load_run


def face(side: int, left: int, top: int, width: int) -> Image:
    """A drawn face whose head is ``width`` wide, on grey."""
    image = np.full((side, side, 3), 150, np.uint8)
    x, y = left + width // 2, top + width // 2

    def oval(dx: float, dy: float, across: float, down: float, ink: tuple[int, int, int]) -> None:
        centre = x + round(dx * width), y + round(dy * width)
        radii = round(across * width), round(down * width)
        cv2.ellipse(image, centre, radii, 0, 0, 360, ink, -1, cv2.LINE_AA)

    oval(0, 0, 0.42, 0.56, (220, 190, 170))
    for side_of in (-1, 1):
        oval(0.19 * side_of, -0.12, 0.11, 0.055, (60, 40, 30))
        oval(0.19 * side_of, -0.22, 0.13, 0.03, (90, 60, 50))
    oval(0, 0.08, 0.04, 0.1, (235, 205, 185))
    oval(0, 0.3, 0.16, 0.05, (140, 60, 60))
    return cv2.GaussianBlur(image, (0, 0), width / 60).astype(np.uint8, copy=False)


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Two faces, one of them in a large picture, and one picture without any."""
    folder = tmp_path / "photos"
    folder.mkdir()
    write_image(folder / "small.png", face(240, 60, 50, 120))
    write_image(folder / "large.png", face(1200, 600, 500, 300))
    write_image(folder / "wall.png", np.full((240, 240, 3), 150, np.uint8))
    return folder


def test_faces_are_found_and_the_rest_is_left_for_people(photos: Path) -> None:
    result = CliRunner().invoke(main, ["autolabel", str(photos), "--with", "haar"])
    assert result.exit_code == 0, result.output
    assert f"nothing found in {photos}/wall.png" in result.output
    found = read_data(photos)
    assert {example.name: example.label for example in found.examples} == {
        "small.png": "face", "large.png": "face",
    }  # fmt: skip
    truth = {
        "small.png": Box(60 / 240, 50 / 240, 180 / 240, 170 / 240),
        "large.png": Box(0.5, 500 / 1200, 0.75, 800 / 1200),
    }
    for example in found.examples:
        assert example.box is not None
        assert example.box.iou(truth[example.name]) > 0.5
    (fault,) = found.refused
    assert (fault.kind, fault.picture) == ("unannotated", photos / "wall.png")


def test_the_doubtful_ones_come_first(photos: Path, tmp_path: Path) -> None:
    scores = iter([0.9, 0.2, 0.5])

    def see(image: Image) -> Localization:
        return Localization(Box(0.1, 0.1, 0.5, 0.5), "thing", next(scores))

    made = autolabel(photos, see, tmp_path / "boxes.csv")
    assert [found.score for _, found in made.rows] == [0.2, 0.5, 0.9]
    with (tmp_path / "boxes.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["score"] for row in rows] == ["0.2000", "0.5000", "0.9000"]
    assert rows[0]["filename"] == "photos/small.png"
    assert [float(rows[0][name]) for name in ("x1", "y1", "x2", "y2")] == [24, 24, 120, 120]


def test_a_model_of_this_project_draws_boxes(tiny_model: Path, scene, tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    write_image(tmp_path / "photos" / "a.png", scene(box=(8, 16, 24, 28)))
    result = CliRunner().invoke(
        main, ["autolabel", str(tmp_path / "photos"), "--with", str(tiny_model)]
    )
    assert result.exit_code == 0, result.output
    (example,) = read_data(tmp_path / "photos").examples
    assert example.label == "red"
    assert example.box is not None
    assert example.box.iou(Box(8 / 32, 16 / 32, 24 / 32, 28 / 32)) > 0.5


def test_a_run_draws_what_its_network_finds(trained_run: Path, drawn_set: Path) -> None:
    run = load_run(trained_run)
    localizer = float_localizer(load_model(run.model), run.card)
    see = model(trained_run)
    for path in sorted((drawn_set / "images").iterdir())[:5]:
        image = read_image(path)
        found, expected = see(image), localizer(image).found
        assert (found is None) == (expected is None)
        if found is not None and expected is not None:
            assert found.box == expected.box


def test_a_broken_picture_is_named(photos: Path, tmp_path: Path) -> None:
    (photos / "broken.png").write_bytes(b"no picture")
    made = autolabel(photos, haar(), tmp_path / "boxes.csv")
    (fault,) = made.refused
    assert fault.picture == photos / "broken.png"


def test_a_picture_that_no_table_can_name_is_told(photos: Path, tmp_path: Path) -> None:
    (photos / "small.png").rename(photos / os.fsdecode(b"\xe9.png"))
    (photos / "a.gif").touch()
    result = CliRunner().invoke(main, ["autolabel", str(photos), "--with", "haar"])
    assert result.exit_code == 0, result.output
    assert rf"refused {photos}/\xe9.png: has a name that is not UTF-8; rename it" in result.output
    assert f"refused {photos}/a.gif: is a .gif, and pictures are .jpg" in result.output
    assert "1 boxes in" in result.output


def test_a_table_that_cannot_be_made_is_refused_before_the_work(photos: Path) -> None:
    def see(image: Image) -> None:
        raise AssertionError

    with pytest.raises(LocalizerError, match="none is not a folder; make it, or name another"):
        autolabel(photos, see, photos / "none" / "boxes.csv")


def test_nothing_at_all_writes_nothing(photos: Path, tmp_path: Path) -> None:
    with pytest.raises(LocalizerError, match=r"nothing was found in .* \(3 pictures"):
        autolabel(photos, lambda image: None, tmp_path / "boxes.csv")
    assert not (tmp_path / "boxes.csv").exists()


def test_earlier_boxes_are_not_overwritten(photos: Path) -> None:
    (photos / "autolabel.csv").write_text("mine")
    result = CliRunner().invoke(main, ["autolabel", str(photos), "--with", "haar"])
    assert result.exit_code == 1
    assert "exists and is not overwritten" in result.output
    assert (photos / "autolabel.csv").read_text() == "mine"


def test_haar_finds_the_face_in_a_real_photo_and_none_where_there_is_none(tmp_path: Path) -> None:
    data = pytest.importorskip("skimage.data", reason="scikit-image, which has one, is missing")
    folder = tmp_path / "real"
    folder.mkdir()
    write_image(folder / "astronaut.png", data.astronaut())
    write_image(folder / "coffee.png", data.coffee())
    autolabel(folder, haar(), tmp_path / "boxes.csv")
    ((name, left, top, right, bottom, label, _),) = csv.reader(
        (tmp_path / "boxes.csv").read_text().splitlines()[1:]
    )
    assert (Path(name).name, label) == ("astronaut.png", "face")
    # from hairline to chin, as a person draws it
    face = Box(180 / 512, 70 / 512, 270 / 512, 172 / 512)
    found = Box.spanned(float(edge) / 512 for edge in (left, top, right, bottom))
    assert found.iou(face) > 0.7
