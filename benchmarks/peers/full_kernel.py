"""A convolution whose kernel covers the whole last feature map and gives the box.

Source: github.com/lars76/object-localization, example 1, with the classes of its example 2 (pooling
and a dense layer; cross-entropy, as its README advises for more than two). Left, top, width and
height in pixels of the input, mean squared error, Adam at Keras' own rate, 32 pictures a step, a
frozen MobileNetV2, no augmentation, at most 200 epochs: the rate falls to a fifth after ten without
a better validation IoU, fifty without one end it, the best is kept. It runs at 96 pixels there; its
README advises more pixels for a better box, so 224 is measured too.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
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
    size: int = 96,
) -> Entry:
    """The head, trained on the features of each picture as it is."""
    numbers = ("left", "top", "width", "height")
    plan = Plan(epochs, 32, patience=50, plateau=10, numbers=numbers, unit=1 / size)
    return frozen(
        lists, labels, seed, weights, bars,
        size=size, alpha=alpha, plan=plan, head=_head, compiled=plainly_compiled,
    )  # fmt: skip


train_224 = partial(train, size=224)


def _head(features: Any, classes: int) -> dict[str, Any]:
    from keras import layers

    whole = layers.Conv2D(4, kernel_size=features.shape[1:3])(features)
    pooled = layers.GlobalAveragePooling2D()(features)
    return {
        "numbers": layers.Reshape((4,), name="numbers")(whole),
        "classes": layers.Dense(classes, name="classes")(pooled),
    }
