"""Event files for TensorBoard: curves, and now and then the validation pictures with boxes."""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from edge.drawing import TRUTH, draw_box, draw_note
from edge.errors import LocalizerError
from edge.image import Image
from train.loggers.logger import NOT_LOGGED, Seen, named
from train.report import overlap
from train.sheet import fitted, framed

_EVERY = 5  # epochs between two looks at the pictures
_MOST = 12  # pictures; TensorBoard shows them one below the other
_SCALAR, _BLOBS = 1, 3  # TensorBoard's classes of data


class TensorBoard:
    """Two runs, ``training`` and ``validation``, so that their curves share a chart.

    TensorFlow's own functions for figures and pictures want TensorBoard installed, which reading
    the files does and writing them need not; ``tf.summary.write`` is below both.
    """

    def __init__(self, folder: Path) -> None:
        """Raises LocalizerError where TensorFlow is not installed."""
        if importlib.util.find_spec("tensorflow") is None:
            raise LocalizerError(
                "--log tensorboard writes its files with TensorFlow; pip install tensorflow"
            )
        self._folder = folder
        self._writers: dict[str, Any] = {}

    def epoch(self, row: Mapping[str, float]) -> None:
        for key, value in row.items():
            if key not in NOT_LOGGED:
                name, part = named(key)
                self._write(part, name, np.float32(value), int(row["epoch"]), "scalars", _SCALAR)
        self._flush()

    def wants_pictures(self, epoch: int) -> bool:
        return epoch == 1 or epoch % _EVERY == 0

    def pictures(self, epoch: int, seen: Sequence[Seen]) -> None:
        for one in seen[:_MOST]:
            tile = told(one)
            good, data = cv2.imencode(".png", cv2.cvtColor(tile, cv2.COLOR_RGB2BGR))
            assert good
            # as TensorBoard has pictures: width, height, and a PNG for each
            height, width = tile.shape[:2]
            blobs = [str(width).encode(), str(height).encode(), data.tobytes()]
            self._write("validation", one.example.name, blobs, epoch, "images", _BLOBS)
        self._flush()

    def close(self) -> None:
        for writer in self._writers.values():
            writer.close()

    def _write(
        self, part: str, name: str, value: Any, epoch: int, plugin: str, data_class: int
    ) -> None:
        import tensorflow as tf

        if part not in self._writers:
            self._writers[part] = tf.summary.create_file_writer(str(self._folder / part))
        metadata = tf.compat.v1.SummaryMetadata(data_class=data_class)
        metadata.plugin_data.plugin_name = plugin
        with self._writers[part].as_default(), tf.device("cpu:0"):
            tf.summary.write(name, tf.constant(value), step=epoch, metadata=metadata)

    def _flush(self) -> None:
        for writer in self._writers.values():
            writer.flush()


def told(one: Seen) -> Image:
    """A tile with the truth (green) and what was found (yellow)."""
    picture = fitted(one.pixels).copy()
    if one.example.box is not None:
        draw_box(picture, one.example.box, one.example.label, TRUTH)
    found = one.answer.found
    if found is None:
        draw_note(picture, "nothing found")
    else:
        text = f"{found.label} {found.score:.2f}"
        if one.example.box is not None:
            text += f" IoU {overlap(one.example, one.answer):.2f}"
        draw_box(picture, found.box, text)
    return framed(picture)
