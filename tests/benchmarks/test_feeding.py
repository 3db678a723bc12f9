"""The ratio compares the same work, fed in two ways."""

from __future__ import annotations

import itertools

import numpy as np

from benchmarks.feeding import Rate, Round, endless, noise, ratios, told
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


def test_the_ratios_are_told_with_their_spread() -> None:
    rounds = [
        Round(Rate(9.0, 4.9), Rate(10.0, 5.0)),
        Round(Rate(10.0, 5.0), Rate(10.0, 5.0)),
        Round(Rate(19.0, 4.8), Rate(20.0, 5.0)),
    ]
    said = told(rounds)
    assert "fed by new views 10.0 images/s, by one constant batch 10.0" in said
    assert "ratio 0.950 (0.900 to 1.000), by processor time 0.980 (0.960 to 1.000)" in said
