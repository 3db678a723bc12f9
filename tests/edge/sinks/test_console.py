import io

import pytest

from edge.box import Box
from edge.sinks.console import Changes, EachFrame, Status, Tally, described


def name(frame):
    return f"frame {frame.index}"


def test_the_tally_counts_frames_and_boxes(seen):
    tally = Tally()
    # 5 frames between the first capture at 0 s and the last answer at 2 s
    for index in range(5):
        tally.write(seen(index, found=index > 0, captured_at=index * 0.4, answered_at=index * 0.5))
    assert str(tally) == "5 frames, 4 with a box, 2.5 frames per second"


def test_one_frame_has_no_rate(seen):
    tally = Tally()
    assert str(tally) == "0 frames, 0 with a box"
    tally.write(seen())
    assert str(tally) == "1 frame, 1 with a box"


def test_each_frame_is_told_in_pixels(seen):
    lines = []
    sink = EachFrame(lines.append, name)
    sink.write(seen(0))
    sink.write(seen(1, found=False, presence=0.25))
    assert lines == [
        "frame 0: red 0.75 at 8,16 to 24,32 of 32x32",
        "frame 1: nothing (presence 0.25)",
    ]


@pytest.mark.parametrize(
    ("second", "told"),
    [
        ({}, 1),
        ({"score": 0.6}, 1),
        ({"box": Box(0.25, 0.5, 0.75, 0.95)}, 1),
        ({"box": Box(0, 0, 0.25, 0.5)}, 2),
        ({"label": "blue"}, 2),
        ({"found": False}, 2),
    ],
)
def test_only_changes_are_told(second, told, seen):
    lines = []
    sink = Changes(lines.append, name)
    sink.write(seen(0))
    sink.write(seen(1, **second))
    assert len(lines) == told


def test_the_first_frame_is_told_even_if_it_is_empty(seen):
    lines = []
    Changes(lines.append, name).write(seen(found=False))
    assert len(lines) == 1


def test_a_flicker_is_told_at_most_once_a_second_and_its_end_in_any_case(seen):
    lines = []
    sink = Changes(lines.append, name, pause=1.0)
    for index in range(16):  # ten a second, every other one empty, the last five all empty
        found = index % 2 == 0 and index <= 10
        sink.write(seen(index, found=found, answered_at=index / 10))
    assert [line.split(":")[0] for line in lines] == ["frame 0", "frame 11"]
    assert lines[-1] == "frame 11: nothing (presence 0.90)"


def test_the_status_line_is_rewritten_once_a_second(seen):
    stream, tally = io.StringIO(), Tally()
    sink = Status(stream, tally)
    for index in range(25):
        observation = seen(index, captured_at=index / 10, answered_at=index / 10 + 0.05)
        tally.write(observation)
        sink.write(observation)
    shown = stream.getvalue().split("\r\x1b[K")[1:]
    assert len(shown) == 3  # at 0.05, 1.05 and 2.05 s
    assert "\n" not in stream.getvalue()
    assert "50 ms old, red 0.75" in shown[1]


def test_a_sentence_stands_above_the_status_line(seen):
    stream = io.StringIO()
    sink = Status(stream, Tally())
    sink.write(seen())
    sink.say("something changed")
    *_, sentence, status = stream.getvalue().split("\r\x1b[K")
    assert sentence == "something changed\n"
    assert "red 0.75" in status


def test_the_status_line_fits_the_terminal_and_can_be_cleared(seen, monkeypatch):
    monkeypatch.setenv("COLUMNS", "20")
    stream = io.StringIO()
    sink = Status(stream, Tally())
    sink.write(seen(label="a very long label"))
    assert len(stream.getvalue().removeprefix("\r\x1b[K")) == 19
    sink.clear()
    assert stream.getvalue().endswith("\r\x1b[K")


def test_what_was_found_is_described_in_pixels(seen):
    assert described(seen()) == "red 0.75 at 8,16 to 24,32 of 32x32"
