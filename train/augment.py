"""New views of a photo: its pixels and its box move together."""

from __future__ import annotations

import cv2
import numpy as np

from edge.box import Box
from edge.image import Image, resized
from train.photos import Photo

KEPT = 0.85
"""The share of a box that every view keeps."""
_LUMA = np.array([0.299, 0.587, 0.114])


def view(photo: Photo, size: int, rng: np.random.Generator) -> tuple[Image, Box | None]:
    """A random view of ``photo``: zoomed, stretched, shifted, mirrored, in another light.

    Gives pixels of shape (size, size, 3) and the box in them, cut to the view.
    """
    window = _window(photo.box, rng)
    pixels, window = _cut(photo.pixels, window, rng)
    box = photo.box.within(window).clipped() if photo.box is not None else None
    pixels = _relit(resized(pixels, size, size), rng)
    if rng.random() < 0.5:
        pixels = np.ascontiguousarray(pixels[:, ::-1])
        box = box.mirrored() if box is not None else None
    return pixels, box


def background(photo: Photo, size: int, rng: np.random.Generator) -> Image | None:
    """A random view of ``photo`` that shows next to nothing of its object.

    None where the object leaves too little room.
    """
    for _ in range(60):
        width, height = rng.uniform(0.2, 0.7, 2)
        left, top = rng.uniform(0, 1 - width), rng.uniform(0, 1 - height)
        window = Box(left, top, left + width, top + height)
        if photo.box is None or photo.box.intersection(window) <= 0.02 * photo.box.area:
            pixels, _ = _cut(photo.pixels, window, rng)
            pixels = _relit(resized(pixels, size, size), rng)
            return np.ascontiguousarray(pixels[:, ::-1]) if rng.random() < 0.5 else pixels
    return None


def _window(box: Box | None, rng: np.random.Generator) -> Box:
    """The part of the photo to look at, in its fractions; it may reach over the borders."""
    for _ in range(20):
        zoom, stretch = np.exp(rng.uniform(np.log(0.55), np.log(1.35))), rng.uniform(-0.2, 0.2)
        width, height = np.exp(stretch) / zoom, np.exp(-stretch) / zoom
        left = rng.uniform(min(0.0, 1 - width), max(0.0, 1 - width))
        top = rng.uniform(min(0.0, 1 - height), max(0.0, 1 - height))
        window = Box(left, top, left + width, top + height)
        if box is None or box.intersection(window) >= KEPT * box.area:
            return window
    return Box(0.0, 0.0, 1.0, 1.0)


def _cut(image: Image, window: Box, rng: np.random.Generator) -> tuple[Image, Box]:
    """The window's pixels, grey where it leaves the photo; and the window in whole pixels."""
    height, width = image.shape[:2]
    left, top, right, bottom = window.in_pixels(width, height)
    right, bottom = max(right, left + 1), max(bottom, top + 1)
    inside = image[max(top, 0) : bottom, max(left, 0) : right]
    margins = (max(-top, 0), max(bottom - height, 0), max(-left, 0), max(right - width, 0))
    if any(margins):
        grey = [int(rng.integers(0, 256))] * 3
        inside = cv2.copyMakeBorder(inside, *margins, cv2.BORDER_CONSTANT, value=grey).astype(
            np.uint8, copy=False
        )
    return inside, Box(left / width, top / height, right / width, bottom / height)


def _relit(image: Image, rng: np.random.Generator) -> Image:
    """The same picture in another light: one affine map of its colours."""
    saturation = rng.uniform(0.5, 1.5)
    cast = rng.uniform(0.9, 1.1, 3)
    contrast = rng.uniform(0.7, 1.3)
    bias = rng.uniform(-25, 25)
    colours = saturation * np.eye(3) + (1 - saturation) * np.outer(np.ones(3), _LUMA)
    matrix = contrast * cast[:, None] * colours
    mean = np.asarray(cv2.mean(image)[:3])
    shift = mean + bias - matrix @ mean
    return cv2.transform(image, np.column_stack([matrix, shift])).astype(np.uint8, copy=False)
