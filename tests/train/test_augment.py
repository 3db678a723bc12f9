"""Whatever a view does to the pixels, it does to the box."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.box import Box
from train.augment import KEPT, _blurred, _cut, _window, background, view
from train.photos import Photo

SIZE = 96
EDGE = 3  # pixels of a view beside an edge that rounding, resizing and blur may mix


def photo(box: Box, width: int = 200, height: int = 150) -> Photo:
    """A bright rectangle on black, exactly where the box says."""
    pixels = np.zeros((height, width, 3), np.uint8)
    left, top, right, bottom = box.in_pixels(width, height)
    pixels[top:bottom, left:right] = 255
    return Photo(pixels, box, 0)


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
    pixels, moved = view(photo(box), SIZE, rng)
    assert moved is not None
    inside = pixels[
        round(moved.top * SIZE) + EDGE : round(moved.bottom * SIZE) - EDGE,
        round(moved.left * SIZE) + EDGE : round(moved.right * SIZE) - EDGE,
    ]
    # one light for the whole view: the rectangle's inside stays of one colour
    assert int(np.ptp(inside.reshape(-1, 3), axis=0).max()) <= 3
    outline = Box.spanned(moved.edges)
    assert outline.area > 0


@given(
    seed=st.integers(0, 10**6),
    corner=st.tuples(st.integers(0, 160), st.integers(0, 110)),
    sides=st.tuples(st.integers(8, 200), st.integers(8, 150)),
)
def test_at_least_85_percent_of_the_box_stay_in_the_view(
    seed: int, corner: tuple[int, int], sides: tuple[int, int]
) -> None:
    right, bottom = min(corner[0] + sides[0], 200), min(corner[1] + sides[1], 150)
    box = Box(corner[0] / 200, corner[1] / 150, right / 200, bottom / 150)
    rng = np.random.default_rng(seed)
    _, seen = _cut(photo(box).pixels, _window(box, rng, 1.0), rng)
    # a window is cut at whole pixels, so half of one may be lost at each side
    rounding = 1 / (right - corner[0]) + 1 / (bottom - corner[1])
    assert box.intersection(seen) / box.area >= 0.85 - rounding


def test_a_view_has_the_networks_size_and_a_box_of_its_own() -> None:
    box = Box(0.3, 0.3, 0.7, 0.6)
    for seed in range(100):
        pixels, moved = view(photo(box), SIZE, np.random.default_rng(seed))
        assert pixels.shape == (SIZE, SIZE, 3)
        assert moved is not None
        # a view covers at most 1/0.55**2 of the photo, and 85 % of the box are in it
        assert moved.area >= KEPT * box.area * 0.55**2 * 0.95


def test_some_views_are_blurred_by_a_30th_of_their_side_and_no_more() -> None:
    step = photo(Box(0.0, 0.0, 0.5, 1.0), SIZE, SIZE)  # white on the left, black on the right
    widths = []
    for seed in range(300):
        pixels = _blurred(step.pixels, np.random.default_rng(seed), 1.0)
        mixed = (pixels > 0) & (pixels < 255)
        widths.append(int(mixed[SIZE // 2].any(axis=-1).sum()))
        assert pixels[:, : SIZE // 2 - 2].min() == 255
        assert pixels[:, SIZE // 2 + 2 :].max() == 0
    assert max(widths) == 2  # of 3 pixels, a 30th of 96, the middle one keeps its side
    # three views of ten are blurred, half of them also across
    assert 0.1 < np.mean([width > 0 for width in widths]) < 0.2


def test_the_same_random_numbers_give_the_same_view() -> None:
    first, second = (view(photo(Box(0.2, 0.2, 0.6, 0.6)), SIZE, np.random.default_rng(3))
                     for _ in range(2))  # fmt: skip
    assert np.array_equal(first[0], second[0])
    assert first[1] == second[1]


def test_a_background_shows_next_to_nothing_of_the_object() -> None:
    source = photo(Box(0.4, 0.4, 0.6, 0.6))
    source.pixels[..., 1:] = 0  # red on black: no light or grey margin is as red
    for seed in range(100):
        pixels = background(source, SIZE, np.random.default_rng(seed))
        assert pixels is not None
        red = pixels[..., 0].astype(int) - pixels[..., 2]
        # at most 2 % of the box, in a view of at least 4 % of the photo
        assert (red > 75).mean() < 0.05


def test_an_object_that_fills_the_photo_leaves_no_background() -> None:
    source = photo(Box(0.02, 0.02, 0.98, 0.98))
    assert background(source, SIZE, np.random.default_rng(0)) is None


@pytest.mark.parametrize("shape", [(1, 1), (1, 300), (300, 1), (7, 5)])
def test_the_smallest_photos_still_give_a_view(shape: tuple[int, int]) -> None:
    source = Photo(np.zeros((*shape, 3), np.uint8), Box(0.1, 0.1, 0.9, 0.9), 0)
    for seed in range(20):
        pixels, _ = view(source, SIZE, np.random.default_rng(seed))
        assert pixels.shape == (SIZE, SIZE, 3)


def test_without_mirroring_a_view_without_variety_is_the_photo() -> None:
    source = photo(Box(0.2, 0.2, 0.6, 0.6), 96, 96)
    source.pixels[...] = np.random.default_rng(0).integers(0, 256, source.pixels.shape)
    for seed in range(20):
        rng = np.random.default_rng(seed)
        pixels, box = view(source, SIZE, rng, variety=0.0, mirror=False)
        assert np.array_equal(pixels, source.pixels)
        assert box == source.box


def test_without_variety_a_view_is_the_photo_or_its_mirror_image() -> None:
    source = photo(Box(0.2, 0.2, 0.6, 0.6), 96, 96)
    source.pixels[...] = np.random.default_rng(0).integers(0, 256, source.pixels.shape)
    mirrored = source.pixels[:, ::-1]
    for seed in range(20):
        pixels, _ = view(source, SIZE, np.random.default_rng(seed), variety=0.0)
        assert np.array_equal(pixels, source.pixels) or np.array_equal(pixels, mirrored)
