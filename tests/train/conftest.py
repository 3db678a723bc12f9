"""What the tests of training and data share."""

from collections.abc import Callable
from pathlib import Path

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
