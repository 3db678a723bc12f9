"""Sheets of labelled pictures: some to look at, and those that are suspected."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from itertools import zip_longest
from pathlib import Path

import numpy as np

from edge.drawing import FOUND, TRUTH, draw_box, draw_note
from edge.errors import LocalizerError
from edge.image import SUFFIXES, Image, read_image, write_image
from train.checks.findings import Finding
from train.readers.settle import Annotated, Thing
from train.run_folder import refuse_existing
from train.sheet import GROUND, TILE, fitted, framed, grid

_MOST = 60  # tiles of suspects; more is no look any more
_COLUMNS = 6


def refuse_sheet(path: Path) -> None:
    """Raise LocalizerError where no sheet can be made at ``path``: better than after the work."""
    refuse_existing(path)
    if path.suffix.lower() not in SUFFIXES:
        raise LocalizerError(
            f"a sheet is a picture, so its name ends in {', '.join(SUFFIXES)}. Received: {path}"
        )
    if not path.parent.is_dir():
        raise LocalizerError(f"{path.parent} is not a folder; make it, or name another for {path}")


def write_sample(path: Path, pictures: Sequence[Annotated], count: int, seed: int) -> int:
    """Draw ``count`` of ``pictures``, or all, with their objects; gives how many."""
    order = np.random.default_rng(seed).permutation(len(pictures))[:count]
    chosen = [pictures[at] for at in sorted(order.tolist())]
    tiles = [_tile(read_image(picture.path), picture.things) for picture in chosen]
    write_image(path, grid(tiles, _columns(len(tiles))))
    return len(tiles)


def write_suspects(path: Path, found: Sequence[Finding], pictures: Sequence[Annotated]) -> int:
    """Draw what ``found`` is about, each kind in turn; gives the number of tiles, maybe 0.

    A finding about several pictures gets two tiles, side by side.
    """
    by_path = {picture.path: picture for picture in pictures}
    by_kind: defaultdict[str, list[Finding]] = defaultdict(list)
    for one in found:
        by_kind[one.kind].append(one)
    turns = zip_longest(*by_kind.values())
    tiles: list[Image] = []
    for one in (one for turn in turns for one in turn if one is not None):
        shown = [path for path in one.paths if path.suffix.lower() in SUFFIXES][:2]
        if len(tiles) + max(len(shown), 1) > _MOST:
            break
        tiles += [_suspect(one, path, by_path) for path in shown] or [_blank(one)]
    if tiles:
        write_image(path, grid(tiles, _columns(len(tiles))))
    return len(tiles)


def _columns(tiles: int) -> int:
    return min(_COLUMNS, math.isqrt(max(tiles - 1, 0)) + 1)


def _tile(picture: Image, things: Sequence[Thing], note: str | None = None) -> Image:
    small = fitted(picture).copy()
    for thing in things:
        if thing.box is not None:
            draw_box(small, thing.box, thing.label, TRUTH)
    unplaced = [thing.label for thing in things if thing.box is None]
    text = note or ", ".join(unplaced) or (None if things else "nothing")
    tile = framed(small)
    if text is not None:
        draw_note(tile, text)
    return np.pad(tile, ((3, 3), (3, 3), (0, 0)), constant_values=GROUND)


def _suspect(one: Finding, path: Path, by_path: dict[Path, Annotated]) -> Image:
    note = f"{one.kind}: {path.name}"
    try:
        picture = read_image(path)
    except LocalizerError:
        return _blank(one, path)
    things = by_path[path].things if path in by_path else []
    tile = fitted(picture).copy()
    for thing in things:
        if thing.box is not None:
            colour = FOUND if thing.box == one.box else TRUTH
            draw_box(tile, thing.box, thing.label, colour)
    return _tile(tile, [Thing(note, None)], note)


def _blank(one: Finding, path: Path | None = None) -> Image:
    """A tile without a picture, where there is none to show."""
    name = (path or one.paths[0]).name if one.paths else ""
    return _tile(np.full((TILE, TILE, 3), GROUND, np.uint8), [], f"{one.kind}: {name}")
