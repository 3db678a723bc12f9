"""The shipped fake camera: drawn scenes whose true box is known, at a camera's pace."""

from __future__ import annotations

import functools
import math
import time
from collections.abc import Callable
from typing import ClassVar

import cv2
import numpy as np
import numpy.typing as npt

from edge.box import Box
from edge.errors import Absent, LocalizerError, Refused
from edge.image import Image
from edge.observation import Frame
from edge.source_options import SourceOptions
from edge.sources import Source, Wait

SCENES = {
    "shapes": "a disc, a star and a triangle in turn wander over a busy background",
    "rectangle": "a red rectangle wanders over black",
    "leaves": "as shapes, but the last 60 of each 180 frames show the background only",
    "dark": "every frame is black to the byte",
    "frozen": "as shapes, but from frame 90 on always the same picture",
    "sizes": "as shapes, but every other 30 frames have half the width and height",
    "lost": "as shapes, but the camera is absent from frame 90 to 149 of each 300",
    "stalled": "as shapes, but reading frame 90 of each 300 blocks for 10 s and fails",
}
"""What the fake camera can show, and what happens in it."""

SIZE = (640, 480)
RATE = 30.0  # frames per second

_PART = 90  # frames until the next shape
_TURN = 180  # frames until the shape is back where it was
_FREEZE = 90  # frame
_STALL = 10.0  # seconds
_RADIUS = 0.22  # of the shorter side
_FINE = 4  # fractional bits of OpenCV's drawing
_CORNERS = {"disc": 72, "star": 10, "triangle": 3}
_COLOURS = ((230, 40, 60), (250, 200, 20), (40, 90, 240))


def true_box(scene: str, index: int, size: tuple[int, int] = SIZE) -> Box | None:
    """Where the object of frame ``index`` is; None where none is shown.

    size: the width and height that the camera was asked for.
    """
    index = min(index, _FREEZE) if scene == "frozen" else index
    if scene == "dark" or (scene == "leaves" and index % 180 >= 120):
        return None
    width, height = _size(scene, index, size)
    if scene == "rectangle":
        return Box.spanned(_pixel_edges(index, width, height) / (width, height, width, height))
    corners = _outline(index, width, height)
    low, high = corners.min(axis=0) / (width, height), corners.max(axis=0) / (width, height)
    return Box.spanned((*low, *high))


def picture(scene: str, index: int, size: tuple[int, int] = SIZE, seed: int = 0) -> Image:
    """Frame ``index`` of a scene, shape (height, width, 3); the same for the same seed."""
    index = min(index, _FREEZE) if scene == "frozen" else index
    width, height = _size(scene, index, size)
    if scene in ("dark", "rectangle"):
        image = np.zeros((height, width, 3), np.uint8)
    else:
        image = _background(width, height, seed).copy()
    if true_box(scene, index, size) is None:
        return image
    if scene == "rectangle":
        left, top, right, bottom = _pixel_edges(index, width, height)
        image[top:bottom, left:right] = (255, 0, 0)
        return image
    fill = _COLOURS[index // _PART % len(_COLOURS)]
    # OpenCV puts (0, 0) into the middle of the first pixel, and its smoothed polygons are a good
    # half pixel too large on each side.
    corners = np.round((_outline(index, width, height, less=0.7) - 0.5) * 2**_FINE).astype(np.int32)
    cv2.fillPoly(image, [corners], fill, cv2.LINE_AA, _FINE)
    dark = [int(0.35 * value) for value in fill]
    cv2.polylines(image, [corners], True, dark, 1, cv2.LINE_AA, _FINE)
    return image


class FakeCamera:
    """A camera that is always there; like a real one its scene goes on while nobody looks."""

    kind: ClassVar[str] = "the fake camera"
    takes: ClassVar[frozenset[str]] = frozenset({"size", "fps", "wait_for_camera"})

    def __init__(
        self,
        scene: str,
        seed: int = 0,
        now: Callable[[], float] = time.monotonic,
        block: Callable[[float], object] = time.sleep,
    ) -> None:
        """scene: one of SCENES, else Refused. block: a read that hears of no end, in seconds."""
        if scene not in SCENES:
            raise Refused(
                f"fake:{scene} is no scene of the fake camera; the scenes are "
                f"{', '.join(f'fake:{name}' for name in SCENES)}"
            )
        self._scene = scene
        self._seed = seed
        self._now = now
        self._block = block
        self._start: float | None = None  # seconds, of frame 0

    def __str__(self) -> str:
        return f"fake:{self._scene} ({SCENES[self._scene]})"

    def frames(self, options: SourceOptions, wanted: tuple[int, int] | None, wait: Wait) -> Source:
        """The scene from now on, until ``wait`` says that the run is to end.

        A frame's index, and its sequence, are the scene's: frames that nobody was there for are
        skipped, as a camera would.
        """
        rate, size = options.fps or RATE, options.size or SIZE
        if self._start is None:
            self._start = self._now()
        index = math.ceil((self._now() - self._start) * rate)
        while True:
            due = self._start + index / rate
            if wait(max(0.0, due - self._now())):
                return
            self._fail(index)
            yield Frame(picture(self._scene, index, size, self._seed), index, due, sequence=index)
            index = max(index + 1, math.floor((self._now() - self._start) * rate))

    def _fail(self, index: int) -> None:
        if self._scene == "lost" and 90 <= index % 300 < 150:
            raise Absent("fake:lost is not there; wait until frame 150")
        if self._scene == "stalled" and index % 300 == 90:
            self._block(_STALL)
            raise LocalizerError("fake:stalled gave no frame for 10 s; it will at the next opening")


def _size(scene: str, index: int, size: tuple[int, int]) -> tuple[int, int]:
    half = scene == "sizes" and index // 30 % 2
    return (size[0] // 2, size[1] // 2) if half else size


def _centre(index: int, width: int, height: int) -> tuple[float, float]:
    """In pixels: a figure of eight whose ends keep the object in the picture."""
    radius, turn = _RADIUS * min(width, height), 2 * math.pi * index / _TURN
    return (
        width / 2 + (width / 2 - radius - 2) * math.cos(turn),
        height / 2 + (height / 2 - radius - 2) * math.sin(2 * turn),
    )


def _pixel_edges(index: int, width: int, height: int) -> npt.NDArray[np.int64]:
    """The rectangle's left, top, right, bottom."""
    x, y = _centre(index, width, height)
    across, down = _RADIUS * min(width, height), 0.8 * _RADIUS * min(width, height)
    return np.round((x - across, y - down, x + across, y + down)).astype(np.int64)


def _outline(index: int, width: int, height: int, less: float = 0.0) -> npt.NDArray[np.float64]:
    """The corners of the shape in pixels, shape (corners, 2), its radius ``less`` pixels less."""
    shape = tuple(_CORNERS)[index // _PART % len(_CORNERS)]
    around = _CORNERS[shape]
    radius = _RADIUS * min(width, height) - less
    radii = np.tile([1.0, 0.45], around // 2) if shape == "star" else np.ones(around)
    angles = 2 * math.pi * (np.arange(around) / around + index / _TURN)
    return np.asarray(
        _centre(index, width, height)
        + radius * radii[:, None] * np.column_stack([np.cos(angles), np.sin(angles)])
    )


@functools.lru_cache(maxsize=4)
def _background(width: int, height: int, seed: int) -> Image:
    """Clouds of colour crossed by lines and grain, shape (height, width, 3)."""
    rng = np.random.default_rng(seed)
    coarse = rng.integers(40, 216, (6, 6, 3)).astype(np.uint8)
    image = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
    for _ in range(12):
        ends = rng.integers(0, (width, height), (2, 2)).tolist()
        grey = [int(value) for value in rng.integers(30, 226, 3)]
        cv2.line(image, ends[0], ends[1], grey, 1 + min(width, height) // 96)
    grain = rng.normal(0, 6, image.shape)
    return np.asarray(np.clip(image + grain, 0, 255), np.uint8)
