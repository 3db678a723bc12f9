"""The network has the outputs that the device decodes, and refuses weights in one sentence."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("tensorflow", reason="TensorFlow is not installed")

import keras

from edge.errors import LocalizerError
from edge.tensors import OUTPUTS
from train.network import build, head_width, mixed_precision


@pytest.fixture(scope="module")
def model() -> keras.Model:
    return build(size=64, alpha=0.35, classes=3, weights="none")


def test_the_outputs_are_maps_at_a_sixteenth_a_class_and_a_presence(model: keras.Model) -> None:
    outputs = model.predict_on_batch(np.zeros((2, 64, 64, 3), np.uint8))
    assert set(outputs) == {*OUTPUTS, "cells"}
    shapes = {name: outputs[name].shape for name in OUTPUTS}
    assert shapes == {
        "attention": (2, 4, 4, 4),
        "offsets": (2, 4, 4, 4),
        "label": (2, 3),
        "presence": (2, 1),
    }


def test_the_scaling_is_inside_the_model(model: keras.Model) -> None:
    scale = model.get_layer("scale")
    assert np.asarray(scale(np.array([[0.0, 127.5, 255.0]]))).tolist() == [[-1.0, 0.0, 1.0]]


def test_a_refused_download_names_the_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(**_: object) -> None:
        raise OSError("URL fetch failure: no route to host")

    monkeypatch.setattr(keras.applications, "MobileNetV2", refuse)
    with pytest.raises(LocalizerError) as caught:
        build(64, 1.0, 2, "imagenet")
    assert str(caught.value) == (
        "the ImageNet weights of MobileNetV2 1 could not be downloaded (URL fetch failure: no "
        "route to host); fetch them elsewhere and give --weights FILE, or train from scratch with "
        "--weights none"
    )


@pytest.mark.parametrize(("alpha", "width"), [(0.35, 64), (0.5, 64), (0.75, 96), (1.0, 128)])
def test_the_maps_are_as_wide_as_the_backbone_allows(alpha: float, width: int) -> None:
    assert head_width(alpha) == width


def test_mixed_precision_computes_in_float16_and_answers_in_float32() -> None:
    with mixed_precision(True):
        mixed = build(size=32, alpha=0.25, classes=2, weights="none", backbone="mobilenet")
    assert {variable.dtype for variable in mixed.trainable_variables} == {"float32"}
    assert {output.dtype for output in mixed.get_layer("features").outputs} == {"float16"}
    assert {output.dtype for output in mixed.output.values()} == {"float32"}
    # what is built afterwards is as exact as before
    assert keras.config.dtype_policy().name == "float32"
