"""What files say and what pictures are, put together: boxes in fractions, every fault named."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeVar

from edge.box import Box
from edge.errors import LocalizerError
from train.example import Example, Fault
from train.readers.annotation import Annotation, Drawn, Listed, Unit, Unusable
from train.readers.pictures import Look, look, unnameable

Objects = Literal["largest", "first", "refuse"]
"""Which object of a picture with several counts."""
_SLACK = 1.0  # pixels: tools that count from 1 write the last column as the picture's width

T = TypeVar("T")
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Thing:
    """An object of a picture."""

    label: str
    box: Box | None
    """None where nobody said where it is."""


@dataclass(frozen=True, slots=True, eq=False)
class Annotated:
    """A picture that can be decoded, with everything that a person said of it."""

    path: Path
    things: Sequence[Thing]
    """In the order of the file; none where a person said that nothing is there."""
    look: Look
    file: Path
    """Where the annotation stands, and ``line`` in it."""
    line: int | None


def settled(listed: Listed) -> Annotated | Fault:
    """A picture with its objects, or why it has none."""
    picture, file = listed.picture, listed.file
    if (rule := unnameable(picture)) is not None:
        return Fault(picture, rule, kind="corrupt", picture=picture)
    try:
        said = listed.read()
        seen = look(picture)
        return Annotated(picture, _things(said, seen), seen, file, listed.line)
    except Unusable as fault:
        # a file of one picture needs not say which
        subject = "" if file.stem == picture.stem else f"{picture.name} "
        line = listed.line if fault.line is None else fault.line
        return Fault(file, f"{subject}{fault}", line, fault.kind, picture)
    except LocalizerError as error:
        rule = str(error).removeprefix(f"{picture} ")
        return Fault(picture, rule, kind="corrupt", picture=picture)


def _things(said: Annotation, seen: Look) -> list[Thing]:
    width, height = seen.width, seen.height
    if said.size is not None and said.size != (width, height):
        raise Unusable(
            f"says the picture is {said.size[0]:g}x{said.size[1]:g} but upright it is "
            f"{width}x{height}; label it again as it is seen upright",
            kind="size",
        )
    return [Thing(drawn.label, _box(drawn, said.unit, seen)) for drawn in said.objects]


def _box(drawn: Drawn, unit: Unit, seen: Look) -> Box | None:
    """The box of ``drawn`` cut to the picture; raises Unusable where that is no box in it."""
    if drawn.edges is None:
        return None
    left, top, right, bottom = drawn.edges
    told = f"({left:g}, {top:g}, {right:g}, {bottom:g})"
    if left >= right or top >= bottom:
        raise Unusable(
            f"has the inverted or empty box {told}; draw it again", drawn.line, "inverted"
        )
    if unit == "pixels" and right - left < 1 and bottom - top < 1:
        raise Unusable(
            f"has the box {told}, smaller than one of its {seen.width}x{seen.height} pixels; write "
            "its edges in pixels, not in fractions of the picture",
            drawn.line,
            "inverted",
        )
    across, down = (1.0, 1.0) if unit == "fractions" else (float(seen.width), float(seen.height))
    slack = _SLACK * across / seen.width, _SLACK * down / seen.height
    if left < -slack[0] or top < -slack[1] or right > across + slack[0] or bottom > down + slack[1]:
        of = " of fractions" if unit == "fractions" else ""
        raise Unusable(
            f"has the box {told}{of} outside its {seen.width}x{seen.height} picture; draw it again",
            drawn.line,
            "outside",
        )
    box = Box(left / across, top / down, right / across, bottom / down).clipped()
    if box.area <= 0:
        raise Unusable(
            f"has the box {told}, of which nothing lies in its picture; draw it again",
            drawn.line,
            "outside",
        )
    return box


def example_of(picture: Annotated, objects: Objects) -> Example | Fault:
    """The example that a picture makes, or why it makes none.

    objects: which one counts of several; ``refuse`` refuses the picture. Objects with a box come
    before those without one.
    """
    distinct = list(dict.fromkeys(picture.things))
    placed = [(thing.box, thing.label) for thing in distinct if thing.box is not None]
    if objects == "refuse" and crowded(picture):
        return _refusal(
            picture, f"has {len(distinct)} objects; keep one, or say --objects largest", "crowded"
        )
    if placed and objects == "first":
        return Example(picture.path, *placed[0])
    if placed:
        return Example(picture.path, *max(placed, key=lambda pair: pair[0].area))
    labels = sorted({thing.label for thing in distinct})
    if len(labels) > 1:
        return _refusal(
            picture,
            f"has the classes {', '.join(labels[:3])} and no box that says which counts; keep one",
            "crowded",
        )
    return Example(picture.path, None, labels[0] if labels else None)


def crowded(picture: Annotated) -> bool:
    """Whether a picture has several objects, a box that is drawn twice counted once."""
    return len(set(picture.things)) > 1


def _refusal(picture: Annotated, rule: str, kind: str) -> Fault:
    subject = "" if picture.file.stem == picture.path.stem else f"{picture.path.name} "
    return Fault(picture.file, f"{subject}{rule}", picture.line, kind, picture.path)


def in_order(
    job: Callable[[T], R],
    items: Sequence[T],
    watch: Callable[[Iterable[Any]], Iterable[Any]] = lambda items: items,
) -> Iterator[R]:
    """``job`` of each of ``items``, in their order, made by a thread for each core."""
    cores = min(os.cpu_count() or 1, 16)
    waiting: deque[Future[R]] = deque()
    with ThreadPoolExecutor(cores, "reading") as pool:
        for item in watch(items):
            waiting.append(pool.submit(job, item))
            if len(waiting) > 4 * cores:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
