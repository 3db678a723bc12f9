import numpy as np
import pytest

from edge.board import Health
from edge.drawing import draw_note, drawn
from edge.sinks.overlay import Overlay, Pace


def test_the_pace_is_that_of_the_last_two_seconds(seen):
    pace = Pace(window_s=2.0)
    for index in range(40):  # ten a second, then five a second
        pace.write(seen(index, answered_at=index / 10))
    assert pace.fps == pytest.approx(10)
    for index in range(1, 20):
        pace.write(seen(index, answered_at=3.9 + index / 5))
    assert pace.fps == pytest.approx(5)


def test_one_frame_or_a_clock_that_stands_has_no_pace(seen):
    pace = Pace()
    assert pace.fps == 0
    pace.write(seen())
    pace.write(seen())
    assert pace.fps == 0


def test_after_a_long_pause_the_pace_is_slow(seen):
    pace = Pace()
    for at in (0.0, 0.1, 10.1):
        pace.write(seen(answered_at=at))
    assert pace.fps == pytest.approx(0.1)


@pytest.mark.parametrize(
    ("health", "line"),
    [
        (Health(), "250 ms  29.8 fps"),
        (Health(61.0, 0x4), "250 ms  29.8 fps  61 C, throttled"),
    ],
)
def test_box_age_pace_and_board_are_drawn_into_a_copy(health, line, seen):
    pixels = np.full((240, 640, 3), 90, np.uint8)
    observation = seen(pixels=pixels)
    picture = Overlay(lambda: 29.84, lambda: health)(observation)
    expected = drawn(pixels, observation.answer)
    draw_note(expected, line)
    assert (picture == expected).all()
    assert (pixels == 90).all()
