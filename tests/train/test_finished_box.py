"""Any order, unit or softmax of a network is put right inside it."""

from __future__ import annotations

import numpy as np
import pytest

keras = pytest.importorskip("keras", reason="Keras is not installed")

from edge.errors import LocalizerError  # noqa: E402
from train.finished_box import finished  # noqa: E402

PIXELS = np.random.default_rng(0).integers(0, 256, (3, 8, 8, 3)).astype(np.uint8)


def network(activation="softmax"):
    """A network of random weights with the outputs ``bbox`` and ``classes``."""
    picture = keras.Input((8, 8, 3), dtype="uint8")
    flat = keras.layers.Flatten()(keras.layers.Rescaling(1 / 255, name="scale")(picture))
    bbox = keras.layers.Dense(4, "sigmoid", name="bbox")(flat)
    return keras.Model(picture, [bbox, keras.layers.Dense(3, activation, name="classes")(flat)])


def answered(model):
    return {name: np.array(values) for name, values in model(PIXELS).items()}


def softmax(logits):
    shares = np.exp(logits)
    return shares / shares.sum(axis=1, keepdims=True)


def test_numbers_in_order_are_left_alone() -> None:
    model = network()
    box, _ = model(PIXELS)
    assert np.array_equal(answered(finished(model, "bbox"))["box"], np.array(box))


@pytest.mark.parametrize(
    ("numbers", "edges"),
    [
        (("left", "right", "top", "bottom"), lambda a, b, c, d: (a, c, b, d)),
        (("bottom", "right", "top", "left"), lambda a, b, c, d: (d, c, b, a)),
        (("left", "top", "width", "height"), lambda a, b, c, d: (a, b, a + c, b + d)),
        (("width", "left", "top", "bottom"), lambda a, b, c, d: (b, c, a + b, d)),
    ],
)
def test_numbers_in_another_order_become_edges(numbers, edges) -> None:
    model = network()
    a, b, c, d = np.array(model(PIXELS)[0]).T
    told = answered(finished(model, "bbox", numbers=numbers))["box"]
    assert told == pytest.approx(np.stack(edges(a, b, c, d), axis=1), abs=1e-6)


def test_pixels_become_fractions() -> None:
    model = network()
    told = answered(finished(model, "bbox", unit=1 / 96))["box"]
    assert told == pytest.approx(np.array(model(PIXELS)[0]) / 96)


@pytest.mark.parametrize(
    "numbers",
    [
        ("left", "top", "right"),
        ("left", "top", "right", "right"),
        ("left", "right", "width", "bottom"),
        ("left", "top", "right", "depth"),
    ],
)
def test_numbers_that_are_no_box_are_refused(numbers) -> None:
    with pytest.raises(LocalizerError, match=r"width and height in place of right .* Received: l"):
        finished(network(), "bbox", numbers=numbers)


def test_a_softmax_is_left_out_and_the_shares_stay() -> None:
    model = network()
    told = answered(finished(model, "bbox", "classes"))["label"]
    assert not np.allclose(told.sum(axis=1), 1.0)
    assert softmax(told) == pytest.approx(np.array(model(PIXELS)[1]), abs=1e-5)


def test_a_softmax_layer_of_its_own_is_left_out_too() -> None:
    plain = network("linear")
    for layer in (keras.layers.Softmax(name="shares"),
                  keras.layers.Activation("softmax", name="shares")):  # fmt: skip
        model = keras.Model(plain.input, [plain.outputs[0], layer(plain.outputs[1])])
        told = answered(finished(model, "bbox", "shares"))["label"]
        assert told == pytest.approx(np.array(plain(PIXELS)[1]), abs=1e-6)


def test_logits_are_left_alone() -> None:
    model = network("linear")
    told = answered(finished(model, "bbox", "classes"))["label"]
    assert np.array_equal(told, np.array(model(PIXELS)[1]))


def test_one_class_needs_no_label() -> None:
    assert set(answered(finished(network(), "bbox"))) == {"box"}
