"""The network: a backbone, maps that vote for each edge, a class, and a presence."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from train.backbones import DEFAULT, tapped

_EXACT = "float32"  # of the outputs, whatever the layers below compute in


@contextmanager
def mixed_precision(wanted: bool) -> Iterator[None]:
    """Layers made within compute in float16 if ``wanted``; weights and outputs stay float32."""
    import keras

    before = keras.config.dtype_policy()
    if wanted:
        keras.config.set_dtype_policy("mixed_float16")
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


def build(size: int, alpha: float, classes: int, weights: str, backbone: str = DEFAULT) -> Any:
    """A Keras model from uint8 pixels (batch, size, size, 3) to the outputs of ``edge.decode``.

    A fifth output, ``cells`` (batch, rows, columns, 1), serves the training alone: the presence
    logit of each cell.

    size: a multiple of 32. alpha: the backbone's width. weights: ``imagenet``, ``none``, or a file
    for the backbone. backbone: one of ``train.backbones.BACKBONES``.
    Raises LocalizerError where the weights cannot be had.
    """
    import keras

    features = tapped(backbone, size, alpha, weights)
    head = _head([tuple(tap.shape[1:]) for tap in features.outputs], classes, head_width(alpha))
    picture = keras.Input((size, size, 3), dtype="uint8", name="picture")
    scaled = keras.layers.Rescaling(1 / 127.5, -1.0, name="scale")(picture)
    return keras.Model(picture, head(features(scaled)), name="localizer")


def head_width(alpha: float) -> int:
    """Channels of the maps for a backbone of width ``alpha``."""
    return max(64, 8 * round(128 * min(alpha, 1.0) / 8))


def _head(shapes: list[tuple[int, ...]], classes: int, width: int) -> Any:
    """From both feature maps to the outputs: maps at the finer one's resolution."""
    import keras
    from keras import layers

    fine, coarse = (keras.Input(shape) for shape in shapes)
    rows, columns, _ = shapes[0]
    # ops.image.resize and not UpSampling2D: that becomes a TILE, which accelerators lack
    raised = keras.ops.image.resize(
        _conv(coarse, width, "coarse"), (rows, columns), interpolation="nearest"
    )
    maps = layers.ReLU()(layers.Add()([_conv(fine, width, "fine"), raised]))
    for kernel in (5, 3):
        inner = layers.DepthwiseConv2D(kernel, padding="same", use_bias=False)(maps)
        inner = layers.ReLU(6.0)(layers.BatchNormalization(momentum=0.9)(inner))
        maps = layers.ReLU()(layers.Add()([maps, _conv(inner, width, f"mix_{kernel}")]))
    pooled = layers.Dropout(0.2)(layers.GlobalAveragePooling2D()(coarse))
    # Every cell says whether it sees the object, so that each photo also teaches what its own
    # background is; the picture is as sure as its surest cell.
    rare = keras.initializers.Constant(-2.2)  # at first each cell is sure by a tenth
    seen = layers.Conv2D(1, 1, bias_initializer=rare, dtype=_EXACT, name="cells")(maps)
    surest = layers.MaxPooling2D((rows, columns), dtype=_EXACT, name="surest")(seen)
    outputs = {
        "attention": layers.Conv2D(4, 1, dtype=_EXACT, name="attention")(maps),
        "offsets": layers.Conv2D(4, 1, dtype=_EXACT, name="offsets")(maps),
        "label": layers.Dense(classes, dtype=_EXACT, name="label")(pooled),
        "presence": layers.Reshape((1,), dtype=_EXACT, name="presence")(surest),
        "cells": seen,
    }
    return keras.Model([fine, coarse], outputs, name="head")


def _conv(x: Any, width: int, name: str) -> Any:
    from keras import layers

    x = layers.Conv2D(width, 1, use_bias=False, name=name)(x)
    return layers.BatchNormalization(momentum=0.9, name=f"{name}_norm")(x)
