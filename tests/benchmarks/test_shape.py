"""A camera's part of a picture has its shape, its object and its truth."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.shape import FITS, SHAPES, cut
from edge.box import Box
from edge.card import Card
from edge.localizer import Localizer


def bright(pixels):
    """The outputs of a model that finds the bright rectangle to the pixel."""
    height, width = pixels.shape[:2]
    rows, columns = np.nonzero(pixels[..., 0] > 190)
    edges = (columns.min() / width, rows.min() / height,
             (columns.max() + 1) / width, (rows.max() + 1) / height)  # fmt: skip
    return {"box": np.float32(edges)}


def drawn(width: int, height: int, box: Box):
    picture = np.zeros((height, width, 3), np.uint8)
    left, top, right, bottom = box.in_pixels(width, height)
    picture[top:bottom, left:right] = 255
    return picture


@given(
    left=st.floats(0, 0.8), top=st.floats(0, 0.8),
    width=st.floats(0.1, 0.6), height=st.floats(0.1, 0.6),
    size=st.sampled_from([(400, 300), (300, 400), (500, 500), (1600, 900)]),
    name=st.sampled_from(sorted(SHAPES)),
)  # fmt: skip
def test_the_part_has_the_shape_and_the_whole_box_where_it_can(
    left: float, top: float, width: float, height: float, size: tuple[int, int], name: str
) -> None:
    box = Box.spanned((left, top, left + width, top + height))
    part, truth = cut(np.zeros((size[1], size[0], 3), np.uint8), box, SHAPES[name])
    rows, columns = part.shape[:2]
    shape = SHAPES[name] or size[0] / size[1]
    assert abs(columns - rows * shape) <= 2
    assert columns == size[0] or rows == size[1]  # the largest there is
    # in pixels of the picture: as large as before, or as large as the part
    assert truth.width * columns >= min(box.width * size[0], columns) - 1.5
    assert truth.height * rows >= min(box.height * size[1], rows) - 1.5


@pytest.mark.parametrize("name", sorted(SHAPES))
@pytest.mark.parametrize("fit", sorted(FITS))
@pytest.mark.parametrize("size", [(640, 480), (480, 640)])
def test_both_fits_give_the_box_in_the_part_that_the_camera_sees(name, fit, size) -> None:
    box = Box(0.5, 0.4, 0.8, 0.6)
    part, truth = cut(drawn(*size, box), box, SHAPES[name])
    localizer = Localizer(bright, Card(320, 320, ("thing",), decode="box"))
    found = FITS[fit](localizer, part)
    assert found is not None
    assert found.iou(truth) > 0.95


def test_where_nothing_is_found_there_is_no_box() -> None:
    nothing = {"box": np.float32([np.nan] * 4)}
    localizer = Localizer(lambda pixels: nothing, Card(32, 32, ("thing",), decode="box"))
    picture = np.zeros((30, 40, 3), np.uint8)
    assert [fit(localizer, picture) for fit in FITS.values()] == [None, None]
