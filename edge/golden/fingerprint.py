"""The fingerprint of prepared pixels: enough numbers to tell how a picture was prepared."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from edge.image import Image

CELLS = 14
"""Blocks down and across the prepared picture."""
_MEAN, _WORST = 1.0, 8.0  # of 255: JPEG decoders and rounding of the means give 0.3 and 2
_SHARPER = 0.015  # share; linear for area makes it 0.04 in the median, nearest 0.17


def chart() -> Image:
    """A fine pattern of 640x480 pixels, a camera's size: no resize leaves it like another.

    Photos may be as small as the model's input, and then every resize is the same to them.
    """
    y, x = np.mgrid[:480, :640]
    fine = (73 * x + 151 * y + 37 * (x * y % 251)) % 128  # as good as noise, and the same anywhere
    slow = (x // 5, y * 4 // 15, 127 - x // 5)  # so that colours and sides differ
    return np.stack([fine + part for part in slow], axis=-1).astype(np.uint8)


@dataclass(frozen=True, slots=True, eq=False)
class Fingerprint:
    """What is left of prepared pixels when only colours and sharpness are kept."""

    means: npt.NDArray[np.float32]
    """Shape (CELLS, CELLS, 3): the mean of each block and channel, 0 to 255."""
    gradient: float
    """The mean absolute difference between neighbouring pixels, 0 to 255."""

    def matches(self, other: Fingerprint) -> bool:
        """Whether both are of the same pixels but for what JPEG decoders differ in."""
        return self.colours_match(other) and self.sharpness_matches(other)

    def colours_match(self, other: Fingerprint) -> bool:
        """Whether the same colours are in the same places."""
        apart = np.abs(self.means - other.means)
        return bool(apart.mean() <= _MEAN and apart.max() <= _WORST)

    def sharpness_matches(self, other: Fingerprint) -> bool:
        """Whether neighbouring pixels differ as much; a resize gives itself away by it."""
        apart = abs(self.gradient - other.gradient)
        return apart <= _SHARPER * max(self.gradient, other.gradient) + 0.03


def fingerprint(pixels: npt.NDArray[np.generic]) -> Fingerprint:
    """The fingerprint of prepared pixels, shape (height, width, 3), in whatever range they are."""
    values = np.asarray(pixels, np.float32)
    height, width = values.shape[:2]
    rows, columns = (np.arange(CELLS) * length // CELLS for length in (height, width))
    sums = np.add.reduceat(np.add.reduceat(values, rows, axis=0), columns, axis=1)
    # of a picture with less pixels than blocks, reduceat gives single rows and columns
    down, across = (
        np.maximum(np.diff(starts, append=length), 1)
        for starts, length in ((rows, height), (columns, width))
    )
    steps = [np.abs(np.diff(values, axis=axis)).mean() if values.shape[axis] > 1 else 0.0
             for axis in (0, 1)]  # fmt: skip
    means = sums / (down[:, None, None] * across[None, :, None])
    return Fingerprint(means.astype(np.float32), float(np.mean(steps)))
