"""Each backbone is tapped at the same two scales, takes Keras' own files, and becomes int8."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("tensorflow", reason="TensorFlow is not installed")

import keras

from edge.errors import LocalizerError
from train.backbones import BACKBONES, tapped
from train.network import build

PREPARED = {
    "mobilenet_v2": keras.applications.mobilenet_v2.preprocess_input,
    "mobilenet": keras.applications.mobilenet.preprocess_input,
}


@pytest.mark.parametrize("backbone", BACKBONES)
@pytest.mark.parametrize("size", [32, 96, 160])
def test_the_taps_are_at_a_sixteenth_and_a_thirty_second(backbone: str, size: int) -> None:
    fine, coarse = (tap.shape[1:3] for tap in tapped(backbone, size, 0.25, "none").outputs)
    assert fine == (size // 16, size // 16)
    assert coarse == (size // 32, size // 32)


@pytest.mark.parametrize("backbone", BACKBONES)
def test_pixels_are_scaled_as_the_pretrained_weights_want_them(backbone: str) -> None:
    scale = build(32, 0.25, 2, "none", backbone).get_layer("scale")
    pixels = np.arange(256, dtype=np.float32).reshape(1, 16, 16, 1)
    wanted = PREPARED[backbone](pixels.copy())
    assert np.allclose(np.asarray(scale(pixels)), wanted, atol=1e-6)


@pytest.fixture(scope="module")
def saved(tmp_path_factory) -> dict[str, tuple[keras.Model, Path]]:
    """A network of each kind as Keras makes it, and the file that Keras wrote of its weights."""
    made = {}
    for name, kind in BACKBONES.items():
        path = tmp_path_factory.mktemp("weights") / f"{name}.weights.h5"
        whole = getattr(keras.applications, kind.title)(
            input_shape=(64, 64, 3), alpha=0.25, include_top=False, weights=None
        )
        whole.save_weights(path)
        made[name] = whole, path
    return made


@pytest.mark.parametrize("backbone", BACKBONES)
def test_weights_that_keras_saved_are_loaded_into_every_layer(backbone: str, saved) -> None:
    whole, path = saved[backbone]
    features = build(96, 0.25, 3, str(path), backbone).get_layer("features")
    theirs = keras.Model(whole.input, [whole.get_layer(tap.name).output for tap in _taps(features)])
    picture = np.random.default_rng(0).uniform(-1, 1, (1, 64, 64, 3)).astype(np.float32)
    ours = tapped(backbone, 64, 0.25, str(path))
    for one, other in zip(ours(picture), theirs(picture, training=False), strict=True):
        assert np.allclose(one, other, atol=1e-4)
    # every kernel, the finer size's too, is theirs times the scale of its normalization
    kernels = [layer for layer in features.layers if layer.weights]
    assert len(kernels) > 25
    for layer in kernels:
        given = whole.get_layer(layer.name).get_weights()[0]
        assert np.allclose(layer.get_weights()[0], given / np.sqrt(1 + 1e-3), atol=1e-6)


def _taps(features: keras.Model) -> list[keras.layers.Layer]:
    return [output._keras_history.operation for output in features.outputs]


@pytest.mark.parametrize(("backbone", "other"), [tuple(BACKBONES), tuple(BACKBONES)[::-1]])
def test_weights_of_the_other_backbone_are_refused(backbone: str, other: str, saved) -> None:
    with pytest.raises(LocalizerError, match=r"holds no weights for Mobile.* the --backbone and"):
        tapped(backbone, 64, 0.25, str(saved[other][1]))


def test_a_file_of_weights_that_is_not_there_is_told_as_such() -> None:
    with pytest.raises(LocalizerError) as caught:
        tapped("mobilenet", 64, 0.25, "gone.h5")
    assert str(caught.value) == (
        "weights are imagenet, none or a file that exists. Received: --weights gone.h5"
    )


def test_weights_of_another_width_are_refused(saved) -> None:
    with pytest.raises(LocalizerError, match=r"holds no weights for MobileNet 0\.5 without"):
        tapped("mobilenet", 64, 0.5, str(saved["mobilenet"][1]))


def test_a_width_that_was_never_pretrained_names_those_that_were() -> None:
    with pytest.raises(LocalizerError) as caught:
        tapped("mobilenet", 96, 0.35, "imagenet")
    assert str(caught.value) == (
        "Keras has ImageNet weights of MobileNet for --alpha 0.25, 0.5, 0.75, 1 only; take one of "
        "these, give --weights FILE, or train from scratch with --weights none. Received: 0.35"
    )
