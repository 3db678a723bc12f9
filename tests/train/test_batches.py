"""Batches are the same for the same seed, and each photo is in each epoch once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from functools import partial

import numpy as np
import pytest

from edge.box import Box
from train.batches import Batch, Batches, ahead, batch_of
from train.photos import Photo

BOX = Box(0.25, 0.25, 0.5, 0.5)


def photos(count: int, box: Box | None = BOX) -> list[Photo]:
    rng = np.random.default_rng(0)
    return [
        Photo(
            rng.integers(0, 256, (64, 64, 3)).astype(np.uint8), box, None if box is None else n % 2
        )
        for n in range(count)
    ]


def test_the_last_smaller_batch_is_used() -> None:
    batches = Batches(photos(10), classes=2, size=32, batch=4, seed=0)
    assert len(batches) == 3
    assert [len(batch.pixels) for batch in batches.epoch(0)] == [4, 4, 2]


def test_the_same_seed_and_epoch_give_the_same_batches() -> None:
    first, second = (list(Batches(photos(6), 2, 32, 4, seed=5).epoch(1)) for _ in range(2))
    for one, other in zip(first, second, strict=True):
        assert np.array_equal(one.pixels, other.pixels)
        assert np.array_equal(one.targets["maps"], other.targets["maps"])


def test_another_epoch_shows_other_views() -> None:
    batches = Batches(photos(4), 2, 32, 4, seed=5)
    (first,), (second,) = batches.epoch(0), batches.epoch(1)
    assert not np.array_equal(first.pixels, second.pixels)


def test_without_empty_pictures_some_views_are_cut_from_the_background() -> None:
    batches = Batches(photos(400), 2, 32, 50, seed=0)
    there = np.concatenate([batch.targets["presence"][:, 0] for batch in batches.epoch(0)])
    assert 0.05 < 1 - there.mean() < 0.2


def test_with_enough_empty_pictures_nothing_is_cut() -> None:
    batches = Batches(photos(20) + photos(20, None), 2, 32, 40, seed=0)
    (batch,) = batches.epoch(0)
    assert batch.targets["presence"].sum() == 20


def test_an_empty_picture_teaches_neither_box_nor_class() -> None:
    pixels = np.zeros((32, 32, 3), np.uint8)
    batch = batch_of([(pixels, BOX, 1), (pixels, None, None)], classes=2)
    assert batch.weights["maps"].tolist() == [1, 0]
    assert batch.weights["label"].tolist() == [1, 0]
    assert batch.weights["presence"].tolist() == [1, 1]
    assert batch.targets["presence"].tolist() == [[1], [0]]


def test_a_picture_whose_place_nobody_said_teaches_the_class_alone() -> None:
    pixels = np.zeros((32, 32, 3), np.uint8)
    batch = batch_of([(pixels, BOX, 1), (pixels, None, 1)], classes=2)
    assert batch.targets["label"].tolist() == [[0, 1], [0, 1]]
    weights = {name: values.tolist() for name, values in batch.weights.items()}
    assert weights == {"maps": [1, 0], "label": [1, 1], "presence": [1, 0], "cells": [1, 0]}


def test_several_threads_keep_the_order_and_go_no_further_than_they_may() -> None:
    other, taken = threading.Event(), []

    def job(number: int) -> int:
        if number == 0:
            assert other.wait(30)  # as long as job 2 is not done by another thread
        elif number == 2:
            other.set()
        return number

    def jobs() -> Iterator[Callable[[], int]]:
        for number in range(20):
            taken.append(number)
            yield partial(job, number)

    made = ahead(jobs(), depth=2, makers=3)
    assert next(made) == 0
    assert len(taken) == 2 * 3 + 1
    assert list(made) == list(range(1, 20))


def test_a_failing_job_raises_where_its_batch_is_awaited() -> None:
    def fails() -> Batch:
        raise RuntimeError("no memory")

    with pytest.raises(RuntimeError, match="no memory"):
        list(ahead([fails]))
