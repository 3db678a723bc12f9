"""``mnist``: a digit somewhere on a black square, after a Medium article and its W&B report.

Ayush Thakur's Keras network: three convolutions, global average pooling, a class and a box.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from train.presets.preset import Preset, Stage, cross_entropy, mean_squares
from train.settings import Settings

_LUMA = (0.299, 0.587, 0.114)
_BOX_HEAD = ("bbox_1", "bbox_2", "bbox")
_EPOCHS, _PATIENCE = 100, 10


def _network(settings: Settings, labels: Sequence[str]) -> Any:
    import keras
    import numpy as np
    from keras import layers

    picture = keras.Input((settings.size, settings.size, 3), dtype="uint8", name="picture")
    scaled = layers.Rescaling(1.0, name="scale")(picture)  # it was trained on 0 to 255
    # the device gives RGB, so one channel is made inside
    grey = layers.Conv2D(1, 1, use_bias=False, trainable=False, name="grey")
    x = grey(scaled)
    grey.set_weights([np.array(_LUMA, np.float32).reshape(1, 1, 3, 1)])
    for filters in (32, 32):
        x = layers.MaxPooling2D(3)(layers.Conv2D(filters, 3, activation="relu")(x))
    x = layers.GlobalAveragePooling2D()(layers.Conv2D(64, 3, activation="relu")(x))
    label = layers.Dense(len(labels), "softmax", name="label")(layers.Dropout(0.3)(x))
    for name, units in zip(_BOX_HEAD, (64, 32), strict=False):
        x = layers.Dense(units, "relu", name=name)(x)
    bbox = layers.Dense(4, "sigmoid", name="bbox")(x)
    return keras.Model(picture, {"label": label, "bbox": bbox}, name="mnist")


def _all_but_the_box_head(model: Any) -> Iterable[Any]:
    return [layer for layer in model.layers if layer.name not in _BOX_HEAD]


def _adam() -> Any:
    import keras

    return keras.optimizers.Adam()


def _stages(settings: Settings) -> Sequence[Stage]:
    """All layers; then, as the report proposes, the box head alone goes on."""
    epochs = settings.epochs or _EPOCHS
    return (
        Stage("all layers", epochs, _adam, _PATIENCE),
        Stage("box head", epochs, _adam, _PATIENCE, _all_but_the_box_head),
    )


MNIST = Preset(
    name="mnist",
    size=100,
    smallest=35,
    batch=32,
    network=_network,
    losses=lambda settings: {"label": (cross_entropy, 1.0), "bbox": (mean_squares, 1.0)},
    stages=_stages,
    tf_data=True,
)
