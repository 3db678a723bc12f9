"""``conv5``: five convolutions and two connected heads, after Paperspace's PyTorch article."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from train.presets.preset import Preset, Stage, mean_squares
from train.settings import Settings


def _network(settings: Settings, labels: Sequence[str]) -> Any:
    import keras
    from keras import layers

    picture = keras.Input((settings.size, settings.size, 3), dtype="uint8", name="picture")
    x = layers.Rescaling(1 / 255, name="scale")(picture)
    for filters in (6, 12, 24, 48):
        x = layers.MaxPooling2D(2)(layers.Conv2D(filters, 5, activation="relu")(x))
    x = layers.Conv2D(192, 5, activation="relu")(x)
    x = layers.Flatten()(layers.AveragePooling2D(4, strides=2)(x))

    def head(name: str, units: int, activation: str) -> Any:
        y = layers.Dense(240, "relu", name=f"{name}_1")(x)
        y = layers.Dense(120, "relu", name=f"{name}_2")(y)
        return layers.Dense(units, activation, name=name)(y)

    outputs = {"label": head("label", len(labels), "softmax"), "bbox": head("bbox", 4, "sigmoid")}
    return keras.Model(picture, outputs, name="conv5")


def _article_cross_entropy(truth: Any, shares: Any) -> Any:
    """PyTorch's cross-entropy takes logits, but the article gives it the softmax; so do we."""
    from keras import ops

    # not Keras' own, which would go back behind the softmax
    right = ops.one_hot(ops.reshape(truth, (-1,)), shares.shape[-1])
    return -ops.sum(right * ops.log_softmax(shares), axis=-1)


def _sgd() -> Any:
    import keras

    return keras.optimizers.SGD(0.1)


CONV5 = Preset(
    name="conv5",
    size=256,
    smallest=188,
    batch=32,
    network=_network,
    losses=lambda settings: {"label": (_article_cross_entropy, 1.0), "bbox": (mean_squares, 1.0)},
    stages=lambda settings: (Stage("all layers", settings.epochs or 30, _sgd),),
    keeps_each_epoch=True,
)
