"""The threshold allows the false alarms that the user states, and counts what that costs."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from edge.box import Box
from train.photos import Photo
from train.presence import calibrated, empty_views

SHARES = st.lists(st.floats(0, 1), max_size=60)


def test_one_alarm_in_ten_is_allowed_and_the_missed_are_counted() -> None:
    empty = [0.1, 0.1, 0.2, 0.2, 0.3, 0.3, 0.4, 0.4, 0.6, 0.9]
    chosen = calibrated([0.5, 0.7, 0.95], empty, false_alarms=0.1)
    assert 0.6 < chosen.threshold < 0.61
    assert (chosen.alarms, chosen.missed) == (1, 1)
    assert str(chosen) == (
        "0.6001: reached by 1 of 10 validation views without the object (0.1 of them may), and not "
        "by 1 of 3 pictures with it"
    )


def test_without_empty_views_the_threshold_is_one_half() -> None:
    chosen = calibrated([0.2, 0.9], [], 0.01)
    assert chosen.threshold == 0.5
    assert str(chosen) == "0.5, as no validation view is without the object"


@given(full=SHARES, empty=SHARES, rate=st.floats(0, 1))
def test_the_stated_rate_is_kept_wherever_the_threshold_may_go(
    full: list[float], empty: list[float], rate: float
) -> None:
    chosen = calibrated(full, empty, rate)
    assert 0.05 <= chosen.threshold <= 0.999
    assert chosen.missed <= len(full)
    if chosen.threshold < 0.999:
        assert chosen.alarms <= rate * len(empty)


def test_empty_views_are_the_same_each_time() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (80, 80, 3)).astype(np.uint8)
    photos = [Photo(pixels, Box(0.4, 0.4, 0.6, 0.6), 0)]
    first, second = (empty_views(photos, 32, seed=1) for _ in range(2))
    assert len(first) == 12
    assert all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))


def test_a_presence_that_is_no_number_gives_no_threshold_that_is_none() -> None:
    nan = float("nan")
    told = calibrated([0.9, nan], [0.1, 0.2, nan], 0.4)
    assert (told.threshold, told.alarms, told.missed) == (0.2001, 1, 1)
    assert calibrated([nan], [nan], 0.0).threshold == 0.999
