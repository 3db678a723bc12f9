"""The pixels of a view of a photo, made by OpenCV and the device's own resize."""

from __future__ import annotations

import cv2
import numpy as np

from edge.box import Box
from edge.image import Image, resized
from train.augment import Light, Paste, Span, View, view_of
from train.photos import Photo


def rendered(photo: Image, view: View, size: int) -> Image:
    """What ``view`` shows of a photo's pixels: shape (size, size, 3)."""
    seen = resized(_cut(pasted(photo, view.pastes), view.window, view.grey), size, size)
    if view.blur != (1, 1):
        seen = cv2.blur(seen, view.blur).astype(np.uint8, copy=False)
    seen = _lit(seen, view.light)
    return np.ascontiguousarray(seen[:, ::-1]) if view.mirrored else seen


def random_view(
    photo: Photo,
    size: int,
    rng: np.random.Generator,
    variety: float = 1.0,
    mirror: bool = True,
) -> tuple[Image, Box | None]:
    """Pixels and box of a view as ``train.augment.view_of`` draws it."""
    view = view_of(photo, size, rng, variety, mirror)
    return rendered(photo.pixels, view, size), view.box


def pasted(photo: Image, pastes: tuple[Paste, ...]) -> Image:
    """The photo with some of its parts over others, one after the other; a copy, if any."""
    shown = photo.copy() if pastes else photo
    for (x1, y1, x2, y2), (left, top, right, bottom) in pastes:
        shown[top:bottom, left:right] = resized(shown[y1:y2, x1:x2], right - left, bottom - top)
    return shown


def _cut(photo: Image, window: Span, grey: int) -> Image:
    """The window's pixels, grey where it leaves the photo."""
    height, width = photo.shape[:2]
    left, top, right, bottom = window
    inside = photo[max(top, 0) : bottom, max(left, 0) : right]
    margins = (max(-top, 0), max(bottom - height, 0), max(-left, 0), max(right - width, 0))
    if not any(margins):
        return inside
    filled = cv2.copyMakeBorder(inside, *margins, cv2.BORDER_CONSTANT, value=[grey] * 3)
    return filled.astype(np.uint8, copy=False)


def _lit(image: Image, light: Light) -> Image:
    mean = np.asarray(cv2.mean(image)[:3])
    shift = mean + light.bias - light.matrix @ mean
    return cv2.transform(image, np.column_stack([light.matrix, shift])).astype(np.uint8, copy=False)
