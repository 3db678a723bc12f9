"""A network that finishes its box itself, put into the one form that the device knows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from edge.errors import LocalizerError

EDGES = ("left", "top", "right", "bottom")
_SIZES = {"right": ("left", "width"), "bottom": ("top", "height")}


def finished(
    model: Any,
    box: str,
    label: str | None = None,
    numbers: Sequence[str] = EDGES,
    unit: float = 1.0,
) -> Any:
    """A Keras model with the outputs ``box`` and ``label`` that ``edge.decode`` takes.

    model: functional, from uint8 pixels through a Rescaling named ``scale``. The new one shares
        its layers, but the last of the classes, whose weights are copied.
    box: the layer that gives four numbers, shape (batch, 4).
    label: the layer that gives the classes; None where there is one class only. A softmax at its
        end is left out, because the device takes logits.
    numbers: what each number of ``box`` is: an edge, or ``width`` or ``height`` in place of right
        or bottom.
    unit: the fraction of the picture that a number of 1.0 stands for, such as 1/96 for pixels.
    Raises LocalizerError where ``numbers`` are no box.
    """
    import keras

    matrix = edge_matrix(numbers, unit)
    edges = model.get_layer(box).output
    if not np.array_equal(matrix, np.eye(4)):
        # a matrix and not a gather or a concatenation: what accelerators are best at
        ordered = keras.layers.Dense(4, use_bias=False, trainable=False, name="edges")
        edges = ordered(edges)
        ordered.set_weights([matrix])
    outputs = {"box": edges}
    if label is not None:
        outputs["label"] = _logits(model.get_layer(label))
    return keras.Model(model.input, outputs, name="localizer")


def edge_matrix(numbers: Sequence[str], unit: float) -> np.ndarray:
    """What rows of four ``numbers`` are multiplied with to be edges, shape (4, 4).

    The parameters and what is raised are those of ``finished``.
    """
    parts = [edge if edge in numbers else _SIZES.get(edge, (edge,)) for edge in EDGES]
    used = [{part} if isinstance(part, str) else set(part) for part in parts]
    if len(numbers) != 4 or set().union(*used) != set(numbers):
        raise LocalizerError(
            f"the numbers of a box are {', '.join(EDGES)} in any order, with width and height in "
            f"place of right and bottom if need be. Received: {', '.join(numbers)}"
        )
    rows = [[float(number in of) for of in used] for number in numbers]
    return np.array(rows, np.float32) * np.float32(unit)


def _logits(layer: Any) -> Any:
    """What ``layer`` gives before its softmax, if it has one."""
    import keras

    if getattr(layer, "activation", None) is not keras.activations.softmax:
        plain_softmax = isinstance(layer, keras.layers.Softmax)
        return layer.input if plain_softmax else layer.output
    if not layer.weights:
        return layer.input
    linear = type(layer).from_config(layer.get_config() | {"activation": "linear"})
    logits = linear(layer.input)
    linear.set_weights(layer.get_weights())
    return logits
