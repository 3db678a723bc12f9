"""Gives the tests' tiny model its card, and draws pictures for it.

``python drawn.py TINY.tflite MODEL.tflite FOLDER``: for stages of the lab that find no other model.
"""

import sys
from pathlib import Path

import cv2

from edge.card import Card, with_card
from edge.sources.fake import picture

plain, model, folder = map(Path, sys.argv[1:])
model.write_bytes(with_card(plain.read_bytes(), Card(width=32, height=32, labels=("red", "blue"))))
for number, index in enumerate(range(0, 180, 15)):
    red = picture("rectangle", index)
    # OpenCV writes blue, green, red: what is left as it is becomes blue.
    assert cv2.imwrite(str(folder / f"{index:03}.png"), red if number % 2 else red[..., ::-1])
