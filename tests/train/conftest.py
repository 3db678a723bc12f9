"""What the tests of training and data share."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

Draw = Callable[..., Path]


@pytest.fixture
def draw(tmp_path: Path) -> Draw:
    """Writes a picture of 80x60 pixels, or another size, by its name in ``tmp_path``.

    It is grey, or has a pattern of its own where ``seed`` is given.
    """

    def drawn(name: str, width: int = 80, height: int = 60, seed: int | None = None) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        pixels = np.full((height, width, 3), 90, np.uint8)
        if seed is not None:
            coarse = np.random.default_rng(seed).integers(0, 256, (6, 6, 3)).astype(np.uint8)
            pixels = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
        cv2.imwrite(str(path), pixels)
        return path

    return drawn


@pytest.fixture
def events() -> Callable[[Path], list[tuple[int, str, Any]]]:
    """Reads every value in TensorBoard's files of a folder: step, name, summary."""
    import tensorflow as tf

    def read(folder: Path) -> list[tuple[int, str, Any]]:
        found = []
        for file in sorted(folder.iterdir()):
            for record in tf.data.TFRecordDataset(str(file)):
                event = tf.compat.v1.Event.FromString(record.numpy())
                found += [(event.step, value.tag, value) for value in event.summary.value]
        return found

    return read
