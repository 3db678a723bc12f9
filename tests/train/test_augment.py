"""What is drawn for a view keeps its promises, whatever the photo."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from edge.box import Box
from train.augment import KEPT, background_of, view_of
from train.photos import Photo

SIZE = 96
WIDTH, HEIGHT = 200, 150


def photo(box: Box | None) -> Photo:
    return Photo(np.zeros((HEIGHT, WIDTH, 3), np.uint8), box, None if box is None else 0)


def window(view_window: tuple[int, int, int, int]) -> Box:
    left, top, right, bottom = view_window
    return Box(left / WIDTH, top / HEIGHT, right / WIDTH, bottom / HEIGHT)


@given(
    seed=st.integers(0, 10**6),
    corner=st.tuples(st.integers(0, 160), st.integers(0, 110)),
    sides=st.tuples(st.integers(8, 200), st.integers(8, 150)),
)
def test_at_least_85_percent_of_the_box_stay_in_the_view(
    seed: int, corner: tuple[int, int], sides: tuple[int, int]
) -> None:
    right, bottom = min(corner[0] + sides[0], WIDTH), min(corner[1] + sides[1], HEIGHT)
    box = Box(corner[0] / WIDTH, corner[1] / HEIGHT, right / WIDTH, bottom / HEIGHT)
    seen = window(view_of(photo(box), SIZE, np.random.default_rng(seed)).window)
    # a window is cut at whole pixels, so half of one may be lost at each side
    rounding = 1 / (right - corner[0]) + 1 / (bottom - corner[1])
    assert box.intersection(seen) / box.area >= 0.85 - rounding


def test_a_views_box_is_as_large_as_its_window_makes_it() -> None:
    for seed in range(100):
        view = view_of(photo(Box(0.3, 0.3, 0.7, 0.6)), SIZE, np.random.default_rng(seed))
        assert view.box is not None
        # a view covers at most 1/0.55**2 of the photo, and 85 % of the box are in it
        assert view.box.area >= KEPT * 0.4 * 0.3 * 0.55**2 * 0.95


def test_a_mirrored_views_box_is_mirrored() -> None:
    box, mirrored = Box(0.1, 0.2, 0.4, 0.6), 0
    for seed in range(100):
        view = view_of(photo(box), SIZE, np.random.default_rng(seed), variety=0.0)
        assert view.box is not None
        assert np.allclose(view.box.edges, (box.mirrored() if view.mirrored else box).edges)
        mirrored += view.mirrored
    assert 30 < mirrored < 70


def test_what_is_another_thing_in_a_mirror_is_not_mirrored() -> None:
    views = [
        view_of(photo(Box(0.1, 0.2, 0.4, 0.6)), SIZE, np.random.default_rng(seed), mirror=False)
        for seed in range(40)
    ]
    assert not any(view.mirrored for view in views)


def test_three_views_of_ten_are_blurred_by_a_30th_of_their_side_and_no_more() -> None:
    drawn = [view_of(photo(None), SIZE, np.random.default_rng(seed)).blur for seed in range(400)]
    assert set(drawn) == {(1, 1), (1, 3), (3, 1), (3, 3)}  # a 30th of 96 pixels is 3
    # a quarter of the blurs reach over a single pixel both ways, which is none
    assert 0.15 < np.mean([blur != (1, 1) for blur in drawn]) < 0.3


def test_nothing_is_pasted_over_the_object() -> None:
    box = Box(0.4, 0.4, 0.6, 0.6)
    pastes = []
    for seed in range(300):
        pastes += view_of(photo(box), SIZE, np.random.default_rng(seed)).pastes
    assert pastes
    for paste in pastes:
        left, top, right, bottom = paste.over
        # half a pixel is rounded at each side
        assert right <= 81 or left >= 119 or bottom <= 61 or top >= 89


def test_a_background_is_cut_beside_the_object_or_covers_it() -> None:
    box = Box(0.4, 0.4, 0.6, 0.6)
    beside = covered = mirrored = 0
    for seed in range(200):
        view = background_of(photo(box), SIZE, np.random.default_rng(seed))
        assert view is not None
        assert view.box is None
        mirrored += view.mirrored
        if box.intersection(window(view.window)) <= 0.03 * box.area:
            beside += 1
        else:
            over = window(view.pastes[0].over)
            assert box.intersection(over) >= 0.95 * box.area
            covered += 1
    assert min(beside, covered) > 60
    assert 60 < mirrored < 140


def test_an_object_that_fills_the_photo_leaves_no_background() -> None:
    source = photo(Box(0.02, 0.02, 0.98, 0.98))
    assert background_of(source, SIZE, np.random.default_rng(0)) is None
