"""The backbones to choose from: where they are tapped, and what Keras has weights for."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edge.errors import LocalizerError
from train.border import first_line


@dataclass(frozen=True, slots=True)
class Backbone:
    """A network of ``keras.applications`` that takes pixels from -1 to 1."""

    title: str
    """Its name there."""
    fine: str
    """The layer at a sixteenth of the input's size."""
    coarse: str
    """The layer at a thirty-second of the input's size."""
    pretrained: tuple[float, ...]
    """The widths that Keras has ImageNet weights for."""


DEFAULT = "mobilenet_v2"
BACKBONES = {
    "mobilenet_v2": Backbone(
        "MobileNetV2", "block_13_expand_relu", "out_relu", (0.35, 0.5, 0.75, 1.0, 1.3, 1.4)
    ),
    "mobilenet": Backbone(
        "MobileNet", "conv_pw_11_relu", "conv_pw_13_relu", (0.25, 0.5, 0.75, 1.0)
    ),
}
"""Every backbone by the name that ``edge-train fit --backbone`` takes."""


def tapped(backbone: str, size: int, alpha: float, weights: str) -> Any:
    """A Keras model from scaled pixels (batch, size, size, 3) to the fine and the coarse maps.

    Pretrained, it is folded; from a random start it has its batch normalizations to learn with.

    backbone: one of BACKBONES. weights: ``imagenet``, ``none``, or a file as Keras saves it.
    Raises LocalizerError where the weights cannot be had.
    """
    import keras

    from train.folding import folded  # numpy, for which --help would wait

    kind = BACKBONES[backbone]
    if weights == "imagenet" and alpha not in kind.pretrained:
        raise LocalizerError(
            f"Keras has ImageNet weights of {kind.title} for --alpha "
            f"{', '.join(f'{width:g}' for width in kind.pretrained)} only; take one of these, give "
            f"--weights FILE, or train from scratch with --weights none. Received: {alpha:g}"
        )
    whole = loaded(kind.title, size, weights, alpha=alpha)
    if weights != "none":
        whole = folded(whole)
    taps = [whole.get_layer(name).output for name in (kind.fine, kind.coarse)]
    return keras.Model(whole.input, taps, name="features")


def loaded(title: str, size: int, weights: str, **width: float) -> Any:
    """The network of ``keras.applications`` with that name, without its top.

    weights: ``imagenet``, ``none``, or a file as Keras saves it. width: ``alpha``, if it has one.
    Raises LocalizerError where the weights cannot be had.
    """
    import keras

    if weights not in ("imagenet", "none") and not Path(weights).is_file():
        raise LocalizerError(
            f"weights are imagenet, none or a file that exists. Received: --weights {weights}"
        )
    name = " ".join([title, *(f"{value:g}" for value in width.values())])
    try:
        with warnings.catch_warnings():
            # of a file for another network, Keras warns of each layer before it refuses it
            warnings.simplefilter("ignore", UserWarning)
            whole = getattr(keras.applications, title)(
                input_shape=(size, size, 3),
                include_top=False,
                weights=None if weights == "none" else weights,
                **width,
            )
    except Exception as error:  # Keras raises whatever its download or its file reader raised
        if weights == "imagenet":
            raise LocalizerError(
                f"the ImageNet weights of {name} could not be downloaded "
                f"({first_line(error)}); fetch them elsewhere and give --weights FILE, or "
                "train from scratch with --weights none"
            ) from error
        raise LocalizerError(
            f"{weights} holds no weights for {name} without its top "
            f"({first_line(error)}); give --weights FILE as Keras saves it, and the --backbone "
            "and --alpha that it has"
        ) from error
    if weights == "none":
        for layer in whole.layers:
            if isinstance(layer, keras.layers.BatchNormalization):
                layer.momentum = 0.9  # Keras' 0.99 and more need more steps than a small set gives
    return whole
