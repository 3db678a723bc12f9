"""New views of a photo: its pixels and its box move together."""

from __future__ import annotations

import cv2
import numpy as np

from edge.box import Box
from edge.image import Image, resized
from train.photos import Photo

KEPT = 0.85
"""The share of a box that every view keeps."""
_BLURRED = 0.3  # of the views, at most
# Of the view's side, at most: what a thing that crosses the picture in a second covers while a
# camera in a dim room exposes one of 30 frames.
_SMEAR = 1 / 30
_LUMA = np.array([0.299, 0.587, 0.114])


def view(
    photo: Photo,
    size: int,
    rng: np.random.Generator,
    variety: float = 1.0,
    mirror: bool = True,
) -> tuple[Image, Box | None]:
    """A random view of ``photo``: zoomed, stretched, shifted, mirrored, blurred, in another light.

    variety: how far it strays, 0 to 1; at 0 it is the photo or its mirror image.
    mirror: whether half of the views are mirrored.
    Gives pixels of shape (size, size, 3) and the box in them, cut to the view.
    """
    window = _window(photo.box, rng, variety)
    pixels, window = _cut(_distracted(photo, rng, variety), window, rng)
    box = photo.box.within(window).clipped() if photo.box is not None else None
    pixels = _relit(_blurred(resized(pixels, size, size), rng, variety), rng, variety)
    if rng.random() < 0.5 and mirror:
        pixels = np.ascontiguousarray(pixels[:, ::-1])
        box = box.mirrored() if box is not None else None
    return pixels, box


def background(photo: Photo, size: int, rng: np.random.Generator) -> Image | None:
    """A random view of ``photo`` that shows next to nothing of its object.

    Half of them are parts beside the object, half the whole photo with another of its parts
    pasted over the object. None where the object leaves too little room.
    """
    beside = _beside(photo.box, rng)
    if beside is None:
        return None
    if photo.box is None or rng.random() < 0.5:
        pixels, _ = _cut(photo.pixels, beside, rng)
        pixels = _relit(_blurred(resized(pixels, size, size), rng, 1.0), rng, 1.0)
        return np.ascontiguousarray(pixels[:, ::-1]) if rng.random() < 0.5 else pixels
    middle = (photo.box.left + photo.box.right) / 2, (photo.box.top + photo.box.bottom) / 2
    half = photo.box.width * rng.uniform(0.55, 0.8), photo.box.height * rng.uniform(0.55, 0.8)
    over = Box.spanned(
        (middle[0] - half[0], middle[1] - half[1], middle[0] + half[0], middle[1] + half[1])
    )
    return view(Photo(_pasted(photo.pixels, beside, over), None, None), size, rng)[0]


def _beside(box: Box | None, rng: np.random.Generator) -> Box | None:
    """A part of the photo that shows next to nothing of ``box``; None where none was found."""
    for _ in range(60):
        width, height = rng.uniform(0.2, 0.7, 2)
        left, top = rng.uniform(0, 1 - width), rng.uniform(0, 1 - height)
        window = Box(left, top, left + width, top + height)
        if box is None or box.intersection(window) <= 0.02 * box.area:
            return window
    return None


def _distracted(photo: Photo, rng: np.random.Generator, variety: float) -> Image:
    """The photo, now and then with one of its parts pasted beside its object.

    Without that, a pasted edge would be a sign that nothing is there.
    """
    if rng.random() > 0.3 * variety:
        return photo.pixels
    width, height = rng.uniform(0.1, 0.5, 2)
    left, top = rng.uniform(0, 1 - width), rng.uniform(0, 1 - height)
    over, beside = Box(left, top, left + width, top + height), _beside(photo.box, rng)
    covered = photo.box.intersection(over) if photo.box is not None else 0.0
    if beside is None or covered > 0:
        return photo.pixels
    return _pasted(photo.pixels, beside, over)


def _pasted(image: Image, part: Box, over: Box) -> Image:
    """A copy of ``image`` with its ``part`` stretched ``over`` another."""
    height, width = image.shape[:2]
    left, top, right, bottom = over.in_pixels(width, height)
    x1, y1, x2, y2 = part.in_pixels(width, height)
    copy = image.copy()
    if right > left and bottom > top and x2 > x1 and y2 > y1:
        copy[top:bottom, left:right] = resized(image[y1:y2, x1:x2], right - left, bottom - top)
    return copy


def _window(box: Box | None, rng: np.random.Generator, variety: float) -> Box:
    """The part of the photo to look at, in its fractions; it may reach over the borders."""
    for _ in range(20):
        zoom = np.exp(variety * rng.uniform(np.log(0.55), np.log(1.35)))
        stretch = variety * rng.uniform(-0.2, 0.2)
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


def _blurred(image: Image, rng: np.random.Generator, variety: float) -> Image:
    """The same picture, now and then out of focus or smeared by motion across or down."""
    if rng.random() > _BLURRED * variety:
        return image
    reach = int(_SMEAR / 2 * image.shape[0])
    across, down = (int(2 * half + 1) for half in rng.integers(0, reach + 1, 2))
    return cv2.blur(image, (across, down)).astype(np.uint8, copy=False)


def _relit(image: Image, rng: np.random.Generator, variety: float) -> Image:
    """The same picture in another light: one affine map of its colours."""
    saturation = 1 + variety * rng.uniform(-0.5, 0.5)
    cast = 1 + variety * rng.uniform(-0.1, 0.1, 3)
    contrast = 1 + variety * rng.uniform(-0.3, 0.3)
    bias = variety * rng.uniform(-25, 25)
    colours = saturation * np.eye(3) + (1 - saturation) * np.outer(np.ones(3), _LUMA)
    matrix = contrast * cast[:, None] * colours
    mean = np.asarray(cv2.mean(image)[:3])
    shift = mean + bias - matrix @ mean
    return cv2.transform(image, np.column_stack([matrix, shift])).astype(np.uint8, copy=False)
