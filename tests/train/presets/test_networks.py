"""The networks are the published ones, layer by layer where it matters."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
import pytest

pytest.importorskip("tensorflow", reason="TensorFlow is not installed")

import keras

from train.presets.conv5 import CONV5
from train.presets.mnist import MNIST
from train.presets.preset import Preset, cross_entropy, mean_squares, smooth_l1
from train.presets.selfie import SELFIE
from train.presets.snacks import CLASSIFIER, SNACKS
from train.settings import Settings

PUBLISHED = (MNIST, CONV5, SNACKS, SELFIE)


def settings(preset: Preset, **changes: Any) -> Settings:
    return Settings(
        weights="none",
        size=changes.pop("size", preset.size),
        alpha=0.25,
        preset=preset.name,
        **changes,
    )


@functools.cache  # some take seconds
def built(preset: Preset, labels: tuple[str, ...] = ("a", "b", "c"), **changes: Any) -> Any:
    return preset.network(settings(preset, **changes), labels)


def small(preset: Preset) -> Any:
    more = {"vectorizer": None} if preset is SELFIE else {}
    return built(preset, size=preset.smallest, **more)


def test_mnist_has_three_convolutions_of_one_channel_and_an_average() -> None:
    model = built(MNIST, tuple("0123456789"))
    convolutions = [layer for layer in model.layers if isinstance(layer, keras.layers.Conv2D)]
    kernels = [layer.kernel.shape for layer in convolutions]
    assert kernels == [(1, 1, 3, 1), (3, 3, 1, 32), (3, 3, 32, 32), (3, 3, 32, 64)]
    weights = sum(int(np.prod(v.shape)) for v in model.trainable_variables)
    seeing = 320 + 9248 + 18496
    assert weights == seeing + 650 + (64 * 64 + 64) + (64 * 32 + 32) + (32 * 4 + 4)


def test_mnist_sees_the_brightness_of_rgb_as_it_is() -> None:
    model = built(MNIST)
    grey = keras.Model(model.input, model.get_layer("grey").output)
    pixels = np.zeros((1, 100, 100, 3), np.uint8)
    pixels[0, 0, 0] = 200, 100, 50
    pixels[0, 0, 1] = 255, 255, 255
    seen = np.asarray(grey(pixels))[0, 0, :2, 0]
    assert np.allclose(seen, [0.299 * 200 + 0.587 * 100 + 0.114 * 50, 255.0], atol=1e-3)


def test_conv5_flattens_to_1728_features() -> None:
    model = built(CONV5, ("cucumber", "mushroom"))
    assert model.get_layer("label_1").kernel.shape == model.get_layer("bbox_1").kernel.shape
    assert model.get_layer("label_1").kernel.shape == (1728, 240)
    sizes = [layer.kernel_size for layer in model.layers if isinstance(layer, keras.layers.Conv2D)]
    assert sizes == [(5, 5)] * 5


@pytest.mark.parametrize(
    ("size", "vectorizer", "features"), [(160, "flatten", 2 * 2 * 1024), (65, None, 1024)]
)
def test_selfie_becomes_a_vector_as_asked(size: int, vectorizer: str | None, features: int) -> None:
    model = built(SELFIE, size=size, vectorizer=vectorizer)
    dense = [layer for layer in model.layers if isinstance(layer, keras.layers.Dense)]
    assert [layer.kernel.shape for layer in dense] == [(features, 512), (512, 4)]


def test_snacks_has_two_branches_over_one_mobilenet() -> None:
    model = small(SNACKS)
    assert model.get_layer("label").kernel_regularizer.l2 == pytest.approx(0.01)
    dropout = next(layer for layer in model.layers if isinstance(layer, keras.layers.Dropout))
    assert dropout.rate == 0.7
    wide = next(layer for layer in model.layers if isinstance(layer, keras.layers.Conv2D))
    assert (wide.filters, wide.kernel_size, wide.padding) == (512, (3, 3), "same")
    assert set(small(CLASSIFIER).output) == {"label"}


@pytest.mark.parametrize("preset", PUBLISHED)
def test_every_network_takes_the_least_size_that_it_names(preset: Preset) -> None:
    model = small(preset)
    assert set(model.output) == set(preset.heads)
    assert all(0 not in output.shape[1:] for output in model.outputs)


@pytest.mark.parametrize("preset", [MNIST, CONV5])
def test_no_network_takes_less(preset: Preset) -> None:
    with pytest.raises(ValueError):
        built(preset, size=preset.smallest - 1)


@pytest.mark.parametrize(
    ("preset", "first", "last"),
    [(MNIST, 0.0, 255.0), (CONV5, 0.0, 1.0), (SNACKS, -1.0, 1.0), (SELFIE, -1.0, 255 / 127 - 1)],
)
def test_every_network_scales_its_own_pixels(preset: Preset, first: float, last: float) -> None:
    scale = small(preset).get_layer("scale")
    assert np.allclose(scale(np.array([[0.0, 255.0]])), [[first, last]], atol=1e-6)


@pytest.mark.parametrize("preset", PUBLISHED)
def test_the_losses_are_weighed_as_published(preset: Preset) -> None:
    weights = {name: weight for name, (_, weight) in preset.losses(settings(preset)).items()}
    tenfold = {"bbox": 10.0} if preset is SNACKS else {}
    assert weights == dict.fromkeys(preset.heads, 1.0) | tenfold


def test_smooth_l1_is_a_square_near_the_truth_and_a_line_far_away() -> None:
    told = np.array([[0.5, 3.0, 0.0, 0.0]], np.float32)
    (loss,) = np.asarray(smooth_l1(np.zeros((1, 4), np.float32), told))
    assert loss == pytest.approx((0.5 * 0.5**2 + (3.0 - 0.5)) / 4)
    assert SELFIE.losses(settings(SELFIE, box_loss="smooth-l1"))["bbox"][0] is smooth_l1
    assert SELFIE.losses(settings(SELFIE))["bbox"][0] is mean_squares


def test_conv5_takes_its_softmax_for_logits_as_the_article_does() -> None:
    truth, shares = np.array([[0]]), np.array([[0.8, 0.2]], np.float32)
    loss = CONV5.losses(settings(CONV5))["label"][0]
    assert np.asarray(loss(truth, shares))[0] == pytest.approx(np.log(1 + np.exp(0.2 - 0.8)))
    assert np.asarray(cross_entropy(truth, shares))[0] == pytest.approx(-np.log(0.8))


def test_schedules_are_the_published_ones() -> None:
    def rate(preset: Preset, step: int) -> float:
        (stage,) = preset.stages(settings(preset))
        optimizer = stage.optimizer()
        optimizer.iterations.assign(step)
        return float(optimizer.learning_rate)

    assert rate(CONV5, 0) == pytest.approx(0.1)
    assert rate(SELFIE, 0) == pytest.approx(3e-4)
    assert rate(SELFIE, 3600) == pytest.approx(0.8 * 3e-4)
    assert rate(SNACKS, 0) == pytest.approx(1e-3)
    first, second = MNIST.stages(settings(MNIST))
    assert first.patience == second.patience == 10
