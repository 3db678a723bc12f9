"""Contact sheets: truth and prediction side by side, because metrics hide what one look shows."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from edge.drawing import TRUTH, draw_box
from edge.image import Image, read_image, resized, write_image
from edge.observation import Answer
from train.example import Example
from train.report import Answered, overlap

_TILE = 240


def write_sheet(path: Path, pairs: Sequence[Answered], columns: int = 4) -> None:
    """Draw each pair as two tiles, the truth (green) left of the prediction (yellow)."""
    tiles = [_pair(example, answer) for example, answer in pairs]
    rows = [tiles[at : at + columns] for at in range(0, len(tiles), columns)]
    blank = np.full_like(tiles[0], 24)
    # a short last row is filled up, unless it is the only one
    width = min(columns, len(tiles))
    write_image(path, np.vstack([np.hstack(row + [blank] * (width - len(row))) for row in rows]))


def worst(pairs: Sequence[Answered], count: int = 20) -> list[Answered]:
    """The pairs with the least overlap first; an empty picture counts 1 unless it alarmed."""

    def goodness(pair: Answered) -> float:
        example, answer = pair
        if example.box is None:
            return 1.0 if answer.found is None else 0.0
        return overlap(example, answer)

    return sorted(pairs, key=goodness)[:count]


def _pair(example: Example, answer: Answer) -> Image:
    picture = _fitted(read_image(example.path))
    truth, told = picture.copy(), picture.copy()
    if example.box is not None:
        draw_box(truth, example.box, example.label, TRUTH)
    found = answer.found
    if found is not None:
        text = f"{found.label} {found.score:.2f}"
        if example.box is not None:
            text += f" IoU {overlap(example, answer):.2f}"
        draw_box(told, found.box, text)
    both = np.hstack([_framed(truth), _framed(told)])
    return np.pad(both, ((3, 3), (3, 3), (0, 0)), constant_values=24)


def _fitted(image: Image) -> Image:
    """``image`` as large as it fits into a tile, its aspect kept."""
    height, width = image.shape[:2]
    scale = _TILE / max(height, width)
    return resized(image, max(round(width * scale), 1), max(round(height * scale), 1))


def _framed(image: Image) -> Image:
    height, width = image.shape[:2]
    top, left = (_TILE - height) // 2, (_TILE - width) // 2
    margins = ((top, _TILE - height - top), (left, _TILE - width - left), (0, 0))
    return np.pad(image, margins, constant_values=24)
