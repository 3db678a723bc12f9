import os

import numpy as np
import pytest

from edge.bench.measure import weighed
from edge.errors import Absent, LocalizerError, Refused
from edge.latest import Latest
from edge.observation import Frame
from edge.sources.reopening import Reopening


def frame(index, value=None, moment=None, sequence=None):
    """A frame of its own picture, unless a value is given."""
    pixels = np.full((2, 2, 3), (index if value is None else value) % 256, np.uint8)
    return Frame(pixels, index, float(index if moment is None else moment), sequence=sequence)


class Desk:
    """A camera, a clock and an ear: plays a script each time, and ends the run after the last."""

    def __init__(self, *openings):
        self.openings = list(openings)
        self.now = 0.0
        self.waits = []
        self.told = []
        self.closed = 0
        self.seen = []

    def open_source(self):
        opening = self.openings.pop(0)
        if isinstance(opening, Exception):
            raise opening
        return self._play(opening)

    def _play(self, opening):
        try:
            for step in opening:
                if isinstance(step, Exception):
                    raise step
                self.now = max(self.now, step.captured_at)
                yield step
        finally:
            self.closed += 1

    def wait(self, seconds):
        if seconds:
            self.waits.append(round(seconds, 3))
            self.now += seconds
        return not self.openings

    def run(self, patient=False, device=None):
        source = Reopening(
            self.open_source, self.wait, self.told.append, patient, lambda: self.now, device
        )
        self.health = lambda: source.health
        for one in source.frames():
            self.seen.append((one.index, source.health.state))
        return [index for index, _ in self.seen]


GONE, BROKEN = Absent("it is not there"), LocalizerError("it gives no picture")


def test_the_frames_of_a_second_opening_are_numbered_on():
    desk = Desk([frame(0), frame(1), BROKEN], [frame(0), frame(2)])
    assert desk.run() == [0, 1, 2, 4]
    assert desk.closed == 2
    assert desk.told == ["trying again: it gives no picture", "the camera is back after 0.2 s"]


def test_a_source_that_counts_on_by_itself_keeps_its_numbers():
    assert Desk([frame(0), BROKEN], [frame(30), frame(31)]).run() == [0, 30, 31]


def test_while_the_device_is_absent_it_looks_again_after_at_most_a_second():
    desk = Desk([frame(0), BROKEN], *[GONE] * 5, [frame(0)])
    desk.run()
    assert desk.waits == [0.2, 0.2, 0.4, 0.8, 1.0, 1.0]


def test_a_device_that_is_there_and_fails_is_left_alone_for_up_to_ten_seconds():
    desk = Desk([frame(0), BROKEN], *[BROKEN] * 8, [frame(0)])
    desk.run()
    assert desk.waits == [0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 10.0, 10.0, 10.0]


def test_what_was_absent_and_then_fails_does_not_wait_long_at_once():
    desk = Desk([frame(0), GONE], *[GONE] * 9, BROKEN, BROKEN, [frame(0)])
    desk.run()
    assert desk.waits[-2:] == [0.2, 0.4]


def test_a_cable_that_is_pulled_again_and_again_costs_no_more_each_time():
    desk = Desk(*[[frame(0), BROKEN], GONE, GONE] * 5, [frame(0)])
    desk.run()
    assert desk.waits == [0.2, 0.2, 0.4] * 5


def test_a_device_that_is_plugged_in_again_during_a_pause_is_opened_at_once():
    desk = Desk([frame(0), BROKEN], *[BROKEN] * 6, [frame(0)])
    # from the first failure on there for 10 s: 0.2 + 0.4 + 0.8 + 1.6 + 3.2 and a part of 6.4
    desk.run(device=lambda: "old" if desk.now < 10.0 else "new")
    assert 10.0 <= desk.now < 11.0


def test_a_device_that_came_back_before_anybody_looked_begins_anew():
    stamps = iter(range(1000))
    desk = Desk(*[[frame(0), BROKEN] for _ in range(8)])
    desk.run(device=lambda: next(stamps))
    assert desk.waits == [0.2] * 7


def test_after_ten_good_seconds_it_is_tried_at_once_again():
    lives = [frame(0), frame(1, moment=20.0), BROKEN]
    desk = Desk([frame(0), BROKEN], BROKEN, BROKEN, lives, BROKEN, [frame(0, moment=99)])
    desk.run()
    assert desk.waits == [0.2, 0.4, 0.8, 0.2, 0.4]


def test_a_device_that_fails_after_each_first_frame_is_not_worn_out():
    desk = Desk(*[[frame(0), BROKEN] for _ in range(8)])
    desk.run()
    assert desk.waits == [0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 10.0]


def test_a_camera_that_is_not_there_at_the_start_is_an_error():
    desk = Desk(GONE, [frame(0)])
    with pytest.raises(Absent, match="it is not there"):
        desk.run()
    assert desk.waits == []


def test_a_patient_run_waits_for_the_first_frame_too():
    assert Desk(GONE, BROKEN, [BROKEN], [frame(0)]).run(patient=True) == [0]


@pytest.mark.parametrize("opening", [Refused("no focus"), [Refused("no focus")]])
def test_what_is_refused_is_raised_however_patient(opening):
    with pytest.raises(Refused):
        Desk([frame(0), BROKEN], opening, [frame(0)]).run(patient=True)


def test_each_cause_is_told_once():
    desk = Desk([frame(0), BROKEN], GONE, GONE, [frame(0)])
    desk.run()
    assert desk.told == [
        "trying again: it gives no picture",
        "trying again: it is not there",
        "the camera is back after 0.8 s",  # 0.2 + 0.2 + 0.4
    ]


def test_the_health_tells_the_state_the_cause_and_since_when():
    states = []
    desk = Desk([frame(0, moment=5.0), BROKEN], GONE, [frame(0)])
    opening = desk.open_source

    def watched():
        states.append((desk.health().state, desk.health().cause, round(desk.health().since, 1)))
        return opening()

    desk.open_source = watched
    desk.run()
    assert states == [
        ("opening", "", 0.0),
        ("reopening", "it gives no picture", 5.0),
        ("absent", "it is not there", 5.0),
    ]
    assert [state for _, state in desk.seen] == ["open", "open"]
    ended = desk.health()
    assert (ended.state, ended.reopened) == ("ended", 1)


def test_closing_it_closes_the_source():
    desk = Desk([frame(0), frame(1)])
    source = Reopening(desk.open_source, desk.wait)
    frames = source.frames()
    next(frames)
    frames.close()
    assert desk.closed == 1
    assert source.health.state == "ended"


def test_a_frame_that_the_source_repeats_is_given_once():
    steps = [frame(0, sequence=7), frame(1, sequence=7), frame(2, sequence=8)]
    assert Desk(steps).run() == [0, 2]


def still(start, count, value=5):
    """Frames of one picture, one a second from ``start`` on."""
    return [frame(start + n, value, moment=start + n) for n in range(count)]


def lively(start, count):
    return [frame(start + n, 100 + n, moment=start + n) for n in range(count)]


class TestAFrozenPicture:
    def test_is_told_and_the_source_reopened(self):
        desk = Desk(still(0, 60), lively(6, 3))
        assert desk.run() == [0, 1, 2, 3, 4, 5, 6, 7, 8]  # told after 5 s
        assert "trying again: the picture has not changed by a byte for 5 s" in desk.told[0]
        assert "the dark" in desk.told[0]

    def test_that_stays_after_the_reopening_is_darkness_and_goes_on(self):
        desk = Desk(still(0, 60), still(6, 60))
        assert desk.run() == list(range(66))
        assert desk.health().reopened == 1

    def test_stays_darkness_while_a_camera_adjusts_after_its_start(self):
        adjusting = [frame(6, 1, moment=6.0), frame(7, 2, moment=7.0)]
        desk = Desk(still(0, 60), adjusting + still(8, 60))
        desk.run()
        assert desk.health().reopened == 1

    def test_is_a_fault_again_after_lively_pictures(self):
        desk = Desk(still(0, 60), lively(6, 4) + still(10, 60), lively(16, 2))
        desk.run()
        assert desk.health().reopened == 2

    def test_is_none_that_changes_in_between(self):
        steps = [*still(0, 5), frame(5, 6), *still(6, 5), frame(11, 6)]
        assert Desk(steps).run() == list(range(12))

    def test_is_found_by_a_single_pixel(self):
        frames = still(0, 20)
        frames[4].pixels[1, 1, 2] += 1
        assert len(Desk(frames).run()) == 11  # unchanged from the 6th frame on: 5 s later

    def test_may_change_its_size(self):
        large = Frame(np.full((4, 4, 3), 5, np.uint8), 4, 4.0)
        assert len(Desk([*still(0, 4), large, *still(5, 4)]).run()) == 9


def test_a_hundred_unplugged_cables_leave_no_open_file_and_no_thread():
    gone, held = 0, []

    def camera():
        nonlocal gone
        gone += 1
        node = os.open(os.devnull, os.O_RDONLY)
        try:
            held.append(weighed(gone))
            yield frame(0)
            raise GONE
        finally:
            os.close(node)

    source = Reopening(camera, lambda seconds: gone == 100)
    with Latest(source.frames()) as latest:
        indices = [one.index for one in latest]
    assert indices == sorted(set(indices)) and source.health.reopened == 99
    # what other tests left in this process may come and go; one a cable would be 99 more
    assert held[-1].descriptors < held[0].descriptors + 50
    assert held[-1].threads < held[0].threads + 50
