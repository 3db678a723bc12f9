"""Few numbers of a picture: the same for the same pixels, others for another preparation."""

from __future__ import annotations

import hashlib

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.golden.fingerprint import CELLS, chart, fingerprint
from edge.image import resized


def test_a_plain_picture_has_its_colour_everywhere_and_no_gradient():
    print_ = fingerprint(np.full((28, 42, 3), (10, 20, 30), np.uint8))
    assert print_.means.shape == (CELLS, CELLS, 3)
    assert (print_.means == (10, 20, 30)).all()
    assert print_.gradient == 0


def test_stripes_have_the_gradient_of_one_of_two_directions():
    stripes = np.zeros((28, 28, 3), np.uint8)
    stripes[:, ::2] = 100
    # 100 from each column to the next, 0 from each row to the next
    assert fingerprint(stripes).gradient == 50


@given(st.integers(1, 60), st.integers(1, 60))
def test_any_size_has_a_fingerprint_of_the_same_shape(height, width):
    pixels = np.random.default_rng(height * 61 + width).integers(0, 256, (height, width, 3))
    print_ = fingerprint(pixels.astype(np.uint8))
    assert print_.means.shape == (CELLS, CELLS, 3)
    assert np.isfinite(print_.means).all() and (print_.means <= 255).all()
    assert print_.matches(print_)


@pytest.mark.parametrize(("step", "alike"), [(0, True), (1, True), (3, False)])
def test_a_level_of_difference_is_a_decoders_and_three_are_not(step, alike):
    pixels = np.random.default_rng(0).integers(0, 200, (56, 56, 3)).astype(np.uint8)
    assert fingerprint(pixels + np.uint8(step)).matches(fingerprint(pixels)) is alike


def test_one_other_block_is_noticed():
    pixels = np.zeros((56, 56, 3), np.uint8)
    other = pixels.copy()
    other[:4, :4] = 50
    assert not fingerprint(other).colours_match(fingerprint(pixels))


@pytest.mark.parametrize("size", [32, 96, 224, 320])
def test_the_chart_tells_every_resize_from_the_devices(size):
    ours = fingerprint(resized(chart(), size, size))
    for how in (cv2.INTER_NEAREST, cv2.INTER_LINEAR, cv2.INTER_CUBIC, cv2.INTER_LANCZOS4):
        other = fingerprint(cv2.resize(chart(), (size, size), interpolation=how))
        assert not other.matches(ours)


def test_the_chart_is_the_same_on_every_machine():
    assert chart().shape == (480, 640, 3)
    assert hashlib.sha256(chart().tobytes()).hexdigest()[:16] == "29c2a22b0252414e"
