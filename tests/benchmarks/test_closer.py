"""Both ways to look at the same pictures are measured side by side."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from benchmarks.closer import looks
from edge.box import Box
from train.example import Example


def test_each_picture_has_one_look_and_a_closer_one(tiny_model: Path, tmp_path: Path) -> None:
    picture = np.zeros((320, 320, 3), np.uint8)
    picture[60:200, 90:170, 2] = 255  # red, as OpenCV writes it
    cv2.imwrite(str(tmp_path / "a.png"), picture)
    box = Box(90 / 320, 60 / 320, 170 / 320, 200 / 320)
    found = looks(tiny_model, [Example(tmp_path / "a.png", box, "red")])
    assert found["areas"] == {"a.png": round(box.area, 4)}
    assert found["one"]["images"] == found["closer"]["images"] == 1
    assert found["one_pictures"]["a.png"][1] == found["closer_pictures"]["a.png"][1] == 1.0
    assert found["one_pictures"] != found["closer_pictures"]
