"""Whatever a view does to the pixels, it does to the box."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.box import Box
from edge.image import resized
from train.augment import Light, Paste, View, background_of
from train.photos import Photo
from train.render import pasted, random_view, rendered

SIZE = 96
EDGE = 3  # pixels of a view beside an edge that rounding, resizing and blur may mix
PLAIN = Light(np.eye(3), 0.0)
WHOLE = View((), (0, 0, SIZE, SIZE), 0, (1, 1), PLAIN, mirrored=False, box=None)


def photo(box: Box, width: int = 200, height: int = 150) -> Photo:
    """A bright rectangle on black, exactly where the box says."""
    pixels = np.zeros((height, width, 3), np.uint8)
    left, top, right, bottom = box.in_pixels(width, height)
    pixels[top:bottom, left:right] = 255
    return Photo(pixels, box, 0)


def noise(width: int = SIZE, height: int = SIZE) -> Photo:
    pixels = np.random.default_rng(0).integers(0, 256, (height, width, 3), np.uint8)
    return Photo(pixels, Box(0.2, 0.2, 0.6, 0.6), 0)


@settings(max_examples=150, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    left=st.integers(0, 120),
    top=st.integers(0, 80),
    width=st.integers(40, 80),
    height=st.integers(30, 70),
)
def test_the_box_stays_around_the_bright_rectangle(
    seed: int, left: int, top: int, width: int, height: int
) -> None:
    box = Box(left / 200, top / 150, (left + width) / 200, (top + height) / 150)
    rng = np.random.default_rng(seed)
    pixels, moved = random_view(photo(box), SIZE, rng)
    assert moved is not None
    inside = pixels[
        round(moved.top * SIZE) + EDGE : round(moved.bottom * SIZE) - EDGE,
        round(moved.left * SIZE) + EDGE : round(moved.right * SIZE) - EDGE,
    ]
    # one light for the whole view: the rectangle's inside stays of one colour
    assert int(np.ptp(inside.reshape(-1, 3), axis=0).max()) <= 3
    outline = Box.spanned(moved.edges)
    assert outline.area > 0


def test_a_view_is_cut_from_the_photo_and_resized_as_the_device_does_it() -> None:
    source = noise(300, 200).pixels
    view = View((), (40, 20, 260, 180), 0, (1, 1), PLAIN, mirrored=False, box=None)
    expected = resized(source[20:180, 40:260], SIZE, SIZE)
    assert np.array_equal(rendered(source, view, SIZE), expected)


def test_beyond_the_photo_stands_grey() -> None:
    view = View((), (-48, -24, 48, 72), 77, (1, 1), PLAIN, mirrored=False, box=None)
    pixels = rendered(noise().pixels, view, SIZE)
    assert (pixels[:24] == 77).all()
    assert (pixels[:, :48] == 77).all()
    assert np.array_equal(pixels[24:, 48:], noise().pixels[:72, :48])


def test_the_light_turns_around_the_mean_and_adds_its_bias() -> None:
    source = np.full((SIZE, SIZE, 3), 100, np.uint8)
    source[:, ::2] = 140
    view = View((), WHOLE.window, 0, (1, 1), Light(0.5 * np.eye(3), 10.0), mirrored=False, box=None)
    # 100 and 140 around 120, half as far apart, brighter by 10
    assert np.unique(rendered(source, view, SIZE)).tolist() == [120, 140]


def test_a_blur_is_the_mean_of_so_many_pixels() -> None:
    view = View((), WHOLE.window, 0, (3, 5), PLAIN, mirrored=False, box=None)
    source = noise().pixels
    assert np.array_equal(rendered(source, view, SIZE), cv2.blur(source, (3, 5)))


def test_parts_are_pasted_one_after_the_other_and_the_photo_stays() -> None:
    source = noise().pixels
    before = source.copy()
    pastes = (
        Paste((0, 0, 10, 10), (50, 50, 60, 60)),
        Paste((50, 50, 60, 60), (80, 0, 90, 10)),
    )
    shown = pasted(source, pastes)
    assert np.array_equal(shown[0:10, 80:90], source[0:10, 0:10])
    assert np.array_equal(source, before)
    assert pasted(source, ()) is source


def test_the_same_random_numbers_give_the_same_view() -> None:
    first, second = (random_view(noise(), SIZE, np.random.default_rng(3)) for _ in range(2))
    assert np.array_equal(first[0], second[0])
    assert first[1] == second[1]


def test_a_background_shows_next_to_nothing_of_the_object() -> None:
    source = photo(Box(0.4, 0.4, 0.6, 0.6))
    source.pixels[..., 1:] = 0  # red on black: no light or grey margin is as red
    for seed in range(100):
        view = background_of(source, SIZE, np.random.default_rng(seed))
        assert view is not None
        pixels = rendered(source.pixels, view, SIZE)
        red = pixels[..., 0].astype(int) - pixels[..., 2]
        # at most 2 % of the box, in a view of at least 4 % of the photo
        assert (red > 75).mean() < 0.05


@pytest.mark.parametrize("shape", [(1, 1), (1, 300), (300, 1), (7, 5)])
def test_the_smallest_photos_still_give_a_view(shape: tuple[int, int]) -> None:
    source = Photo(np.zeros((*shape, 3), np.uint8), Box(0.1, 0.1, 0.9, 0.9), 0)
    for seed in range(20):
        pixels, _ = random_view(source, SIZE, np.random.default_rng(seed))
        assert pixels.shape == (SIZE, SIZE, 3)


def test_without_mirroring_a_view_without_variety_is_the_photo() -> None:
    source = noise()
    for seed in range(20):
        rng = np.random.default_rng(seed)
        pixels, box = random_view(source, SIZE, rng, variety=0.0, mirror=False)
        assert np.array_equal(pixels, source.pixels)
        assert box == source.box


def test_without_variety_a_view_is_the_photo_or_its_mirror_image() -> None:
    source = noise()
    mirrored = source.pixels[:, ::-1]
    for seed in range(20):
        pixels, _ = random_view(source, SIZE, np.random.default_rng(seed), variety=0.0)
        assert np.array_equal(pixels, source.pixels) or np.array_equal(pixels, mirrored)
