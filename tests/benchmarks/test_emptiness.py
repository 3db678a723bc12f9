"""Empty cuts are empty, and the AUROC is the chance that it says to be."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.emptiness import CUTS, auroc, empty_cuts
from edge.box import Box


@given(
    left=st.floats(0, 0.9), top=st.floats(0, 0.9),
    width=st.floats(0.02, 0.5), height=st.floats(0.02, 0.5), seed=st.integers(0, 1000),
)  # fmt: skip
def test_a_cut_shows_nothing_of_the_object(
    left: float, top: float, width: float, height: float, seed: int
) -> None:
    box = Box.spanned((left, top, left + width, top + height))
    picture = np.zeros((90, 120, 3), np.uint8)
    # the pixels that lie wholly within the box; a cut is rounded to whole pixels as well
    x1, y1, x2, y2 = box.in_pixels(120, 90)
    picture[y1 + 1 : max(y2 - 1, 0), x1 + 1 : max(x2 - 1, 0)] = 255
    cuts = list(empty_cuts(picture, box, np.random.default_rng(seed)))
    assert len(cuts) <= CUTS
    assert all(cut.size > 0 and not cut.any() for cut in cuts)


def test_a_small_object_leaves_room_for_every_cut() -> None:
    box = Box(0.4, 0.4, 0.5, 0.5)
    picture = np.zeros((90, 120, 3), np.uint8)
    assert len(list(empty_cuts(picture, box, np.random.default_rng(0)))) == CUTS


def test_an_object_that_fills_the_picture_leaves_none() -> None:
    box = Box(0.05, 0.05, 0.95, 0.95)
    picture = np.zeros((90, 120, 3), np.uint8)
    assert not list(empty_cuts(picture, box, np.random.default_rng(0)))


@pytest.mark.parametrize(
    ("there", "nothing", "share"),
    [
        ([0.8, 0.9], [0.1, 0.2, 0.3], 1.0),
        ([0.1], [0.8, 0.9], 0.0),
        ([0.5], [0.5], 0.5),
        ([0.2, 0.9], [0.1, 0.5], 3 / 4),  # 0.2 beats one of two, 0.9 both
    ],
)
def test_the_auroc_counts_pairs(there, nothing, share) -> None:
    assert auroc(there, nothing) == share
