"""The ratio compares the same work, fed in two ways."""

from __future__ import annotations

import itertools

import numpy as np

from benchmarks.feeding import endless, noise, ratios, told
from train.batches import Batch, Batches


def test_both_ways_train_on_as_many_pictures_in_every_round() -> None:
    batches = Batches(noise(8, 32), 2, 32, batch=4, seed=0)
    seen: list[Batch] = []
    found = ratios(batches, seen.append, steps=3, rounds=2)
    assert len(found) == 2
    assert {batch.pixels.shape for batch in seen} == {(4, 32, 32, 3)}
    constant = seen[0].pixels
    same = [np.array_equal(batch.pixels, constant) for batch in seen[2:]]
    # the order turns from round to round
    assert same == [False] * 3 + [True] * 3 + [True] * 3 + [False] * 3


def test_views_never_end() -> None:
    batches = Batches(noise(4, 32), 2, 32, batch=4, seed=0)
    assert len(list(itertools.islice(endless(batches), 5))) == 5


def test_the_ratio_is_told_with_its_spread() -> None:
    said = told([(9.0, 10.0), (10.0, 10.0), (19.0, 20.0)])
    assert "ratio 0.950 (0.900 to 1.000 in 3 rounds), goal 0.95" in said
