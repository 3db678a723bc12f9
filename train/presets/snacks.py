"""``snacks``: MobileNet with a class and a box branch, after chapter 9 of "Machine Learning by
Tutorials"; and the classifier that it is made from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from train.backbones import tapped
from train.presets.classifier import place
from train.presets.preset import Preset, Stage, cross_entropy, mean_squares
from train.settings import Settings

_OPTIONS = frozenset({"weights", "alpha", "classifier", "heads"})


def _branches(settings: Settings, labels: Sequence[str], heads: Sequence[str]) -> Any:
    import keras
    from keras import layers

    picture = keras.Input((settings.size, settings.size, 3), dtype="uint8", name="picture")
    scaled = layers.Rescaling(1 / 127.5, -1.0, name="scale")(picture)
    _, features = tapped("mobilenet", settings.size, settings.alpha, settings.weights)(scaled)
    x = layers.Dropout(0.7)(layers.GlobalAveragePooling2D()(features))
    penalty = keras.regularizers.L2(0.01)
    outputs = {
        "label": layers.Dense(len(labels), "softmax", kernel_regularizer=penalty, name="label")(x)
    }
    if "bbox" in heads:
        x = layers.BatchNormalization()(layers.Conv2D(512, 3, padding="same")(features))
        x = layers.GlobalAveragePooling2D()(layers.ReLU()(x))
        outputs["bbox"] = layers.Dense(4, name="bbox")(x)
    return keras.Model(picture, outputs, name="snacks")


def _network(settings: Settings, labels: Sequence[str]) -> Any:
    model = _branches(settings, labels, SNACKS.heads)
    if settings.classifier is not None:
        place(model, settings.classifier, labels)
    return model


def _backbone(model: Any) -> Iterable[Any]:
    return [model.get_layer("features")]


def _adam(rate: float) -> Any:
    import keras

    return keras.optimizers.Adam(rate)


def _stages(settings: Settings) -> Sequence[Stage]:
    epochs = settings.epochs or 10
    if settings.weights == "none" and settings.classifier is None:
        # nothing has been learned that could be kept
        return (Stage("all layers", epochs, lambda: _adam(1e-3)),)
    return (Stage("branches", epochs, lambda: _adam(1e-3), frozen=_backbone),)


def _classifier_stages(settings: Settings) -> Sequence[Stage]:
    if settings.weights == "none":
        return (Stage("all layers", settings.epochs or 40, lambda: _adam(1e-3)),)
    epochs = settings.epochs or 10
    return (
        Stage("branches", epochs, lambda: _adam(1e-3), frozen=_backbone),
        Stage("all layers", epochs, lambda: _adam(1e-4)),
    )


SNACKS = Preset(
    name="snacks",
    size=224,
    smallest=32,
    batch=32,
    network=_network,
    losses=lambda settings: {"label": (cross_entropy, 1.0), "bbox": (mean_squares, 10.0)},
    stages=_stages,
    numbers=("left", "right", "top", "bottom"),
    options=_OPTIONS,
)

CLASSIFIER = Preset(
    name="snacks",
    size=224,
    smallest=32,
    batch=32,
    network=lambda settings, labels: _branches(settings, labels, ("label",)),
    losses=lambda settings: {"label": (cross_entropy, 1.0)},
    stages=_classifier_stages,
    heads=("label",),
    options=_OPTIONS - {"classifier"},
    variety=0.5,
)
"""What ``--heads class`` trains: its backbone and its last layer go into the localizer."""
