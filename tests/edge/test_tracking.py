import itertools
import random
import statistics
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.box import Box
from edge.tracking import OneEuro, Presence, Steadiness, Track, Tracked

HOW = Steadiness()
HERE = Box(0.2, 0.2, 0.4, 0.4)
THERE = Box(0.6, 0.6, 0.8, 0.8)


def smooth():
    return OneEuro(HOW.rest_hz, HOW.haste, HOW.speed_hz)


def walked(boxes, seen, rate=10.0, track=None, **extra):
    """What a track makes of boxes that come at ``rate`` a second; None is a miss."""
    track = track or Track(threshold=0.5)
    return [
        track(
            seen(
                number,
                found=box is not None,
                box=box or HERE,
                presence=0.9 if box else 0.0,
                captured_at=100 + number / rate,
                **extra,
            )
        )
        for number, box in enumerate(boxes)
    ]


def events(steady):
    return [(number, seen.event) for number, seen in enumerate(steady) if seen.event]


# The filter


def test_a_value_at_rest_stays_what_it_is():
    filter_ = smooth()
    assert [filter_([0.5], at / 30)[0] for at in range(5)] == [0.5] * 5


def test_trembling_at_rest_is_reduced_to_less_than_a_fifth():
    filter_, noise = smooth(), random.Random(0)
    raw = [0.5 + noise.gauss(0, 0.004) for _ in range(600)]
    told = [filter_([value], number / 30)[0] for number, value in enumerate(raw)]
    steps = [statistics.pstdev(b - a for a, b in itertools.pairwise(row)) for row in (raw, told)]
    print(f"jitter {steps[0]:.4f} became {steps[1]:.4f}")
    assert steps[1] < steps[0] / 5


@pytest.mark.parametrize("rate", [5, 30, 60])
def test_steady_motion_is_followed_less_than_a_frame_or_30_ms_behind(rate):
    filter_, speed = smooth(), 0.33  # picture widths a second, for two seconds
    for number in range(2 * rate + 1):
        told = filter_([speed * number / rate], number / rate)[0]
    lag = (2 * speed - told) / speed
    print(f"at {rate} frames a second {lag * 1000:.0f} ms = {lag * rate:.1f} frames behind")
    assert lag < max(1 / rate, 0.030)


def test_a_jump_is_almost_there_in_the_next_frame():
    filter_ = smooth()
    filter_([0.1], 0.0)
    filter_([0.1], 1 / 30)
    assert filter_([0.9], 2 / 30)[0] > 0.8


def test_a_time_that_stands_still_or_turns_back_changes_nothing():
    filter_ = smooth()
    filter_([0.1], 5.0)
    assert filter_([0.9], 5.0) == filter_([0.9], 4.0) == (0.1,)


@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0, 10)), min_size=1))
def test_smoothing_never_leaves_the_range_of_what_came(steps):
    filter_, at = smooth(), 0.0
    for value, elapsed in steps:
        at += elapsed
        (told,) = filter_([value], at)
        values = [value for value, _ in steps]
        assert min(values) - 1e-9 <= told <= max(values) + 1e-9


# Presence


def test_it_appears_after_a_tenth_of_a_second_of_frames_that_all_show_it():
    presence = Presence(appear_s=0.1, leave_s=0.5)
    at_30_a_second = [presence(True, number / 30) for number in range(6)]
    assert at_30_a_second == [None, None, None, "appeared", None, None]


def test_at_a_slow_rate_the_second_frame_is_enough():
    presence = Presence(appear_s=0.1, leave_s=0.5)
    assert [presence(True, at) for at in (0.0, 0.2)] == [None, "appeared"]


def test_it_leaves_only_after_half_a_second_of_misses():
    presence = Presence(appear_s=0.1, leave_s=0.5)
    shown = [True] * 3 + [False] * 4 + [True] + [False] * 7
    told = [presence(here, number / 10) for number, here in enumerate(shown)]
    # last seen in frame 7; frame 12 is exactly half a second later, frame 13 is beyond
    assert [(n, event) for n, event in enumerate(told) if event] == [(1, "appeared"), (13, "left")]


@given(st.lists(st.booleans()))
def test_it_appears_and_leaves_by_turns(shown):
    presence = Presence(appear_s=0.1, leave_s=0.25)
    told = [event for number, here in enumerate(shown) if (event := presence(here, number / 10))]
    assert told[::2] == ["appeared"] * len(told[::2])
    assert told[1::2] == ["left"] * len(told[1::2])


# The track


def test_a_box_is_told_from_its_first_frame_on(seen):
    assert walked([HERE], seen)[0].answer.found.box.edges == pytest.approx(HERE.edges)


def test_a_single_false_alarm_is_no_event_and_is_not_kept(seen):
    steady = walked([None, HERE, None], seen)
    assert events(steady) == []
    assert [seen.answer.found is not None for seen in steady] == [False, True, False]


def test_an_object_appears_moves_and_leaves(seen):
    steady = walked([HERE] * 4 + [THERE] * 4 + [None] * 8, seen)
    assert [event for _, event in events(steady)] == ["appeared", "moved", "left"]
    assert steady[-1].answer.found is None


def test_a_short_miss_keeps_the_last_box_while_the_models_own_answer_says_none(seen):
    steady = walked([HERE, HERE, None, HERE], seen)
    assert steady[2].answer.found.box == steady[1].answer.found.box
    assert steady[2].raw.found is None
    assert events(steady) == [(1, "appeared")]


def test_half_the_threshold_is_enough_for_what_is_there_but_not_to_appear(seen):
    track = Track(threshold=0.5)

    def unsure(number):
        full = seen(number, box=HERE, presence=0.3, captured_at=number / 2)
        return replace(full, answer=replace(full.answer, found=None, withheld=full.answer.found))

    assert track(unsure(0)).answer.found is None
    for number in (1, 2):
        track(seen(number, box=HERE, captured_at=number / 2))
    kept = [track(unsure(number)) for number in range(3, 9)]  # three seconds
    assert all(steady.answer.found.box.iou(HERE) > 0.99 for steady in kept)
    assert events(kept) == []


def test_a_box_that_creeps_moves_once_it_has_left_half_of_its_place(seen):
    boxes = [Box(0.1 + 0.01 * n, 0.1, 0.3 + 0.01 * n, 0.3) for n in range(30)]
    (_, appeared), (then, moved), *_ = events(walked(boxes, seen))
    assert (appeared, moved) == ("appeared", "moved")
    # IoU is under 1/2 when a box of width 0.2 is more than 0.0667 away: 7 steps, and a short lag
    assert 8 <= then <= 10


def test_a_restless_box_moves_at_most_twice_a_second(seen):
    steady = walked([HERE, THERE] * 10, seen)  # ten a second
    assert events(steady)[:3] == [(1, "appeared"), (6, "moved"), (11, "moved")]


def test_another_label_must_last_to_be_told(seen):
    track = Track(threshold=0.5)
    labels = ["cat"] * 3 + ["dog"] + ["cat"] + ["dog"] * 4
    told = [
        track(seen(number, label=label, captured_at=number / 10)).answer.found.label
        for number, label in enumerate(labels)
    ]
    # cat was last said in frame 4; frame 7 is 0.3 s later
    assert told == ["cat"] * 7 + ["dog"] * 2


def test_a_film_has_its_own_time(seen):
    track = Track(threshold=0.5, at=lambda frame: frame.index / 10)
    steady = [track(seen(number, captured_at=0.0)) for number in range(3)]
    assert events(steady) == [(1, "appeared")]


def test_an_object_that_comes_back_elsewhere_does_not_glide_there(seen):
    steady = walked([HERE] * 3 + [None] * 8 + [THERE], seen)
    assert steady[-1].answer.found.box.edges == pytest.approx(THERE.edges)


def test_every_sink_gets_the_steadied_observation(seen):
    one, other = [], []
    sinks = [type("Kept", (), {"write": staticmethod(kept.append)}) for kept in (one, other)]
    Tracked(lambda observation: replace(observation, event="moved"), sinks).write(seen(7))
    assert [(s.frame.index, s.event) for s in one] == [(7, "moved")]
    assert one == other
