"""``selfie``: ResNet50 and four numbers, after Analytics Vidhya's CNN-based localizer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from train.backbones import loaded
from train.presets.preset import Preset, Stage, mean_squares, smooth_l1
from train.settings import Settings

BOX_LOSSES = {"mse": mean_squares, "smooth-l1": smooth_l1}


def _network(settings: Settings, labels: Sequence[str]) -> Any:
    import keras
    from keras import layers

    picture = keras.Input((settings.size, settings.size, 3), dtype="uint8", name="picture")
    scaled = layers.Rescaling(1 / 127, -1.0, name="scale")(picture)
    x = loaded("ResNet50", settings.size, settings.weights)(scaled)
    x = layers.Conv2D(1024, 3, strides=2, activation="relu")(x)
    gap = settings.vectorizer != "flatten"
    x = layers.GlobalAveragePooling2D()(x) if gap else layers.Flatten()(x)
    bbox = layers.Dense(4, name="bbox")(layers.Dense(512, "relu")(x))
    return keras.Model(picture, {"bbox": bbox}, name="selfie")


def _adam() -> Any:
    import keras

    return keras.optimizers.Adam(keras.optimizers.schedules.ExponentialDecay(3e-4, 3600, 0.8))


SELFIE = Preset(
    name="selfie",
    size=300,
    smallest=65,
    batch=16,
    network=_network,
    losses=lambda settings: {"bbox": (BOX_LOSSES[settings.box_loss or "mse"], 1.0)},
    stages=lambda settings: (Stage("all layers", settings.epochs or 10, _adam),),
    heads=("bbox",),
    options=frozenset({"weights", "vectorizer", "box_loss"}),
    keeps_each_epoch=True,
)
