"""What wrongly prepared pixels look like: each known mistake is tried until one explains them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

import cv2
import numpy as np
import numpy.typing as npt

from edge.golden.fingerprint import fingerprint
from edge.golden.seen import MIXED, Viewed
from edge.image import Image

Size = tuple[int, int]
"""Rows and columns."""


def wrong_pixels(seen: Sequence[Viewed], size: Size) -> str:
    """The likeliest cause for pixels that are not the workstation's; ``size`` is the card's."""
    return next(_causes(seen, size))


def _causes(seen: Sequence[Viewed], size: Size) -> Iterator[str]:
    for one in seen:
        if np.shape(one.pixels) != (*size, 3):
            yield f"they have the shape {np.shape(one.pixels)} and not {(*size, 3)}"
    for name, undone in MIXED.items():
        if all(one.would_be(undone(one.pixels)) for one in seen):
            yield name
    slope, offset = _line(seen)
    stretched = abs(slope - 1) > 0.02 or abs(offset) > 2
    if stretched and all(_colours_match(one, slope, offset) for one in seen):
        digits = 2 if abs(slope) < 0.1 else 0
        first, last = (round(end, digits) + 0.0 for end in (offset, offset + 255 * slope))
        yield f"they are in another range (from {first:g} to {last:g} and not from 0 to 255)"
    kind = np.asarray(seen[0].pixels).dtype
    if kind != np.uint8:
        yield f"they are {kind} and not uint8"
    for name, resize in _RESIZES.items():
        if all(_same(resize(one.shown.picture, size), one.pixels) for one in seen):
            yield f"the pictures are resized in another way ({name})"
    if all(_colours_match(one, 1.0, 0.0) for one in seen):
        yield "the pictures are resized in another way (colours are right, sharpness is not)"
    yield "their colours are others, as no known mistake makes them"


def _line(seen: Sequence[Viewed]) -> tuple[float, float]:
    """Slope and offset that best turn the wanted block means into the seen ones."""
    wanted = np.concatenate([one.shown.prepared.means.reshape(-1) for one in seen])
    means = np.concatenate([fingerprint(one.pixels).means.reshape(-1) for one in seen])
    spread = float(wanted.var())
    slope = float(((wanted - wanted.mean()) * (means - means.mean())).mean()) / (spread or 1.0)
    return slope, float(means.mean() - slope * wanted.mean())


def _colours_match(one: Viewed, slope: float, offset: float) -> bool:
    """Whether the pixels' block means are the wanted ones after the line is undone."""
    if abs(slope) < 1e-6:
        return False
    pixels = (np.asarray(one.pixels, np.float32) - offset) / slope
    return fingerprint(pixels).colours_match(one.shown.prepared)


def _same(one: Image, other: npt.NDArray[np.generic]) -> bool:
    return float(np.abs(one.astype(np.float32) - np.asarray(other, np.float32)).mean()) < 0.5


def _by(how: int) -> Callable[[Image, Size], Image]:
    def fitted(picture: Image, size: Size) -> Image:
        return cv2.resize(picture, size[::-1], interpolation=how).astype(np.uint8, copy=False)

    return fitted


_by_area = _by(cv2.INTER_AREA)


def _letterboxed(picture: Image, size: Size, ground: int = 0) -> Image:
    """The aspect kept, centred on a plain ground."""
    height, width = picture.shape[:2]
    scale = min(size[0] / height, size[1] / width)
    down, across = max(round(height * scale), 1), max(round(width * scale), 1)
    canvas = np.full((*size, 3), ground, np.uint8)
    top, left = (size[0] - down) // 2, (size[1] - across) // 2
    canvas[top : top + down, left : left + across] = _by_area(picture, (down, across))
    return canvas


def _cropped(picture: Image, size: Size) -> Image:
    """The aspect kept, what is too wide or too high cut off on both sides."""
    height, width = picture.shape[:2]
    scale = min(height / size[0], width / size[1])
    down, across = max(round(size[0] * scale), 1), max(round(size[1] * scale), 1)
    top, left = (height - down) // 2, (width - across) // 2
    return _by_area(picture[top : top + down, left : left + across], size)


_RESIZES: Mapping[str, Callable[[Image, Size], Image]] = {
    "by the nearest pixel": _by(cv2.INTER_NEAREST),
    "by linear interpolation": _by(cv2.INTER_LINEAR),
    "by cubic interpolation": _by(cv2.INTER_CUBIC),
    "by area even where it enlarges": _by_area,
    "into a letterbox": _letterboxed,
    "into a grey letterbox": lambda picture, size: _letterboxed(picture, size, 114),
    "after a crop of the middle": _cropped,
}
