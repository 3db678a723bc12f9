"""What a camera's shape costs: held-out pictures cut to 16:9 and 1:1, stretched or in a letterbox.

``python -m benchmarks.shape`` asks the model files that ``benchmarks.accuracy`` kept, each on the
pictures that its training held out; nothing is trained.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from benchmarks.kept import asks_kept
from edge.box import Box
from edge.image import Image, read_image, resized
from edge.localizer import Localizer, load_localizer
from train.example import Example

SHAPES = {"photo": None, "16:9": 16 / 9, "1:1": 1.0}
"""Width by height of what the camera sees; None is the photo as it is."""
_GREY = 127


def cut(picture: Image, box: Box, shape: float | None) -> tuple[Image, Box]:
    """The largest part of ``picture`` of that shape around its box, and the box in it.

    The box is whole where the picture allows it, else cut.
    """
    height, width = picture.shape[:2]
    if shape is None:
        return picture, box
    across, down = min(width, round(height * shape)), min(height, round(width / shape))

    def start(low: float, high: float, length: int, whole: int) -> int:
        middle = (low + high) / 2 * whole
        return int(np.clip(round(middle - length / 2), 0, whole - length))

    left = start(box.left, box.right, across, width)
    top = start(box.top, box.bottom, down, height)
    seen = Box(left / width, top / height, (left + across) / width, (top + down) / height)
    return picture[top : top + down, left : left + across], box.within(seen).clipped()


def stretched(localizer: Localizer, picture: Image) -> Box | None:
    """The box by the one resize that the project has."""
    found = localizer(picture).found
    return found.box if found is not None else None


def letterboxed(localizer: Localizer, picture: Image) -> Box | None:
    """The box by a resize that keeps the shape, the rest of the input grey."""
    height, width = picture.shape[:2]
    size = localizer.card.width
    scale = size / max(height, width)
    across, down = round(width * scale), round(height * scale)
    left, top = (size - across) // 2, (size - down) // 2
    pixels = np.full((size, size, 3), _GREY, np.uint8)
    pixels[top : top + down, left : left + across] = resized(picture, across, down)
    found = localizer.decode(localizer.infer(pixels)).found
    if found is None:
        return None
    seen = Box(left / size, top / size, (left + across) / size, (top + down) / size)
    return found.box.within(seen).clipped()


FITS: dict[str, Callable[[Localizer, Image], Box | None]] = {
    "stretch": stretched,
    "letterbox": letterboxed,
}


def overlaps(model: Path, examples: Sequence[Example]) -> dict[str, dict[str, float]]:
    """Each picture's IoU by shape and fit, such as ``16:9 stretch``; 0 where nothing was found."""
    localizer, _ = load_localizer(model, threads=2)
    found: dict[str, dict[str, float]] = {}
    for example in examples:
        if example.box is None:
            continue
        picture = read_image(example.path)
        found[example.name] = {}
        for name, shape in SHAPES.items():
            part, truth = cut(picture, example.box, shape)
            for fit, locate in FITS.items():
                box = locate(localizer, part)
                iou = truth.iou(box) if box is not None else 0.0
                found[example.name][f"{name} {fit}"] = round(iou, 4)
    return found


main = asks_kept(
    "shape",
    lambda asked: {"pictures": overlaps(asked.model, asked.examples)},
    "pets",
    "Measure what is missing of pictures in a camera's shape, then write RESULTS.md.",
)


if __name__ == "__main__":
    main()
