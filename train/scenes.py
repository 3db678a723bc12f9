"""Drawn scenes: one shape on a busy background, with its exact box; data for a demonstration.

Nothing is downloaded, the truth is exact, and the same seed draws the same scene.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from edge.box import Box
from edge.errors import LocalizerError
from edge.image import Image, resized, write_image
from train.readers.settle import Thing
from train.run_folder import refuse_existing
from train.writers.voc import voc

SHAPES = ("disc", "star", "triangle")
_FINE = 3  # fractional bits of OpenCV's drawing, so that edges are exact to an eighth of a pixel


def scene(size: int, rng: np.random.Generator, shape: str | None) -> tuple[Image, Box | None]:
    """A scene of (size, size, 3) pixels with ``shape`` somewhere, or none; and its box."""
    large, box = 2 * size, None  # drawn at twice the size, as a camera sees more than is kept
    image = background(large, rng)
    if shape is not None:
        radius = rng.uniform(0.15, 0.34) * large
        centre = rng.uniform(radius + 1, large - radius - 1, 2)
        angle = rng.uniform(0, 2 * math.pi)
        image, box = draw(image, shape, centre, radius, angle, colour(rng))
    return resized(image, size, size), box


def colour(rng: np.random.Generator) -> tuple[int, int, int]:
    """A vivid colour."""
    hsv = np.array([[[rng.integers(0, 180), rng.integers(170, 256), rng.integers(150, 256)]]])
    red, green, blue = cv2.cvtColor(hsv.astype(np.uint8), cv2.COLOR_HSV2RGB)[0, 0].tolist()
    return red, green, blue


def background(size: int, rng: np.random.Generator) -> Image:
    """Clouds of colour crossed by lines and little rectangles, shape (size, size, 3)."""
    coarse = rng.integers(40, 216, (6, 6, 3)).astype(np.uint8)
    image = cv2.resize(coarse, (size, size), interpolation=cv2.INTER_CUBIC)
    for _ in range(12):
        ends = rng.integers(0, size, (2, 2))
        grey = [int(value) for value in rng.integers(30, 226, 3)]
        if rng.random() < 0.5:
            cv2.line(image, ends[0].tolist(), ends[1].tolist(), grey, 1 + size // 96)
        else:
            far = (ends[0] + rng.integers(2, max(size // 8, 3), 2)).tolist()
            cv2.rectangle(image, ends[0].tolist(), far, grey, -1)
    noise = rng.normal(0, 6, image.shape)
    return np.asarray(np.clip(image + noise, 0, 255), np.uint8)


def outline(
    shape: str, centre: npt.NDArray[np.float64], radius: float, angle: float
) -> npt.NDArray[np.float64]:
    """The corners of a shape in pixels, shape (corners, 2)."""
    if shape == "star":
        turns, radii = 10, np.tile([1.0, 0.45], 5)
    else:
        turns, radii = {"disc": 72, "triangle": 3}[shape], np.ones(1)
    angles = angle + 2 * math.pi * np.arange(turns) / turns
    around = np.column_stack([np.cos(angles), np.sin(angles)])
    return np.asarray(centre + radius * radii[:, None] * around, np.float64)


def draw(
    image: Image,
    shape: str,
    centre: npt.NDArray[np.float64],
    radius: float,
    angle: float,
    fill: tuple[int, int, int],
) -> tuple[Image, Box]:
    """``image`` with a shape on it (in place), and the shape's exact box."""
    height, width = image.shape[:2]
    corners = outline(shape, centre, radius, angle)
    dark = [int(0.35 * value) for value in fill]
    # OpenCV's smoothed polygons are a good half pixel too large on each side
    inner = _fixed(outline(shape, centre, radius - 0.7, angle))
    cv2.fillPoly(image, [inner], fill, cv2.LINE_AA, _FINE)
    cv2.polylines(image, [inner], True, dark, 1, cv2.LINE_AA, _FINE)
    low, high = corners.min(axis=0), corners.max(axis=0)
    return image, Box.spanned((low[0] / width, low[1] / height, high[0] / width, high[1] / height))


def _fixed(corners: npt.NDArray[np.float64]) -> npt.NDArray[np.int32]:
    # OpenCV puts (0, 0) into the middle of the first pixel, fractions of a picture at its corner
    return np.asarray(np.round((corners - 0.5) * 2**_FINE), np.int32)


def write_scenes(
    folder: Path,
    count: int,
    size: int,
    seed: int,
    watch: Callable[[Iterable[int]], Iterable[int]] = lambda numbers: numbers,
) -> None:
    """Fill ``folder`` with drawn scenes as Pascal VOC: one in five is empty."""
    for name in ("images", "annotations"):
        (folder / name).mkdir(parents=True)
    for number in watch(range(count)):
        shape = None if number % 5 == 4 else SHAPES[number % len(SHAPES)]
        pixels, box = scene(size, np.random.default_rng((seed, number)), shape)
        stem = f"scene_{number:05d}"
        write_image(folder / "images" / f"{stem}.png", pixels)
        things = []
        if shape is not None and box is not None:
            # to a hundredth pixel
            edges = [round(edge * size, 2) / size for edge in box.edges]
            things.append(Thing(shape, Box(*edges)))
        annotation = voc(f"{stem}.png", size, size, things)
        (folder / "annotations" / f"{stem}.xml").write_text(annotation)


def refuse_clip(path: Path) -> None:
    """Raise LocalizerError where no film can be made at ``path``: better than after the scenes."""
    refuse_existing(path)
    if path.suffix.lower() != ".mp4":
        raise LocalizerError(f"a film's name ends in .mp4. Received: {path}")
    if not path.parent.is_dir():
        raise LocalizerError(f"{path.parent} is not a folder; make it, or name another for {path}")


def write_clip(path: Path, frames: int, size: int, seed: int) -> None:
    """A film of one shape after the other that wanders, turns, and leaves the scene empty.

    size: of the scenes that it resembles; the film shows them four times as large.
    Raises LocalizerError where OpenCV cannot write it.
    """
    rng = np.random.default_rng((seed, 1))
    film = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), 15.0, (4 * size,) * 2)
    if not film.isOpened():
        raise LocalizerError(f"{path} cannot be written as a film; is its folder there?")
    large = 2 * size
    try:
        each = max(frames // len(SHAPES), 1)
        for number in range(frames):
            part, t = divmod(number, each)
            if t == 0:
                back, fill = background(large, rng), colour(rng)
                radius, phase = rng.uniform(0.17, 0.3) * large, rng.uniform(0, 2 * math.pi)
            image = back.copy()
            turn = 2 * math.pi * t / each
            if t < 0.85 * each:  # the last frames of each part show nothing
                reach = large / 2 - radius - 2
                path_of = np.array([math.cos(turn + phase), math.sin(2 * turn + phase)])
                centre = large / 2 + reach * path_of
                draw(image, SHAPES[part % len(SHAPES)], centre, radius, turn, fill)
            shown = resized(image, 4 * size, 4 * size)
            film.write(cv2.cvtColor(shown, cv2.COLOR_RGB2BGR))
    finally:
        film.release()
