"""A batch that Keras renders has the pixels that OpenCV gives view by view, but for rounding."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from types import SimpleNamespace

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from edge.box import Box
from edge.image import Resampling, resampling
from train.augment import Light, View, background_of, view_of
from train.batches import Batches, OnProcessor
from train.photos import Photo
from train.render import rendered
from train.render_batch import OnAccelerator, renderer_for

SIZE = 32
PLAIN = Light(np.eye(3), 0.0)
PHOTO = np.random.default_rng(1).integers(0, 256, (120, 90, 3), np.uint8)
CORNER = np.random.default_rng(2).integers(0, 256, (30, 110, 3), np.uint8)
"""Fills little of a batch's shape, so that much of it is beside the photo."""
BOX = Box(0.3, 0.3, 0.6, 0.7)
PHOTOS = [Photo(PHOTO, BOX, 0), Photo(CORNER, BOX, 1)]


@cache
def accelerator() -> OnAccelerator:
    return OnAccelerator(PHOTOS, SIZE)


def array(tensor: object) -> npt.NDArray[np.int64]:
    from keras import ops

    return np.asarray(ops.convert_to_numpy(tensor)).astype(np.int64)


def apart(views: tuple[View, View]) -> npt.NDArray[np.int64]:
    """How far both ways are apart, of 255, in the views of the two photos."""
    seen = [(photo.pixels, view) for photo, view in zip(PHOTOS, views, strict=True)]
    batch = array(accelerator()(seen))
    return np.abs(batch - np.stack([rendered(*one, SIZE) for one in seen]))


def plain(window: tuple[int, int, int, int]) -> View:
    return View((), window, 128, (1, 1), PLAIN, mirrored=False, box=None)


spans = st.tuples(st.integers(-60, 60), st.integers(1, 130)).map(lambda s: (s[0], s[0] + s[1]))
windows = st.tuples(spans, spans).map(lambda s: (s[0][0], s[1][0], s[0][1], s[1][1]))


@settings(max_examples=60, deadline=None)
@given(first=windows, second=windows)
@example(first=(0, 0, 32, 32), second=(10, 0, 42, 30))  # as large as the view
@example(first=(0, 0, 64, 64), second=(0, 0, 70, 90))  # halved
@example(first=(5, 5, 6, 6), second=(0, 0, 110, 30))  # a single pixel; the whole photo
def test_every_window_is_resized_as_the_device_does_it(
    first: tuple[int, int, int, int], second: tuple[int, int, int, int]
) -> None:
    for photo, (left, top, right, bottom) in zip(PHOTOS, (first, second), strict=True):
        height, width = photo.pixels.shape[:2]
        # every view shows some of its photo
        assume(left < width and top < height and right > 0 and bottom > 0)
    assert apart((plain(first), plain(second))).max() <= 1


@pytest.mark.parametrize("way", list(Resampling))
def test_the_windows_of_one_batch_may_be_resized_in_different_ways(way: Resampling) -> None:
    side = {Resampling.LINEAR: 20, Resampling.AREA: 50, Resampling.HALVED: 80}[way]
    assert resampling(side / SIZE, side / SIZE) is way
    assert apart((plain((3, 7, 3 + side, 7 + side)), plain((0, 0, 40, 20)))).max() <= 1


@pytest.mark.parametrize("blur", [(1, 3), (3, 1), (7, 5)])
def test_a_blur_reaches_over_the_borders_as_opencvs_does(blur: tuple[int, int]) -> None:
    view = replace(plain((0, 0, 40, 40)), blur=blur)
    assert apart((view, view)).max() <= 1


def test_a_mirrored_view_is_mirrored() -> None:
    view = replace(plain((-5, 0, 60, 33)), mirrored=True)
    assert apart((view, plain((-5, 0, 60, 33)))).max() <= 1


def test_the_light_is_the_same() -> None:
    matrix = np.array([[1.3, -0.2, 0.1], [0.0, 0.7, 0.2], [0.4, 0.1, 0.9]])
    # as large as the view, so that nothing is rounded before the light
    view = replace(plain((20, 40, 52, 72)), light=Light(matrix, -17.5))
    other = replace(plain((20, -10, 52, 22)), light=Light(1.5 * np.eye(3), 20.0))
    assert apart((view, other)).max() <= 1


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10**6))
@example(seed=27)  # leaves no background
@example(seed=1979)  # a light that makes much of little
def test_random_views_are_the_same_but_for_rounding(seed: int) -> None:
    rng = np.random.default_rng(seed)
    empty = background_of(PHOTOS[1], SIZE, rng)
    assume(empty is not None)
    assert empty is not None
    difference = apart((view_of(PHOTOS[0], SIZE, rng), empty))
    # a light may make three of one
    assert difference.max() <= 4
    assert difference.mean() < 0.5


def test_batches_differ_in_nothing_but_where_their_pixels_are_made() -> None:
    three = [*PHOTOS, PHOTOS[0]]
    here, there = (
        list(Batches(three, 2, SIZE, 2, seed=4, renderer=by).epoch(1))
        for by in (OnProcessor(SIZE), accelerator())
    )
    assert [len(batch.pixels) for batch in there] == [2, 1]
    for one, other in zip(here, there, strict=True):
        assert np.abs(array(other.pixels) - one.pixels).max() <= 4
        for ours, theirs in ((one.targets, other.targets), (one.weights, other.weights)):
            assert ours.keys() == theirs.keys()
            assert all(np.array_equal(ours[name], theirs[name]) for name in ours)


@pytest.mark.parametrize(
    ("device", "kind"),
    [
        ("/job:localhost/replica:0/task:0/device:GPU:0", OnAccelerator),
        ("cuda:0", OnAccelerator),
        ("mps:0", OnAccelerator),
        ("/job:localhost/replica:0/task:0/device:CPU:0", OnProcessor),
        ("TFRT_CPU_0", OnProcessor),
        ("cpu", OnProcessor),
    ],
)
def test_the_accelerator_renders_where_keras_computes_on_one(
    monkeypatch: pytest.MonkeyPatch, device: str, kind: type
) -> None:
    monkeypatch.setattr("keras.ops.zeros", lambda _: SimpleNamespace(device=device))
    assert type(renderer_for(PHOTOS, SIZE)) is kind


def test_where_a_tensor_lies_can_be_asked() -> None:
    import keras

    assert any(word in str(keras.ops.zeros(1).device).lower() for word in ("cpu", "gpu", "cuda"))
