"""Photos are decoded once; validation sees the very pixels of the device."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from edge.box import Box
from edge.image import read_image, resized, write_image
from train.example import Example
from train.photos import load_photos, prepared

BOX = Box(0.1, 0.1, 0.5, 0.5)


def example(folder: Path, width: int, height: int) -> Example:
    path = folder / f"{width}x{height}.png"
    rng = np.random.default_rng(0)
    write_image(path, rng.integers(0, 256, (height, width, 3)).astype(np.uint8))
    return Example(path, BOX, "b")


def test_a_large_photo_is_kept_small_with_its_aspect(tmp_path: Path) -> None:
    (photo,) = load_photos([example(tmp_path, 800, 400)], ["a", "b"], size=224)
    assert photo.pixels.shape == (192, 384, 3)
    assert (photo.box, photo.label) == (BOX, 1)


def test_a_small_photo_stays_as_it_is(tmp_path: Path) -> None:
    (photo,) = load_photos([example(tmp_path, 60, 40)], ["b"], size=224)
    assert photo.pixels.shape == (40, 60, 3)


def test_prepared_pixels_are_the_devices(tmp_path: Path) -> None:
    one = example(tmp_path, 300, 200)
    assert np.array_equal(prepared([one], 64)[0], resized(read_image(one.path), 64, 64))
