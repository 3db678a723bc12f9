"""A Keras localizer becomes a full-int8 TFLite flatbuffer."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from edge.decode import OUTPUTS
from edge.errors import LocalizerError
from edge.image import Image
from train.quiet import quiet

_SIGNATURE = "serving_default"  # what the converter calls it, whatever the archive says


def full_int8(model: Any, pictures: Iterable[Image]) -> bytes:
    """The flatbuffer of ``model`` with uint8 input, one scale per output and a batch of 1.

    pictures: some hundred prepared training pictures, uint8 (size, size, 3), that calibrate it.
    The scaling of the pixels becomes the quantization of the input, so it costs no operation.
    """
    import tensorflow as tf

    _, height, width, _ = model.input.shape
    with tempfile.TemporaryDirectory() as folder:
        export_scaled(model, (1, height, width, 3), folder)
        converter = tf.lite.TFLiteConverter.from_saved_model(folder, signature_keys=[_SIGNATURE])
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.representative_dataset = lambda: _calibration(pictures)
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
        converter.inference_input_type = tf.uint8
        converter.inference_output_type = tf.uint8
        with quiet():
            return bytes(converter.convert())


def export_scaled(model: Any, shape: tuple[int, ...], folder: str) -> None:
    """Save ``model`` behind its own scaling: pixels from -1 to 1 in, named outputs out.

    ``from_concrete_functions`` silently drops the weights of a Keras 3 model; an ExportArchive
    with a fixed signature keeps them, and the names.
    """
    import keras
    import tensorflow as tf

    features, head = model.get_layer("features"), model.get_layer("head")
    inner = keras.Model(features.input, head(features.output))
    archive = keras.export.ExportArchive()
    archive.track(inner)
    archive.add_endpoint(
        name=_SIGNATURE,
        fn=lambda picture: _named(inner(picture, training=False)),
        input_signature=[tf.TensorSpec(shape, tf.float32, "picture")],
    )
    archive.write_out(folder, verbose=False)


def _named(outputs: dict[str, Any]) -> dict[str, Any]:
    """What the device decodes; the rest served the training."""
    return {name: outputs[name] for name in OUTPUTS}


def _calibration(pictures: Iterable[Image]) -> Iterator[list[npt.NDArray[np.float32]]]:
    nothing = True
    for picture in pictures:
        scaled = picture.astype(np.float32) / 127.5 - 1.0
        # The whole range, whatever the pictures hold, so that a pixel's value is its code.
        scaled[0, 0, 0], scaled[0, 0, 1] = -1.0, 1.0
        nothing = False
        yield [scaled[None]]
    if nothing:
        raise LocalizerError("no picture is left to calibrate with; put the training data back")
