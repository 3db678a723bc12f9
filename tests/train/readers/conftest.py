"""What the readers' tests share."""

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

Draw = Callable[..., Path]


@pytest.fixture
def draw(tmp_path: Path) -> Draw:
    """Writes a grey picture of 80x60 pixels, or another size, by its name in ``tmp_path``."""

    def drawn(name: str, width: int = 80, height: int = 60, shade: int = 90) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(path), np.full((height, width, 3), shade, np.uint8))
        return path

    return drawn
