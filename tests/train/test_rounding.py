"""Rounded kernels are what int8 can hold, and training goes on through them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from train.rounding import epochs_for, fine_tune, rounded


@given(seed=st.integers(0, 1000), channel=st.integers(0, 3), scale=st.floats(1e-6, 1e3))
def test_each_channel_has_a_step_of_its_own_and_nothing_moves_by_more_than_half(
    seed: int, channel: int, scale: float
) -> None:
    kernel = np.random.default_rng(seed).normal(0, scale, (3, 3, 4, 5)).astype(np.float32)
    by_channel = np.moveaxis(kernel, channel, 0).reshape(kernel.shape[channel], -1)
    moved = np.moveaxis(rounded(kernel, channel), channel, 0).reshape(by_channel.shape)
    step = np.abs(by_channel).max(axis=1, keepdims=True) / 127
    assert (np.abs(moved - by_channel) <= 0.501 * step).all()
    assert all(len(np.unique(np.round(one / s))) <= 255 for one, s in zip(moved, step, strict=True))


def test_a_channel_of_zeros_stays_zero() -> None:
    assert not rounded(np.zeros((1, 1, 2, 3), np.float32), 3).any()


@pytest.mark.parametrize(
    ("batches", "epochs"), [(1, 6), (13, 6), (100, 6), (101, 5), (475, 1), (9999, 1)]
)
def test_a_few_hundred_pictures_are_seen_six_times_and_thousands_once(
    batches: int, epochs: int
) -> None:
    assert epochs_for(batches) == epochs


def test_fine_tuning_moves_the_exact_kernels_and_leaves_them_in_the_model() -> None:
    pytest.importorskip("tensorflow", reason="TensorFlow is not installed")
    import keras

    from edge.box import Box
    from train.batches import Batches
    from train.network import build
    from train.photos import Photo
    from train.recipe import Recipe

    keras.utils.set_random_seed(0)
    model = build(64, 0.35, 2, "none")
    pixels = np.zeros((64, 64, 3), np.uint8)
    pixels[16:48, 16:48] = 255
    photos = [Photo(pixels, Box(0.25, 0.25, 0.75, 0.75), n % 2) for n in range(8)]
    batches = Batches(photos, 2, 64, 8, seed=0, variety=0.0)
    recipe = Recipe(1, 8, 3e-2, 1.0, 0, 0.0, 1)
    stages: list[str] = []
    before = model.get_layer("head").get_layer("fine").kernel.numpy()
    fine_tune(model, batches, recipe, epochs=3, step=stages.append)
    after = model.get_layer("head").get_layer("fine").kernel.numpy()
    assert stages == ["rounding"] * 3
    assert not np.array_equal(before, after)
    # the exact kernels are left, not the rounded ones
    assert not np.array_equal(after, rounded(after, 3))
