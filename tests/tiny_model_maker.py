"""Writes a small full-int8 TFLite file that finds a bright rectangle on black.

Run in a process of its own, so that TensorFlow never enters the tests': ``python … FILE``.
Nothing is trained; each weight below is set by hand.
"""

import sys
import tempfile
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

SIZE, CELL = 32, 4
"""Pixels of the picture's side, and of a cell's."""


def made() -> keras.Model:
    picture = keras.Input((SIZE, SIZE, 3), batch_size=1)
    unit = keras.layers.Rescaling(1 / 255)(picture)
    cells = keras.layers.AveragePooling2D(CELL)(unit)
    mean = keras.layers.GlobalAveragePooling2D()(cells)
    edges = keras.layers.Conv2D(4, 3, padding="same", name="edges")
    beyond = keras.layers.Conv2D(4, 1, name="beyond")
    colours = keras.layers.Dense(2, name="colours")
    there = keras.layers.Dense(1, name="there")
    model = keras.Model(picture, [edges(cells), beyond(cells), colours(mean), there(mean)])

    # Each edge looks where its cell is bright (red or blue) and the cell beyond the edge is dark.
    kernel = np.zeros((3, 3, 3, 4), np.float32)
    for edge, (row, column) in enumerate([(1, 0), (0, 1), (1, 2), (2, 1)]):
        for channel in (0, 2):
            kernel[1, 1, channel, edge] = 12.0
            kernel[row, column, channel, edge] = -12.0
    edges.set_weights([kernel, np.zeros(4, np.float32)])
    # From the centre of a cell to its border: half a cell is 1/16 of the picture, 0.625 × 0.1.
    beyond.set_weights([np.full((1, 1, 3, 4), 1e-3, np.float32), np.full(4, 0.625, np.float32)])
    colours.set_weights(
        [np.array([[40, -40], [0, 0], [-40, 40]], np.float32), np.zeros(2, np.float32)]
    )
    # Absent when all is dark (-3), surely there when an eighth of the picture is lit.
    there.set_weights([np.array([[48], [0], [48]], np.float32), np.full(1, -3, np.float32)])
    return model


def samples():
    """Calibration: every extreme that the activations reach."""
    for colour in ((255, 0, 0), (0, 0, 255), (255, 255, 255)):
        for side in (0, 8, 16, 32):
            picture = np.zeros((1, SIZE, SIZE, 3), np.float32)
            start = (SIZE - side) // 2
            picture[0, start : start + side, start : start + side] = colour
            yield [picture]


def converted(model: keras.Model) -> bytes:
    names = ("attention", "offsets", "label", "presence")
    archive = keras.export.ExportArchive()
    archive.track(model)
    archive.add_endpoint(
        "serving_default",
        lambda picture: dict(zip(names, model(picture), strict=True)),
        input_signature=[tf.TensorSpec((1, SIZE, SIZE, 3), tf.float32, name="picture")],
    )
    with tempfile.TemporaryDirectory() as folder:
        archive.write_out(folder, verbose=False)
        converter = tf.lite.TFLiteConverter.from_saved_model(folder)
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.representative_dataset = samples
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
        converter.inference_input_type = tf.uint8
        converter.inference_output_type = tf.uint8
        return converter.convert()


if __name__ == "__main__":
    Path(sys.argv[1]).write_bytes(converted(made()))
