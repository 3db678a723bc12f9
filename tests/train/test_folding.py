"""A folded network answers as the one with normalizations did, and has no statistics to lose."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("tensorflow", reason="TensorFlow is not installed")

import keras

from train.backbones import BACKBONES
from train.folding import folded


@pytest.fixture(scope="module", params=BACKBONES)
def lived_in(request) -> keras.Model:
    """A network whose normalizations all differ from doing nothing, as after a training."""
    rng = np.random.default_rng(3)
    network = getattr(keras.applications, BACKBONES[request.param].title)(
        input_shape=(64, 64, 3), alpha=0.25, include_top=False, weights=None
    )
    for layer in network.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            size = layer.gamma.shape
            signs = rng.choice([-1.0, 1.0], size, p=[0.1, 0.9])
            gamma, variance = (rng.uniform(0.5, 2.0, size) for _ in range(2))
            layer.set_weights([gamma * signs, *rng.normal(0, 0.3, (2, *size)), variance])
    return network


def test_the_answers_stay_the_same(lived_in: keras.Model) -> None:
    pictures = np.random.default_rng(0).uniform(-1, 1, (3, 64, 64, 3)).astype(np.float32)
    before, after = (np.asarray(m(pictures, training=False)) for m in (lived_in, folded(lived_in)))
    assert np.ptp(before) > 0.1
    assert np.allclose(before, after, atol=1e-3)


def test_training_mode_changes_neither_answers_nor_statistics(lived_in: keras.Model) -> None:
    network = folded(lived_in)
    pictures = np.random.default_rng(1).uniform(-1, 1, (2, 64, 64, 3)).astype(np.float32)
    inference, training = (np.asarray(network(pictures, training=t)) for t in (False, True))
    assert np.array_equal(inference, training)
    assert not network.non_trainable_variables


def test_the_layers_that_are_left_keep_their_names(lived_in: keras.Model) -> None:
    left = [
        layer.name for layer in lived_in.layers[1:]
        if not isinstance(layer, keras.layers.BatchNormalization)
    ]  # fmt: skip
    assert [layer.name for layer in folded(lived_in).layers[1:]] == left
