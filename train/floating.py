"""The trained Keras model behind the same door as the device's interpreter."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from edge.card import Card
from edge.errors import LocalizerError
from edge.image import Image
from edge.localizer import Localizer
from edge.tensors import Floats, decoded_names


class KerasNetwork:
    """Prepared pixels in, named float outputs out, through ``model``."""

    def __init__(self, model: Any) -> None:
        self._model = model

    def __call__(self, pixels: Image) -> dict[str, Floats]:
        outputs = self._model.predict_on_batch(pixels[None])
        return {name: np.asarray(outputs[name][0], np.float32) for name in decoded_names(outputs)}


def float_localizer(model: Any, card: Card) -> Localizer:
    """The device's localizer, answering from the unquantized ``model``."""
    return Localizer(KerasNetwork(model), card)


def load_model(path: Path) -> Any:
    """The Keras model in ``path``; raises LocalizerError where it is none."""
    import keras

    if not path.is_file():
        raise LocalizerError(f"{path} does not exist; train it with edge-train fit")
    try:
        return keras.models.load_model(path, compile=False)
    except (ValueError, OSError, KeyError, TypeError) as error:
        raise LocalizerError(
            f"{path} is not a Keras model that this version reads ({error}); train it again"
        ) from error
