"""Channels of unlike reach are made alike before they are rounded, and say what they said."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from convert.equalize import equalize, links_of, raised_by
from convert.quantize import full_int8
from edge.image import Image
from train.floating import load_model
from train.network import build
from train.photos import prepared
from train.run_folder import load_run


@pytest.fixture
def model(trained_run: Path) -> Any:
    return load_model(trained_run / "model.keras")


@pytest.fixture(scope="module")
def pictures(trained_run: Path) -> list[Image]:
    return list(prepared(load_run(trained_run).examples("train")[:12], 64))


def answers(model: Any, pictures: list[Image]) -> np.ndarray:
    told = model.predict(np.stack(pictures), verbose=0)
    return np.concatenate([told[name].reshape(len(pictures), -1) for name in sorted(told)], axis=1)


def reach(model: Any, pictures: list[Image]) -> np.ndarray:
    """How far each channel behind the head's first depthwise convolution goes."""
    import keras

    head, relu = model.get_layer("head"), keras.layers.ReLU
    clipped = next(one for one in head.layers if isinstance(one, relu) and one.max_value)
    scaled, features = model.get_layer("scale"), model.get_layer("features")
    probe = keras.Model(head.inputs, clipped.output)
    return np.asarray(probe(features(scaled(np.stack(pictures))))).max(axis=(0, 1, 2))


def test_quiet_channels_speak_up_and_the_answers_stay(model: Any, pictures: list[Image]) -> None:
    before, quiet = answers(model, pictures), reach(model, pictures)
    equalize(model, pictures)
    louder = reach(model, pictures)
    assert answers(model, pictures) == pytest.approx(before, abs=1e-3)
    assert louder[quiet > 0].min() > 1.5 * quiet[quiet > 0].min()
    assert louder.max() <= 6.0
    assert (louder >= quiet * 0.999).all()


def test_the_conversion_equalizes_and_gives_the_weights_back(
    model: Any, pictures: list[Image], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = model.get_weights()
    equalized = full_int8(model, pictures)
    assert all(np.array_equal(a, b) for a, b in zip(before, model.get_weights(), strict=True))
    monkeypatch.setattr("convert.quantize.equalize", lambda model, pictures: None)
    assert full_int8(model, pictures) != equalized


@pytest.mark.parametrize(
    ("reaches", "ceiling", "times"),
    [
        # to four fifths of the ceiling, at most four times, and what reaches it stays
        ([6.0, 2.4, 0.1, 0.0], 6.0, [1.0, 2.0, 4.0, 1.0]),
        # half the way to the farthest, as a factor
        ([40.0, 10.0, 0.1, 0.0], None, [1.0, 2.0, 4.0, 1.0]),
    ],
)
def test_a_channel_is_raised_by_what_it_leaves_unused(
    reaches: list[float], ceiling: float | None, times: list[float]
) -> None:
    assert raised_by(np.array(reaches, np.float32), ceiling) == pytest.approx(times)


def test_all_that_is_added_up_is_raised_together() -> None:
    import keras
    from keras import layers

    picture = keras.Input((8, 8, 3))
    first = layers.Conv2D(4, 1, name="first")(picture)
    inner = layers.Conv2D(4, 1, activation="relu", name="inner")(first)
    second = layers.Conv2D(4, 1, name="second")(inner)
    summed = layers.Add(name="sum")([first, second])
    network = keras.Model(picture, layers.Conv2D(2, 1, activation="relu", name="out")(summed))
    (link,) = links_of(network)
    assert {one.name for one in link.makers} == {"first", "second"}
    assert {one.name for one in link.readers} == {"inner", "out"}
    assert len(link.tensors) == 3


def test_what_the_next_network_reads_is_raised_with_the_first_ones_own() -> None:
    import keras
    from keras import layers

    picture, told = keras.Input((8, 8, 3)), keras.Input((8, 8, 4))
    tap = layers.ReLU(6.0)(layers.Conv2D(4, 1, name="maker")(picture))
    within = layers.Conv2D(4, 1, activation="relu", name="within")(tap)
    other = keras.Input(within.shape[1:])
    features = keras.Model(picture, [tap, within])
    head = keras.Model([told, other], [layers.Conv2D(2, 1, name="beyond")(told), other * 2.0])
    (link,) = links_of(features, head)
    assert [one.name for one in link.makers] == ["maker"]
    assert {one.name for one in link.readers} == {"within", "beyond"}
    assert link.ceiling == 6.0
    # alone, its taps are answers
    assert links_of(features) == []


def pooled(slope: float) -> Any:
    """A sum of two layers, one of them resized, behind a ReLU and a pool, read by a Dense."""
    import keras
    from keras import layers

    fine, coarse = keras.Input((8, 8, 3)), keras.Input((4, 4, 3))
    raised = keras.ops.image.resize(
        layers.BatchNormalization(name="second")(coarse), (8, 8), interpolation="nearest"
    )
    summed = layers.Add()([layers.Conv2D(3, 1, name="first")(fine), raised])
    seen = layers.GlobalAveragePooling2D()(layers.ReLU(negative_slope=slope)(summed))
    out = layers.Dense(2, name="reader")(layers.Dropout(0.2)(seen))
    return keras.Model([fine, coarse], out)


def test_a_factor_passes_sums_resizes_pools_and_a_relu() -> None:
    (link,) = links_of(pooled(slope=0.0))
    assert {one.name for one in link.makers} == {"first", "second"}
    assert [one.name for one in link.readers] == ["reader"]
    assert link.ceiling is None


def test_a_leaky_relu_is_left_as_it_is() -> None:
    assert links_of(pooled(slope=0.1)) == []


@pytest.mark.parametrize(
    ("backbone", "fine", "coarse"),
    [
        ("mobilenet_v2", "block_13_depthwise", "Conv_1_bn"),
        ("mobilenet", "conv_dw_12", "conv_pw_13_bn"),
    ],
)
def test_both_taps_and_the_maps_of_the_head_are_linked(
    backbone: str, fine: str, coarse: str
) -> None:
    network = build(32, 0.35, 2, "none", backbone)
    links = links_of(network.get_layer("features"), network.get_layer("head"))
    read = [{one.name for one in link.readers} for link in links]
    assert {"fine", fine} in read
    (last,) = (link for link in links if "coarse" in {one.name for one in link.readers})
    assert [one.name for one in last.makers] == [coarse]
    assert {one.name for one in last.readers} == {"coarse", "label"}
    (maps,) = (link for link in links if "attention" in {one.name for one in link.readers})
    makers = {one.name for one in maps.makers}
    assert makers == {"fine_norm", "coarse_norm", "mix_5_norm", "mix_3_norm"}
    assert {"offsets", "cells"} < {one.name for one in maps.readers} and len(maps.readers) == 5


def test_what_is_told_before_a_relu_stays_as_it_is() -> None:
    import keras
    from keras import layers

    picture = keras.Input((8, 8, 3))
    first = layers.Conv2D(4, 1)(picture)
    out = layers.Conv2D(2, 1, activation="relu")(layers.ReLU(6.0)(first))
    assert len(links_of(keras.Model(picture, out))) == 1
    assert links_of(keras.Model(picture, [out, first])) == []


def test_a_model_of_another_make_is_left_as_it_is(pictures: list[Image]) -> None:
    import keras

    picture = keras.Input((64, 64, 3))
    other = keras.Model(picture, keras.layers.Conv2D(2, 3)(picture))
    before = other.get_weights()
    equalize(other, pictures)
    assert all(np.array_equal(a, b) for a, b in zip(before, other.get_weights(), strict=True))
