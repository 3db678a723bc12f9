"""The two branches of "Machine Learning by Tutorials", chapter 9.

Source: Hollemans, Tam and others, "Machine Learning by Tutorials", 2019. Classes: global average
pooling, dropout 0.7, a dense layer with L2 0.01. Box: a convolution of 512 3×3 kernels, batch norm,
ReLU, global average pooling, a dense layer of x_min, x_max, y_min, y_max. Cross-entropy plus ten
times the mean squared error, Adam at 1e-3, 32 pictures a step, everything before the branches
frozen, no augmentation. Others here than there: MobileNetV2 in place of the first MobileNet, of
which no weights are at hand, and class weights that start from nothing. The book's 5 epochs of
7,040 rows are 1,100 steps; 140 epochs are as many here.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from benchmarks.peers.training import Entry, Plan, frozen
from train.progress import Progress
from train.split import Split


def train(
    lists: Split,
    labels: Sequence[str],
    seed: int,
    weights: str,
    bars: Progress,
    epochs: int = 140,
    alpha: float = 1.0,
    size: int = 224,
) -> Entry:
    """Both branches, trained together on the features of each picture as it is."""
    plan = Plan(epochs, batch=32, patience=40, numbers=("left", "right", "top", "bottom"))
    return frozen(
        lists, labels, seed, weights, bars,
        size=size, alpha=alpha, plan=plan, head=_head, compiled=_compiled,
    )  # fmt: skip


def _head(features: Any, classes: int) -> dict[str, Any]:
    from keras import layers, regularizers

    pooled = layers.Dropout(0.7)(layers.GlobalAveragePooling2D()(features))
    small = regularizers.L2(0.01)
    x = layers.Conv2D(512, 3, padding="same")(features)
    x = layers.GlobalAveragePooling2D()(layers.ReLU()(layers.BatchNormalization(momentum=0.9)(x)))
    return {
        "numbers": layers.Dense(4, name="numbers")(x),
        "classes": layers.Dense(classes, kernel_regularizer=small, name="classes")(pooled),
    }


def _compiled(model: Any) -> None:
    import keras

    crossentropy = keras.losses.CategoricalCrossentropy(from_logits=True)
    model.compile(
        keras.optimizers.Adam(1e-3),
        {"numbers": "mean_squared_error", "classes": crossentropy},
        loss_weights={"numbers": 10.0, "classes": 1.0},
    )
