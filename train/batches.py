"""Endless new views of the same photos, made ahead of the trainer."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import Any, NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt

from edge.box import Box
from edge.image import Image
from train.augment import View, background_of, view_of
from train.photos import Photo
from train.render import rendered

Array = npt.NDArray[np.generic]
Made = TypeVar("Made")
_NEGATIVES = 0.12  # share of pictures without the object that a batch aims at


class Batch(NamedTuple):
    """What ``train_on_batch`` takes."""

    pixels: Any
    """uint8, shape (pictures, size, size, 3): an array, or the tensor that an accelerator made."""
    targets: dict[str, Array]
    """``maps``: boxes, shape (pictures, 4); ``label``: one-hot; ``presence``: 0 or 1; ``cells``:
    boxes and presence, shape (pictures, 5)."""
    weights: dict[str, Array]
    """Shape (pictures,), 0 or 1: a picture without an object teaches neither box nor label, one
    whose place nobody said teaches the label alone."""


Renderer = Callable[[Sequence[tuple[Image, View]]], Any]
"""Photos and their views to ``Batch.pixels``; called in threads, ahead of the trainer."""


class OnProcessor:
    """Each view by itself, by OpenCV."""

    def __init__(self, size: int) -> None:
        self._size = size

    def __call__(self, seen: Sequence[tuple[Image, View]]) -> npt.NDArray[np.uint8]:
        return np.stack([rendered(photo, view, self._size) for photo, view in seen])


class Batches:
    """Random views of ``photos``; the same seed, epoch and step give the same batch."""

    def __init__(
        self,
        photos: Sequence[Photo],
        classes: int,
        size: int,
        batch: int,
        seed: int,
        variety: float = 1.0,
        mirror: bool = True,
        renderer: Renderer | None = None,
    ) -> None:
        """variety, mirror: of the views, as ``train.augment.view_of`` takes them.

        renderer: None makes the pixels on the processor.
        """
        self._photos = photos
        self._classes = classes
        self._size = size
        self._batch = batch
        self._seed = seed
        self._variety = variety
        self._mirror = mirror
        self._render = renderer or OnProcessor(size)
        own = sum(photo.label is None for photo in photos) / len(photos)
        # People's own empty pictures are worth more than cuts; cuts fill up what is missing.
        self._cut = max(_NEGATIVES - own, 0.0)

    def __len__(self) -> int:
        """Batches in an epoch, the last, smaller one included."""
        return -(-len(self._photos) // self._batch)

    def epoch(self, number: int) -> Iterator[Batch]:
        """Every photo once, in a new order and view."""
        order = np.random.default_rng((self._seed, number)).permutation(len(self._photos))
        return ahead(partial(self._make, order, number, step) for step in range(len(self)))

    def _make(self, order: npt.NDArray[np.int64], epoch: int, step: int) -> Batch:
        rng = np.random.default_rng((self._seed, epoch, step))
        chosen = [self._photos[i] for i in order[step * self._batch : (step + 1) * self._batch]]
        drawn = [self._drawn(photo, rng) for photo in chosen]
        seen = [(photo.pixels, view) for photo, (view, _) in zip(chosen, drawn, strict=True)]
        truths = [(view.box, label) for view, label in drawn]
        return Batch(self._render(seen), *targets_of(truths, self._classes))

    def _drawn(self, photo: Photo, rng: np.random.Generator) -> tuple[View, int | None]:
        if photo.box is not None and rng.random() < self._cut:
            nothing = background_of(photo, self._size, rng)
            if nothing is not None:
                return nothing, None
        return view_of(photo, self._size, rng, self._variety, self._mirror), photo.label


Truth = tuple[Box | None, int | None]
"""A picture's box and label number, as ``Photo`` has them."""


def batch_of(
    pictures: Sequence[tuple[npt.NDArray[np.uint8], Box | None, int | None]], classes: int
) -> Batch:
    """A batch of prepared pixels with their boxes and label numbers, as ``Photo`` has them."""
    truths = [(box, label) for _, box, label in pictures]
    return Batch(np.stack([pixels for pixels, _, _ in pictures]), *targets_of(truths, classes))


def targets_of(truths: Sequence[Truth], classes: int) -> tuple[dict[str, Array], dict[str, Array]]:
    """Targets and weights as ``Batch`` has them."""
    there = np.array([label is not None for _, label in truths], np.float32)
    placed = np.array([box is not None for box, _ in truths], np.float32)
    boxes = [box.edges if box is not None else (0.0, 0.0, 1.0, 1.0) for box, _ in truths]
    labels = np.eye(classes, dtype=np.float32)[[label or 0 for _, label in truths]]
    maps = np.array(boxes, np.float32)
    # a view of a picture whose place nobody knows may show none of its object
    sure = np.maximum(placed, 1.0 - there)
    targets: dict[str, Array] = {
        "maps": maps,
        "label": labels,
        "presence": there[:, None],
        "cells": np.column_stack([maps, there]),
    }
    weights: dict[str, Array] = {
        "maps": placed, "label": there, "presence": sure, "cells": sure
    }  # fmt: skip
    return targets, weights


def ahead(
    jobs: Iterable[Callable[[], Made]], depth: int = 4, makers: int | None = None
) -> Iterator[Made]:
    """The results of ``jobs`` in order, some of them made in advance.

    depth: how many wait at most for each of ``makers`` threads; None is half of the cores, because
    where there is no accelerator the trainer needs them as well. Most of a view is OpenCV's work,
    which other threads do not hold up.
    """
    makers = makers or max((os.cpu_count() or 1) // 2, 1)
    waiting: deque[Future[Made]] = deque()
    with ThreadPoolExecutor(makers, "batches") as pool:
        for job in jobs:
            waiting.append(pool.submit(job))
            if len(waiting) > depth * makers:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
