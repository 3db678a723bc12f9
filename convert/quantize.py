"""A Keras localizer becomes a TFLite flatbuffer, quantized or not."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from convert.equalize import equalize
from convert.repair import with_weights_restored
from edge.errors import LocalizerError
from edge.image import Image
from edge.tensors import BOX_OUTPUTS, OUTPUTS, decoded_names
from train.quiet import quiet

_SIGNATURE = "serving_default"  # what the converter calls it, whatever the archive says

BYTES_A_WEIGHT = {"int8": 1, "float16": 2, "float32": 4, "dynamic": 1}
"""The kinds of file there are, and the bytes that one weight of a kernel takes in each.

``int8``: weights and activations, what every target wants. ``float32`` and ``float16``: nothing
and the weights rounded. ``dynamic``: weights in int8, activations in float32.
"""


def converted(model: Any, precision: str, pictures: Iterable[Image]) -> bytes:
    """The flatbuffer of ``model``: uint8 pixels in, a batch of 1, named outputs, all its weights.

    precision: one of BYTES_A_WEIGHT. pictures: some hundred prepared training pictures, uint8
    (size, size, 3), that calibrate ``int8``; the other kinds do not look at them.
    Raises LocalizerError where there is no picture to calibrate with, or weights were lost.
    """
    content = full_int8(model, pictures) if precision == "int8" else _floating(model, precision)
    refuse_lost_weights(model, content, precision)
    return content


def full_int8(model: Any, pictures: Iterable[Image]) -> bytes:
    """The flatbuffer of ``model`` with uint8 input, one scale per output and a batch of 1.

    pictures: some hundred prepared training pictures, uint8 (size, size, 3), that calibrate it.
    model: its layer ``scale``, a keras.layers.Rescaling, takes the pixels first. That scaling
    becomes the quantization of the input, so it costs no operation. Its channels are made alike
    first; the weights of ``model`` stay as they are.
    """
    calibrating = list(pictures)

    def work() -> bytes:
        equalize(model, calibrating)
        return _full_int8(model, calibrating)

    return with_weights_restored(model, work)


def _full_int8(model: Any, pictures: Sequence[Image]) -> bytes:
    import keras
    import tensorflow as tf

    scale = model.get_layer("scale")
    inner = keras.Model(scale.output, model.output)  # behind the model's own scaling
    with tempfile.TemporaryDirectory() as folder:
        converter = _converter(inner, tf.float32, folder)
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.representative_dataset = lambda: _calibration(pictures, scale)
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
        converter.inference_input_type = tf.uint8
        converter.inference_output_type = tf.uint8
        with quiet():
            return bytes(converter.convert())


def _floating(model: Any, precision: str) -> bytes:
    """The flatbuffer of the whole ``model``, scaling of the uint8 pixels included."""
    import tensorflow as tf

    with tempfile.TemporaryDirectory() as folder:
        converter = _converter(model, tf.uint8, folder)
        if precision != "float32":
            converter.optimizations = [tf.lite.Optimize.DEFAULT]
        if precision == "float16":
            converter.target_spec.supported_types = [tf.float16]
        if precision == "dynamic":
            # The new one's scale a channel makes FULLY_CONNECTED version 12; tflite-runtime has 10.
            converter.experimental_new_dynamic_range_quantizer = False
        with quiet():
            return bytes(converter.convert())


def _converter(model: Any, pixels: Any, folder: str) -> Any:
    """A converter of ``model``, saved in ``folder`` with a fixed batch of 1 and named outputs.

    ``from_concrete_functions`` silently drops the weights of a Keras 3 model, and
    ``from_keras_model`` leaves the batch open. A module that holds the weights themselves does
    neither, and is saved sooner than by Keras' own export, which traces the model several times.
    """
    import tensorflow as tf

    shape = (1, *model.input.shape[1:])
    module = tf.Module()
    module.weights = [variable.value for variable in model.variables]
    answer = tf.function(
        lambda picture: _named(model(picture, training=False)),
        input_signature=[tf.TensorSpec(shape, pixels, "picture")],
    )
    with quiet():
        tf.saved_model.save(module, folder, signatures={_SIGNATURE: answer})
    return tf.lite.TFLiteConverter.from_saved_model(folder, signature_keys=[_SIGNATURE])


def refuse_lost_weights(model: Any, content: bytes, precision: str) -> None:
    """Raise LocalizerError where ``content`` is too small to hold the kernels of ``model``."""
    kernels = sum(int(np.prod(v.shape)) for v in model.trainable_variables if len(v.shape) > 1)
    least = kernels * BYTES_A_WEIGHT[precision]
    if len(content) < least:
        raise LocalizerError(
            f"the converted file has {len(content)} bytes but the model's kernels alone take "
            f"{least}, so weights were lost; install the versions that the project asks for and "
            "convert again"
        )


def _named(outputs: dict[str, Any]) -> dict[str, Any]:
    """What the device decodes; the rest served the training."""
    names = decoded_names(outputs)
    if not names:
        raise LocalizerError(
            f"the model has the outputs {', '.join(sorted(outputs))}, but a localizer has "
            f"{', '.join(OUTPUTS)}, or {BOX_OUTPUTS[0]}; finish it with train.finished_box"
        )
    return {name: outputs[name] for name in names}


def _calibration(pictures: Iterable[Image], scale: Any) -> Iterator[list[npt.NDArray[np.float32]]]:
    nothing = True
    for picture in pictures:
        pixels = picture.astype(np.float32)
        # The whole range, whatever the pictures hold, so that a pixel's value is its code.
        pixels[0, 0, 0], pixels[0, 0, 1] = 0.0, 255.0
        nothing = False
        yield [(pixels * np.float32(scale.scale) + np.float32(scale.offset))[None]]
    if nothing:
        raise LocalizerError("no picture is left to calibrate with; put the training data back")
