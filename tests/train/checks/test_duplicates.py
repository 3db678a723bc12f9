"""Pictures that look the same are found, and no others."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from edge.image import Image, read_image
from train.checks.duplicates import equal_groups, near_groups
from train.readers.pictures import look

CHANGES = {
    "saved again": lambda image: image,
    "made smaller": lambda image: cv2.resize(image, None, fx=0.4, fy=0.4),
    "made brighter": lambda image: cv2.convertScaleAbs(image, alpha=0.8, beta=40),
    "cut a little": lambda image: image[3:-3, 4:-4],
    "blurred": lambda image: cv2.GaussianBlur(image, (0, 0), 2),
}


def thumbnail(path: Path, image: Image, quality: int = 95) -> np.ndarray:
    cv2.imwrite(str(path), image, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return look(path).thumbnail


@pytest.mark.parametrize("change", CHANGES)
def test_a_changed_copy_is_found_among_others(draw, tmp_path: Path, change: str) -> None:
    pictures = [read_image(draw(f"{n}.png", 320, 280, seed=n)) for n in range(30)]
    thumbnails = [thumbnail(tmp_path / f"{n}.jpg", image) for n, image in enumerate(pictures)]
    copy = CHANGES[change](pictures[7])
    thumbnails.append(thumbnail(tmp_path / "copy.jpg", copy, quality=50))
    assert near_groups(np.stack(thumbnails)) == [[7, 30]]


def test_another_place_of_the_same_digit_is_another_picture(tmp_path: Path) -> None:
    found = []
    for n, place in enumerate([(10, 10), (60, 10), (10, 60), (60, 60), (35, 35)]):
        image = np.zeros((100, 100, 3), np.uint8)
        cv2.putText(image, "8", (place[0], place[1] + 28), cv2.FONT_HERSHEY_PLAIN, 3, (255,) * 3, 3)
        found.append(thumbnail(tmp_path / f"{n}.png", image))
    assert near_groups(np.stack(found)) == []


def test_a_film_of_a_still_scene_is_one_group() -> None:
    still = np.random.default_rng(0).integers(0, 256, (32, 32))
    noise = np.random.default_rng(1).integers(-9, 10, (700, 32, 32))
    film = np.clip(still + noise, 0, 255).astype(np.uint8)
    assert near_groups(film) == [list(range(700))]


def test_pictures_of_one_grey_are_one_group(draw) -> None:
    thumbnails = np.stack([look(draw(f"{n}.png")).thumbnail for n in range(5)])
    assert near_groups(thumbnails) == [[0, 1, 2, 3, 4]]


def test_no_picture_is_like_no_other() -> None:
    assert near_groups(np.empty((0, 32, 32), np.uint8)) == []


def test_equal_files_are_told_by_their_content() -> None:
    assert equal_groups([b"a", b"b", b"a", b"c", b"b", b"a"]) == [[0, 2, 5], [1, 4]]
