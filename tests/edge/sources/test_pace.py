import numpy as np
import pytest

from edge.observation import Frame
from edge.sources.pace import Pace, in_real_time


def taken(rate, moments):
    pace = Pace(rate)
    return [moment for moment in moments if pace.takes(moment)]


def at(rate, count, start=0.0):
    return [start + number / rate for number in range(count)]


def test_without_a_rate_every_frame_is_taken():
    assert taken(None, at(30, 9)) == at(30, 9)


def test_a_slower_rate_takes_its_share():
    assert taken(5, at(30, 60)) == at(30, 60)[::6]


def test_a_rate_that_does_not_divide_the_cameras_is_kept_on_average():
    assert len(taken(20, at(30, 300))) == pytest.approx(200, abs=1)


def test_a_camera_of_just_that_rate_loses_nothing_to_its_unevenness():
    uneven = [moment + 0.001 * (-1) ** number for number, moment in enumerate(at(30, 90))]
    assert taken(30, uneven) == uneven


def test_a_slower_camera_loses_nothing_and_nothing_is_made_up_for():
    assert taken(30, at(10, 20)) == at(10, 20)
    after_a_gap = taken(10, [0.0, *at(100, 31, start=5.0)])
    assert len(after_a_gap) == 1 + 4  # 5.0, 5.1, 5.2, 5.3


class Clock:
    """Time passes only in waits."""

    def __init__(self, now=100.0, ends_after=None):
        self.now = now
        self.waits = []
        self.ends_after = ends_after

    def __call__(self):
        return self.now

    def wait(self, seconds):
        self.waits.append(seconds)
        self.now += seconds
        return len(self.waits) == self.ends_after


def film(count, closed=None):
    try:
        for index in range(count):
            yield Frame(np.zeros((1, 1, 3), np.uint8), index, 0.0)
    finally:
        if closed is not None:
            closed.append(True)


def test_each_frame_of_a_film_comes_at_its_time():
    clock = Clock()
    frames = list(in_real_time(film(3), 4.0, clock.wait, clock))
    assert [frame.captured_at for frame in frames] == [100.0, 100.25, 100.5]
    assert clock.waits == [0.0, 0.25, 0.25]


def test_a_film_that_is_too_slow_to_read_is_late_but_never_old():
    clock = Clock()
    ages = []
    for frame in in_real_time(film(5), 4.0, clock.wait, clock):
        ages.append(clock() - frame.captured_at)
        clock.now += 1.0  # what the next read takes
    assert max(ages) == pytest.approx(0.25)  # one frame


def test_the_end_of_the_run_ends_a_film():
    clock, closed = Clock(ends_after=2), []
    assert len(list(in_real_time(film(9, closed), 4.0, clock.wait, clock))) == 1
    assert closed == [True]
