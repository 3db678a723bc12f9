"""What is drawn at random for a new view of a photo; its pixels are ``train.render``'s work."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from edge.box import Box
from train.photos import Photo

KEPT = 0.85
"""The share of a box that every view keeps."""
_BLURRED = 0.3  # of the views, at most
# Of the view's side, at most: what a thing that crosses the picture in a second covers while a
# camera in a dim room exposes one of 30 frames.
_SMEAR = 1 / 30
_LUMA = np.array([0.299, 0.587, 0.114])

Span = tuple[int, int, int, int]
"""Left, top, right and bottom in whole pixels of the photo."""


class Paste(NamedTuple):
    """A part of the photo, stretched over another one."""

    part: Span
    over: Span


class Light(NamedTuple):
    """One affine map of the colours, which turns around their mean."""

    matrix: npt.NDArray[np.float64]
    """Shape (3, 3); from RGB to RGB."""
    bias: float
    """Brighter by this, of 255."""


@dataclass(frozen=True, slots=True)
class View:
    """How a photo is looked at: in this order, from the photo to the network's pixels."""

    pastes: tuple[Paste, ...]
    window: Span
    """What is seen, resized to the network's square; it may reach over the photo's borders."""
    grey: int
    """What stands beyond the borders, 0 to 255."""
    blur: tuple[int, int]
    """The mean of so many pixels across and down, odd; of 1 it does nothing."""
    light: Light
    mirrored: bool
    box: Box | None
    """The object's, in fractions of the view and cut to it."""


def view_of(
    photo: Photo,
    size: int,
    rng: np.random.Generator,
    variety: float = 1.0,
    mirror: bool = True,
) -> View:
    """A random view of ``photo``: zoomed, stretched, shifted, mirrored, blurred, in another light.

    size: the side of the network's square, in pixels.
    variety: how far it strays, 0 to 1; at 0 it is the photo or its mirror image.
    mirror: whether half of the views are mirrored.
    """
    window = _window(photo.box, rng, variety)
    pastes = _distraction(photo, rng, variety)
    seen = _seen(photo, pastes, window, size, rng, variety)
    return _mirrored(seen) if rng.random() < 0.5 and mirror else seen


def background_of(photo: Photo, size: int, rng: np.random.Generator) -> View | None:
    """A random view of ``photo`` that shows next to nothing of its object.

    Half of them are parts beside the object, half the whole photo with another of its parts
    pasted over the object. None where the object leaves too little room.
    """
    beside = _beside(photo.box, rng)
    if beside is None:
        return None
    nothing = Photo(photo.pixels, None, None)
    if photo.box is None or rng.random() < 0.5:
        seen = _seen(nothing, (), beside, size, rng, 1.0)
        return _mirrored(seen) if rng.random() < 0.5 else seen
    middle = (photo.box.left + photo.box.right) / 2, (photo.box.top + photo.box.bottom) / 2
    half = photo.box.width * rng.uniform(0.55, 0.8), photo.box.height * rng.uniform(0.55, 0.8)
    over = Box.spanned(
        (middle[0] - half[0], middle[1] - half[1], middle[0] + half[0], middle[1] + half[1])
    )
    seen = view_of(nothing, size, rng)
    return replace(seen, pastes=(*_paste(photo, beside, over), *seen.pastes))


def _seen(
    photo: Photo,
    pastes: tuple[Paste, ...],
    window: Box,
    size: int,
    rng: np.random.Generator,
    variety: float,
) -> View:
    """A view of a part of the photo, with what is drawn after the part is chosen."""
    height, width = photo.pixels.shape[:2]
    left, top, right, bottom = window.in_pixels(width, height)
    right, bottom = max(right, left + 1), max(bottom, top + 1)
    leaves = left < 0 or top < 0 or right > width or bottom > height
    grey = int(rng.integers(0, 256)) if leaves else 0
    cut = Box(left / width, top / height, right / width, bottom / height)
    box = photo.box.within(cut).clipped() if photo.box is not None else None
    blur = _blur(size, rng, variety)
    light = _light(rng, variety)
    return View(pastes, (left, top, right, bottom), grey, blur, light, mirrored=False, box=box)


def _mirrored(view: View) -> View:
    box = view.box.mirrored() if view.box is not None else None
    return replace(view, mirrored=True, box=box)


def _beside(box: Box | None, rng: np.random.Generator) -> Box | None:
    """A part of the photo that shows next to nothing of ``box``; None where none was found."""
    for _ in range(60):
        width, height = rng.uniform(0.2, 0.7, 2)
        left, top = rng.uniform(0, 1 - width), rng.uniform(0, 1 - height)
        window = Box(left, top, left + width, top + height)
        if box is None or box.intersection(window) <= 0.02 * box.area:
            return window
    return None


def _distraction(photo: Photo, rng: np.random.Generator, variety: float) -> tuple[Paste, ...]:
    """Now and then one of the photo's parts, pasted beside its object.

    Without that, a pasted edge would be a sign that nothing is there.
    """
    if rng.random() > 0.3 * variety:
        return ()
    width, height = rng.uniform(0.1, 0.5, 2)
    left, top = rng.uniform(0, 1 - width), rng.uniform(0, 1 - height)
    over, beside = Box(left, top, left + width, top + height), _beside(photo.box, rng)
    covered = photo.box.intersection(over) if photo.box is not None else 0.0
    if beside is None or covered > 0:
        return ()
    return _paste(photo, beside, over)


def _paste(photo: Photo, part: Box, over: Box) -> tuple[Paste, ...]:
    """``part`` over another part; nothing where either is less than a pixel."""
    height, width = photo.pixels.shape[:2]
    spans = part.in_pixels(width, height), over.in_pixels(width, height)
    some = all(right > left and bottom > top for left, top, right, bottom in spans)
    return (Paste(*spans),) if some else ()


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


def _blur(size: int, rng: np.random.Generator, variety: float) -> tuple[int, int]:
    """Now and then out of focus or smeared by motion, across or down."""
    if rng.random() > _BLURRED * variety:
        return 1, 1
    reach = int(_SMEAR / 2 * size)
    across, down = (int(2 * half + 1) for half in rng.integers(0, reach + 1, 2))
    return across, down


def _light(rng: np.random.Generator, variety: float) -> Light:
    """Another saturation, cast, contrast and brightness."""
    saturation = 1 + variety * rng.uniform(-0.5, 0.5)
    cast = 1 + variety * rng.uniform(-0.1, 0.1, 3)
    contrast = 1 + variety * rng.uniform(-0.3, 0.3)
    bias = variety * rng.uniform(-25, 25)
    colours = saturation * np.eye(3) + (1 - saturation) * np.outer(np.ones(3), _LUMA)
    return Light(contrast * cast[:, None] * colours, float(bias))
