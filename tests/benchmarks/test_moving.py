"""The moving picture's truth is where its pixels are."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.moving import HEIGHT, WIDTH, moving, window
from edge.box import Box

WHOLE = Box(0.0, 0.0, 1.0, 1.0)


@given(
    left=st.floats(0, 0.9), top=st.floats(0, 0.9),
    width=st.floats(0.02, 0.4), height=st.floats(0.02, 0.4),
    shape=st.sampled_from([(300, 400), (400, 300), (500, 500), (200, 600)]),
    seed=st.integers(0, 1000),
)  # fmt: skip
def test_a_window_lies_in_the_picture_and_has_its_shape(
    left: float, top: float, width: float, height: float, shape: tuple[int, int], seed: int
) -> None:
    box = Box.spanned((left, top, left + width, top + height))
    seen = window(shape, box, np.random.default_rng(seed))
    assert seen.intersection(WHOLE) == seen.area
    pixels = seen.width * shape[1], seen.height * shape[0]
    assert abs(pixels[0] / pixels[1] - WIDTH / HEIGHT) < 0.01
    needed = max(box.width * shape[1], box.height * shape[0] * WIDTH / HEIGHT)
    if needed <= min(shape[1], shape[0] * WIDTH / HEIGHT):
        assert box.intersection(seen) >= box.area - 1e-9


def test_each_frame_shows_its_object_where_the_truth_says() -> None:
    picture = np.zeros((300, 400, 3), np.uint8)
    picture[90:180, 120:240] = 255
    truth = Box(120 / 400, 90 / 300, 240 / 400, 180 / 300)
    frames = list(moving(picture, truth, np.random.default_rng(0)))
    assert len(frames) == 40
    for frame, box in frames:
        rows, columns = np.nonzero(frame[..., 0] > 127)
        seen = Box(columns.min() / WIDTH, rows.min() / HEIGHT,
                   (columns.max() + 1) / WIDTH, (rows.max() + 1) / HEIGHT)  # fmt: skip
        assert seen.iou(box) > 0.98
