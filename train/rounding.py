"""Fine-tuning with rounded kernels: the network learns to live with the eight bits it will have."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from train.batches import Batches
from train.epochs import Step, values_of
from train.recipe import Recipe
from train.trainer import compiled

EPOCHS = 6
_STEPS = 600  # of a large set; six epochs of thousands of pictures would take as long as training
_SHARE = 0.1  # of the training's own rate
_LEVELS = 127  # on either side of zero, as the converter's symmetric int8 has them

Floats = npt.NDArray[np.float32]


def rounded(kernel: Floats, channel: int) -> Floats:
    """``kernel`` as int8 with one scale for each index of axis ``channel`` can hold it.

    The batch normalization that the converter folds in multiplies a channel as a whole, so that
    the steps are the same before and after folding.
    """
    axes = tuple(axis for axis in range(kernel.ndim) if axis != channel % kernel.ndim)
    step = np.abs(kernel).max(axis=axes, keepdims=True) / _LEVELS
    safe = np.where(step > 0, step, 1.0)
    return np.asarray(np.round(kernel / safe) * safe, np.float32)


def epochs_for(batches: int) -> int:
    """How often ``batches`` are gone through: six times a few hundred pictures, once thousands."""
    return min(EPOCHS, max(_STEPS // batches, 1))


def fine_tune(
    model: Any,
    batches: Batches,
    recipe: Recipe,
    epochs: int | None = None,
    step: Step = lambda stage: None,
) -> None:
    """Train ``model``, as ``train.network.build`` made it, with convolutions rounded to int8.

    Straight-through: each step's gradient is taken at the rounded kernels and applied to exact
    ones kept beside them, which the model has at the end. epochs: None leaves it to ``epochs_for``.
    """
    slow = {id(v) for v in model.get_layer("features").trainable_variables}
    epochs = epochs or epochs_for(len(batches))
    steps = epochs * len(batches)
    trained = compiled(model, _SHARE * recipe.rate, steps, slow, recipe.backbone_share)
    kernels = _kernels(model)
    variables = [variable for variable, _ in kernels]
    exact = values_of(variables)
    for epoch in range(epochs):
        # numbers far from the training's own, so that the views are new
        for batch in batches.epoch(2_000_000 + epoch):
            coarse = [rounded(k, axis) for k, (_, axis) in zip(exact, kernels, strict=True)]
            _assign(kernels, coarse)
            trained.train_on_batch(*batch)
            for at, moved in enumerate(values_of(variables)):
                exact[at] += moved - coarse[at]
            step("rounding")
    _assign(kernels, exact)


def _kernels(model: Any) -> list[tuple[Any, int]]:
    """The kernels that int8 rounds by channel, each with the axis of its channels."""
    from keras import layers

    found = []
    for part in ("features", "head"):
        for layer in model.get_layer(part).layers:
            if isinstance(layer, layers.DepthwiseConv2D):
                found.append((layer.kernel, 2))
            elif isinstance(layer, layers.Conv2D):
                found.append((layer.kernel, 3))
    return found


def _assign(kernels: Sequence[tuple[Any, int]], values: Sequence[Floats]) -> None:
    for (variable, _), value in zip(kernels, values, strict=True):
        variable.assign(value)
