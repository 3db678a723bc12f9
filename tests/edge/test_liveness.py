from dataclasses import replace

import pytest

from edge.liveness import PATIENCE_S, Liveness
from edge.sources.reopening import Health


class Clock:
    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


def answered(seen, at, sequence=None, captured_at=None):
    """An observation that was answered at ``at``, of a frame with this sequence number."""
    one = seen(answered_at=at, captured_at=at if captured_at is None else captured_at)
    return replace(one, frame=replace(one.frame, sequence=sequence))


def test_before_the_first_frame_it_is_well_for_a_while_and_not_begun(clock):
    liveness = Liveness(now=clock)
    assert liveness.verdict().well and not liveness.verdict().begun
    clock.now += PATIENCE_S
    verdict = liveness.verdict()
    assert not verdict.well and not verdict.begun
    assert verdict.sentence == "no frame yet, after 4.0 s"


def test_an_answered_frame_is_progress(clock, seen):
    liveness = Liveness(now=clock)
    clock.now = 104.0
    liveness.write(seen(answered_at=104.0, captured_at=103.75))
    clock.now = 107.9
    verdict = liveness.verdict()
    assert verdict.well and verdict.begun and verdict.answering
    assert verdict.age_ms == 250.0
    assert verdict.sentence == "the last frame was answered 3.9 s ago"
    clock.now = 108.0
    assert not liveness.verdict().well


@pytest.mark.parametrize("sequence", [7, None])
def test_the_same_frame_answered_again_is_none(sequence, clock, seen):
    liveness = Liveness(now=clock)
    for second in range(10):
        clock.now = 100.0 + second
        liveness.write(answered(seen, clock.now, sequence, captured_at=100.0))
    assert not liveness.verdict().well


def test_the_same_picture_under_new_numbers_is_progress_as_a_dark_room_repeats_it(clock, seen):
    liveness = Liveness(now=clock)
    for second in range(10):
        clock.now = 100.0 + second
        liveness.write(answered(seen, clock.now, sequence=second, captured_at=100.0))
    assert liveness.verdict().well


def test_while_an_absent_camera_is_looked_for_it_is_well(clock, seen):
    health = Health("open", 100.0)
    liveness = Liveness(lambda: health, now=clock)
    liveness.write(seen(answered_at=100.0))
    health = Health("absent", 101.0, "it is not there", absent_at=160.0)
    clock.now = 161.0
    verdict = liveness.verdict()
    assert verdict.well and not verdict.answering
    assert verdict.sentence == "waiting for the camera for 60.0 s: it is not there"


def test_a_look_for_an_absent_camera_that_hangs_is_not_well(clock):
    liveness = Liveness(lambda: Health("absent", 101.0, "gone", absent_at=160.0), now=clock)
    clock.now = 164.0
    assert not liveness.verdict().well


def test_an_absent_camera_that_was_never_there_counts_as_begun(clock):
    liveness = Liveness(lambda: Health("absent", 100.0, "gone", absent_at=100.0), now=clock)
    assert liveness.verdict().begun


def test_a_camera_that_is_there_and_fails_is_soon_not_well(clock, seen):
    liveness = Liveness(lambda: Health("reopening", 100.0, "it fails"), now=clock)
    liveness.write(seen(answered_at=100.0))
    clock.now = 103.9
    assert liveness.verdict().well
    clock.now = 104.0
    verdict = liveness.verdict()
    assert not verdict.well
    assert verdict.sentence == "trying the camera for 4.0 s: it fails"


def test_a_camera_that_is_back_has_time_for_its_first_answer(clock, seen):
    liveness = Liveness(lambda: Health("open", 160.0, "gone", 1, absent_at=150.0), now=clock)
    liveness.write(seen(answered_at=100.0))
    clock.now = 161.0
    assert liveness.verdict().well


def test_who_asks_for_a_frame_every_ten_seconds_is_not_told_that_it_stalls(clock, seen):
    liveness = Liveness(rate=0.1, now=clock)
    liveness.write(seen(answered_at=100.0))
    clock.now = 129.9
    assert liveness.verdict().well
    liveness.pace(None)
    assert not liveness.verdict().well
