"""Contact sheets: truth and prediction side by side, because metrics hide what one look shows."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from edge.drawing import TRUTH, draw_box, draw_note
from edge.image import Image, read_image, resized, write_image
from edge.observation import Answer
from train.example import Example
from train.report import Answered, overlap

TILE = 240
"""Pixels along each side of a tile."""
GROUND = 24


def write_sheet(path: Path, pairs: Sequence[Answered], columns: int = 4) -> None:
    """Draw each pair as two tiles, the truth (green) left of the prediction (yellow)."""
    write_image(path, grid([_pair(example, answer) for example, answer in pairs], columns))


def grid(tiles: Sequence[Image], columns: int) -> Image:
    """Tiles of one size in rows of ``columns``; a short last row is filled up."""
    rows = [list(tiles[at : at + columns]) for at in range(0, len(tiles), columns)]
    blank = np.full_like(tiles[0], GROUND)
    width = min(columns, len(tiles))
    return np.vstack([np.hstack(row + [blank] * (width - len(row))) for row in rows])


def worst(pairs: Sequence[Answered], count: int = 20) -> list[Answered]:
    """The pairs with the least ``goodness`` first."""
    return sorted(pairs, key=goodness)[:count]


def goodness(pair: Answered) -> float:
    """The overlap; an empty picture counts 1 unless it alarmed, one whose place nobody said 1
    where its class is right."""
    example, answer = pair
    if example.box is None:
        told = answer.found.label if answer.found is not None else None
        return float(told == example.label)
    return overlap(example, answer)


def _pair(example: Example, answer: Answer) -> Image:
    picture = fitted(read_image(example.path))
    truth, told = picture.copy(), picture.copy()
    if example.box is not None:
        draw_box(truth, example.box, example.label, TRUTH)
    elif example.label is not None:
        draw_note(truth, example.label)
    found = answer.found
    if found is not None:
        text = f"{found.label} {found.score:.2f}"
        if example.box is not None:
            text += f" IoU {overlap(example, answer):.2f}"
        draw_box(told, found.box, text)
    both = np.hstack([framed(truth), framed(told)])
    return np.pad(both, ((3, 3), (3, 3), (0, 0)), constant_values=GROUND)


def fitted(image: Image) -> Image:
    """``image`` as large as it fits into a tile, its aspect kept."""
    height, width = image.shape[:2]
    scale = TILE / max(height, width)
    return resized(image, max(round(width * scale), 1), max(round(height * scale), 1))


def framed(image: Image) -> Image:
    """``image``, no larger than a tile, in the middle of one."""
    height, width = image.shape[:2]
    top, left = (TILE - height) // 2, (TILE - width) // 2
    margins = ((top, TILE - height - top), (left, TILE - width - left), (0, 0))
    return np.pad(image, margins, constant_values=GROUND)
