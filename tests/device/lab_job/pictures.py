"""The pictures that the lab's two virtual cameras play, and what is in them."""

import sys
from pathlib import Path

import cv2
import numpy as np

SIZE = (640, 480)
SMALLER = ((384, 288), (128, 96), (640, 480))
"""What edge-run asks of the second stream for a model of 224 pixels, of 32 pixels, and the whole.
The last one has to be the largest: what the virtual pipeline does not have, it makes that."""

SCENES = (("red", (0.25, 0.5, 0.75, 0.875)), ("blue", (0.125, 0.125, 0.5, 0.5)))
"""Label and box of a rectangle on black: what the tests' tiny model finds."""
COLOURS = {"red": (255, 0, 0), "blue": (0, 0, 255)}
CHART = ((0, 0, 0), (64, 64, 64), (128, 128, 128), (255, 255, 255), (200, 60, 20), (20, 60, 200))
"""Bands from left to right, in RGB."""

MODELS = ("lab scenes", "lab chart")
"""What the cameras call themselves, in the order in which libcamera has them."""


def within(box, width, height):
    """Which pixels lie in a box of fractions: shape (height, width)."""
    left, top, right, bottom = box
    lit = np.zeros((height, width), bool)
    lit[
        round(top * height) : round(bottom * height), round(left * width) : round(right * width)
    ] = 1
    return lit


def scene(number):
    label, box = SCENES[number]
    width, height = SIZE
    picture = np.zeros((height, width, 3), np.uint8)
    picture[within(box, width, height)] = COLOURS[label]
    return picture


def chart():
    width, height = SIZE
    bands = np.array(CHART, np.uint8)[np.arange(width) * len(CHART) // width]
    return np.broadcast_to(bands, (height, width, 3)).copy()


def write(folder):
    """Write the pictures into ``folder`` and libcamera's description of the cameras."""
    formats = "".join(
        f"    - {{ width: {width}, height: {height}, frame_rates: [30, 60] }}\n"
        for width, height in SMALLER
    )
    described = ""
    shows = [scene(0), scene(1)], [chart()]
    for number, (model, pictures) in enumerate(zip(MODELS, shows, strict=True)):
        frames = folder / str(number)
        frames.mkdir(parents=True)
        for index, picture in enumerate(pictures):
            bgr = cv2.cvtColor(picture, cv2.COLOR_RGB2BGR)
            assert cv2.imwrite(str(frames / f"{index}.jpg"), bgr, [cv2.IMWRITE_JPEG_QUALITY, 98])
        described += (
            f'"Virtual{number}":\n  supported_formats:\n{formats}'
            f'  frames:\n    path: "{frames}/"\n'
            f'  location: "CameraLocationFront"\n  model: "{model}"\n'
        )
    configuration = Path("/usr/share/libcamera/pipeline/virtual/virtual.yaml")
    configuration.parent.mkdir(parents=True, exist_ok=True)
    configuration.write_text(f"%YAML 1.1\n---\n{described}")


if __name__ == "__main__":
    write(Path(sys.argv[1]))
