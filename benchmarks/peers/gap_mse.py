"""The first thing that tutorials show: pooled features of a frozen backbone, one dense layer.

Global average pooling, four numbers with the mean squared error, and classes beside them. Adam at
Keras' own rate, 200 epochs, the best by validation IoU kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from benchmarks.peers.training import Entry, Plan, frozen, plainly_compiled
from train.progress import Progress
from train.split import Split


def train(
    lists: Split,
    labels: Sequence[str],
    seed: int,
    weights: str,
    bars: Progress,
    epochs: int = 200,
    alpha: float = 1.0,
    size: int = 224,
) -> Entry:
    """The head, trained on the features of each picture as it is."""
    plan = Plan(epochs, batch=32, patience=50)
    return frozen(
        lists, labels, seed, weights, bars,
        size=size, alpha=alpha, plan=plan, head=_head, compiled=plainly_compiled,
    )  # fmt: skip


def _head(features: Any, classes: int) -> dict[str, Any]:
    from keras import layers

    pooled = layers.GlobalAveragePooling2D()(features)
    return {
        "numbers": layers.Dense(4, name="numbers")(pooled),
        "classes": layers.Dense(classes, name="classes")(pooled),
    }
