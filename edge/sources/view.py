"""Which part of a source's picture is looked at, and which way up."""

from __future__ import annotations

import math
from contextlib import closing
from dataclasses import dataclass, replace

import cv2
import numpy as np

from edge.box import Box
from edge.image import Image
from edge.source_options import SourceOptions
from edge.sources import Source

_WHOLE = Box(0.0, 0.0, 1.0, 1.0)
_TURNS = {
    90: cv2.ROTATE_90_CLOCKWISE,
    180: cv2.ROTATE_180,
    270: cv2.ROTATE_90_COUNTERCLOCKWISE,
}


@dataclass(frozen=True, slots=True)
class View:
    """A turn, then a flip, then a crop; a function of pictures."""

    rotate: int = 0
    """Degrees clockwise: 0, 90, 180 or 270."""
    flip: bool = False
    """Whether left and right change sides."""
    crop: Box = _WHOLE
    """The part that stays, in fractions of the turned and flipped picture."""

    @classmethod
    def of(cls, options: SourceOptions) -> View:
        """The view that ``options`` ask for."""
        return cls(options.rotate, options.flip, Box(*options.crop) if options.crop else _WHOLE)

    def __call__(self, image: Image) -> Image:
        """The view of ``image``, contiguous; ``image`` itself where nothing is to be done."""
        if self.rotate:
            image = np.asarray(cv2.rotate(image, _TURNS[self.rotate]), np.uint8)
        if self.flip:
            image = np.asarray(cv2.flip(image, 1), np.uint8)
        if self.crop != _WHOLE:
            height, width = image.shape[:2]
            # Outward, so that at least one pixel stays.
            left, top = math.floor(self.crop.left * width), math.floor(self.crop.top * height)
            right, bottom = math.ceil(self.crop.right * width), math.ceil(self.crop.bottom * height)
            image = np.ascontiguousarray(image[top:bottom, left:right])
        return image

    def source_size(self, width: int, height: int) -> tuple[int, int]:
        """The width and height a source must give at least for a view of ``width`` x ``height``."""
        across = math.ceil(width / self.crop.width)
        down = math.ceil(height / self.crop.height)
        return (down, across) if self.rotate in (90, 270) else (across, down)


def viewed(frames: Source, view: View) -> Source:
    """``frames`` as ``view`` shows them; closing it closes them."""
    with closing(frames):
        for frame in frames:
            if view == View():
                yield frame
                continue
            small = None if frame.small is None else view(frame.small)
            yield replace(frame, pixels=view(frame.pixels), small=small)
