"""What this device makes of a golden example, stage by stage."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from edge.box import Box
from edge.golden.examples import GoldenExample, PreparedPicture
from edge.golden.fingerprint import fingerprint
from edge.image import Image
from edge.localizer import Localizer
from edge.observation import Localization
from edge.tensors import Floats

IOU, SCORE = 0.8, 0.15
"""How far an answer may be off: one file's edges differ by 4 of 224 pixels between runtimes."""
DRIFT = 0.02
"""How far, in fractions, all boxes together may be off: half a cell of a 14x14 map is 0.036."""
MEAN_IOU = 0.95
"""How well all boxes together overlap: another runtime gives 0.98, swapped colours 0.93."""
ENOUGH = 4
"""Examples from which their mean tells more than the noise of each."""


@dataclass(frozen=True, slots=True, eq=False)
class Viewed:
    """A picture that this device has prepared."""

    shown: PreparedPicture
    pixels: Image
    """What this device would give the model."""

    @property
    def well(self) -> bool:
        """Whether these are the pixels that the workstation gave the model."""
        kind = np.asarray(self.pixels).dtype
        return _is_picture(self.pixels) and kind == np.uint8 and self.would_be(self.pixels)

    def would_be(self, pixels: Image) -> bool:
        """Whether ``pixels`` in this picture's place would be the workstation's."""
        return _is_picture(pixels) and fingerprint(pixels).matches(self.shown.prepared)


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """An example, and its pixels as the workstation prepared them too."""

    example: GoldenExample
    pixels: Image


@dataclass(frozen=True, slots=True, eq=False)
class Told:
    """What this device answers."""

    outputs: Mapping[str, Floats] | None
    """None where the runtime failed."""
    found: Localization | None
    failure: str = ""
    """What the runtime said when it failed."""

    def fits(self, wanted: Localization) -> bool:
        """Whether this is the workstation's answer, but for what runtimes differ in."""
        return (
            self.found is not None
            and self.found.label == wanted.label
            and self.found.box.iou(wanted.box) >= IOU
            and abs(self.found.score - wanted.score) <= SCORE
        )


def tell(pixels: Image, localizer: Localizer) -> Told:
    """What ``localizer`` answers to prepared pixels."""
    try:
        outputs = localizer.infer(pixels)
    except Exception as error:  # a runtime fails in its own ways; the sentence tells which
        return Told(None, None, f"{type(error).__name__}: {error}")
    return decoded(outputs, localizer)


def decoded(outputs: Mapping[str, Floats], localizer: Localizer) -> Told:
    """What ``localizer`` makes of a runtime's outputs; nothing is found where it cannot."""
    try:
        return Told(outputs, localizer.decode(outputs).found)
    except Exception as error:  # outputs of other shapes or names
        return Told(outputs, None, f"{type(error).__name__}: {error}")


def all_fit(seen: Sequence[Seen], told: Sequence[Told]) -> bool:
    """Whether every example is answered as on the workstation, each and together."""
    return not misfits(seen, told)


def misfits(seen: Sequence[Seen], told: Sequence[Told]) -> list[str]:
    """The names of the examples that are not answered as on the workstation.

    Several together are asked for more than each: what moves every box a little is no noise.
    """
    wrong = [
        one.example.name
        for one, answer in zip(seen, told, strict=True)
        if not answer.fits(one.example.answer)
    ]
    if wrong or len(seen) < ENOUGH:
        return wrong
    pairs = [(one.example.answer.box, answer.found.box)
             for one, answer in zip(seen, told, strict=True) if answer.found]  # fmt: skip
    shift = np.abs(np.mean([step(*pair) for pair in pairs], axis=0)).max()
    mean = np.mean([wanted.iou(box) for wanted, box in pairs])
    if shift <= DRIFT and mean >= MEAN_IOU:
        return []
    return [one.example.name for one in seen]


def step(wanted: Box, box: Box) -> tuple[float, float]:
    """How far the centre of ``box`` lies right of and below the wanted one's."""
    a, b = wanted.edges, box.edges
    return (b[0] + b[2] - a[0] - a[2]) / 2, (b[1] + b[3] - a[1] - a[3]) / 2


def _is_picture(pixels: Image) -> bool:
    shape = np.shape(pixels)
    return len(shape) == 3 and shape[2] == 3 and min(shape) > 0


def _turned(axes: tuple[int, int, int], steps: tuple[int, int, int]) -> Callable[[Image], Image]:
    def turned(pixels: Image) -> Image:
        rows, columns, channels = (slice(None, None, step) for step in steps)
        return np.ascontiguousarray(pixels.transpose(axes)[rows, columns, channels])

    return turned


MIXED: Mapping[str, Callable[[Image], Image]] = {
    "red and blue are swapped": _turned((0, 1, 2), (1, 1, -1)),
    "left and right are exchanged": _turned((0, 1, 2), (1, -1, 1)),
    "top and bottom are exchanged": _turned((0, 1, 2), (-1, 1, 1)),
    "rows and columns are exchanged": _turned((1, 0, 2), (1, 1, 1)),
}
"""Mistakes in the order of a picture's numbers, and what undoes each: the same once more."""
