"""The pictures on which a file lost most, as one sheet: truth and every model side by side."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from convert.compare import FLOAT, Row
from edge.box import Box
from edge.drawing import FOUND, TRUTH, Colour, ascii_text, draw_box
from edge.image import Image, read_image
from train.sheet import GROUND, TILE, fitted, framed, grid

_CAPTION = 22  # pixels
_INK = (235, 235, 235)


def worst_sheet(rows: Sequence[Row], others: Sequence[str]) -> Image:
    """One group of tiles for each row: truth (green), float and ``others`` (yellow)."""
    groups = [_group(row, (FLOAT, *others)) for row in rows]
    return grid(groups, columns=2 if len(others) == 1 else 1)  # legible on a page


def _group(row: Row, names: Sequence[str]) -> Image:
    picture = fitted(read_image(row.example.path))
    tiles = [_tile(picture, row.example.box, f"truth: {row.example.label or 'nothing'}", TRUTH)]
    for name in names:
        found = row.answers[name].found
        text = f"{name}: nothing"
        if found is not None:
            text = f"{name}: {found.label} {found.score:.2f}, IoU {row.iou(name):.2f}"
        tiles.append(_tile(picture, found.box if found is not None else None, text, FOUND))
    title = _caption(row.example.name, len(tiles) * TILE)
    group = np.vstack([title, np.hstack(tiles)])
    return np.pad(group, ((3, 9), (6, 6), (0, 0)), constant_values=GROUND)


def _tile(picture: Image, box: Box | None, text: str, colour: Colour) -> Image:
    copy = picture.copy()
    if box is not None:
        draw_box(copy, box, colour=colour)
    return np.vstack([_caption(text, TILE), framed(copy)])


def _caption(text: str, width: int) -> Image:
    """A line of text, cut where it does not fit."""
    strip = np.full((_CAPTION, width, 3), GROUND, np.uint8)
    place = (4, _CAPTION - 7)
    cv2.putText(
        strip, ascii_text(text), place, cv2.FONT_HERSHEY_SIMPLEX, 0.42, _INK, 1, cv2.LINE_AA
    )
    return strip
