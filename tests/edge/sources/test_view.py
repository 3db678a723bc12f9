import numpy as np
import pytest

from edge.box import Box
from edge.observation import Frame
from edge.source_options import SourceOptions
from edge.sources.view import View, viewed


def pixels(*rows):
    """A picture whose red says which pixel it is."""
    return np.stack([np.array(rows, np.uint8)] * 3, axis=-1)


def seen(view):
    return view(pixels([1, 2, 3], [4, 5, 6]))[..., 0].tolist()


@pytest.mark.parametrize(
    ("view", "rows"),
    [
        (View(), [[1, 2, 3], [4, 5, 6]]),
        (View(rotate=90), [[4, 1], [5, 2], [6, 3]]),
        (View(rotate=180), [[6, 5, 4], [3, 2, 1]]),
        (View(rotate=270), [[3, 6], [2, 5], [1, 4]]),
        (View(flip=True), [[3, 2, 1], [6, 5, 4]]),
        (View(rotate=90, flip=True), [[1, 4], [2, 5], [3, 6]]),
        (View(crop=Box(1 / 3, 0.5, 1, 1)), [[5, 6]]),
        (View(rotate=90, flip=True, crop=Box(0, 0, 0.5, 2 / 3)), [[1], [2]]),
    ],
)
def test_a_picture_is_turned_then_flipped_then_cropped(view, rows):
    assert seen(view) == rows


def test_a_tiny_crop_leaves_a_pixel():
    assert seen(View(crop=Box(0.4, 0.1, 0.401, 0.101))) == [[2]]


def test_a_view_is_contiguous_and_no_view_is_no_copy():
    picture = pixels([1, 2, 3], [4, 5, 6])
    assert View()(picture) is picture
    assert View(crop=Box(0, 0, 0.5, 1))(picture).flags.c_contiguous


@pytest.mark.parametrize(
    ("view", "size"),
    [
        (View(), (224, 200)),
        (View(rotate=90), (200, 224)),
        (View(crop=Box(0.25, 0, 0.75, 1)), (448, 200)),
        (View(rotate=270, crop=Box(0.25, 0, 0.75, 1)), (200, 448)),
    ],
)
def test_a_camera_must_give_what_the_view_takes_away(view, size):
    assert view.source_size(224, 200) == size


def test_the_models_picture_is_turned_and_cropped_with_the_other():
    large, small = np.zeros((40, 80, 3), np.uint8), np.zeros((20, 40, 3), np.uint8)
    options = SourceOptions(rotate=90, crop=(0, 0, 0.5, 1))
    (frame,) = viewed((Frame(large, 0, 0.0, small=small) for _ in range(1)), View.of(options))
    assert frame.pixels.shape == (80, 20, 3)
    assert frame.small.shape == (40, 10, 3)
    assert frame.for_model is frame.small


def test_closing_the_view_closes_the_source():
    closed = []

    def source():
        try:
            yield Frame(pixels([1]), 0, 0.0)
        finally:
            closed.append(True)

    frames = viewed(source(), View())
    next(frames)
    frames.close()
    assert closed == [True]
