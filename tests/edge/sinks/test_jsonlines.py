import errno
import io
import json
import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.box import Box
from edge.errors import LocalizerError
from edge.observation import Answer, Frame, Localization, Observation
from edge.sinks.jsonlines import JsonLines, NewFile, line

KEYS = [
    "index",
    "path",
    "captured_at",
    "time",
    "age_ms",
    "event",
    "box",
    "raw_box",
    "label",
    "score",
    "presence",
    "ms",
]

numbers = st.floats(width=32)
fractions = st.floats(0, 1)
localizations = st.builds(
    Localization,
    st.builds(lambda *edges: Box.spanned(edges), fractions, fractions, fractions, fractions),
    st.text(),
    numbers,
)
answers = st.builds(
    Answer, st.none() | localizations, numbers, st.dictionaries(st.text(), numbers, max_size=4)
)


def refuse(constant):
    raise AssertionError(f"{constant} is no JSON")


@given(answers, st.integers(0), st.none() | st.text(), numbers, numbers)
def test_any_observation_is_one_line_of_strict_json(answer, index, path, captured, answered):
    observation = Observation(Frame(None, index, captured, path), answer, answered)
    text = line(observation, epoch=1.7e9)
    assert "\n" not in text and text.isascii()
    content = json.loads(text, parse_constant=refuse)
    assert list(content) == KEYS
    assert (content["box"] is None) == (content["label"] is None) == (answer.found is None)


def test_a_found_box_is_told_in_fractions(seen):
    content = json.loads(line(seen(index=3, path="a/b.jpg"), epoch=0))
    assert content["box"] == [0.25, 0.5, 0.75, 1.0]
    assert (content["label"], content["score"], content["presence"]) == ("red", 0.75, 0.9)
    assert (content["index"], content["path"]) == (3, "a/b.jpg")
    assert content["ms"] == {"invoke": 2.5}


def test_a_steadied_box_stands_beside_the_models_own_and_the_event(seen):
    steady = replace(seen(box=Box(0, 0, 0.5, 0.5)), event="moved", unsteadied=seen().answer)
    content = json.loads(line(steady, epoch=0))
    assert content["event"] == "moved"
    assert (content["box"], content["raw_box"]) == ([0, 0, 0.5, 0.5], [0.25, 0.5, 0.75, 1.0])


def test_nothing_found_is_null(seen):
    content = json.loads(line(seen(found=False, presence=0.1), epoch=0))
    assert content["box"] is content["label"] is content["score"] is None
    assert content["presence"] == 0.1


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_is_no_number_is_null(value, seen):
    content = json.loads(line(seen(score=value, presence=value), epoch=0))
    assert content["score"] is content["presence"] is None


def test_the_time_of_capture_is_told_on_both_clocks(seen):
    # the monotonic clock stands at 101 and it is 2026-01-01T00:00:01Z; captured at 100
    stream = io.StringIO()
    sink = JsonLines(stream, clocks=lambda: (1_767_225_601.0, 101.0))
    sink.write(seen(captured_at=100.0, answered_at=100.25))
    content = json.loads(stream.getvalue())
    assert content["captured_at"] == 100.0
    assert content["time"] == "2026-01-01T00:00:00.000Z"
    assert content["age_ms"] == 250.0


class Stream(io.StringIO):
    """Counts how often it was flushed."""

    flushed = 0

    def flush(self):
        self.flushed += 1


def test_each_line_is_flushed_so_that_it_can_be_followed(seen):
    stream = Stream()
    sink = JsonLines(stream)
    for index in range(3):
        sink.write(seen(index))
        assert stream.flushed == index + 1
    assert [json.loads(text)["index"] for text in stream.getvalue().splitlines()] == [0, 1, 2]


class Failing(io.StringIO):
    def __init__(self, error):
        super().__init__()
        self.error = error

    def flush(self):
        raise self.error


def test_a_full_disk_is_told(seen):
    sink = JsonLines(Failing(OSError(errno.ENOSPC, "No space left on device")))
    with pytest.raises(LocalizerError, match="cannot be written: No space left on device; make"):
        sink.write(seen())


def test_a_reader_that_left_is_no_fault_of_the_writing(seen):
    with pytest.raises(BrokenPipeError):
        JsonLines(Failing(BrokenPipeError())).write(seen())


def test_a_new_file_keeps_its_lines(tmp_path, seen):
    with NewFile(tmp_path / "out.jsonl") as stream:
        JsonLines(stream).write(seen())
        assert (tmp_path / "out.jsonl").read_text().endswith("}\n")
    assert (tmp_path / "out.jsonl").read_text().count("\n") == 1


def test_a_new_file_without_a_line_is_removed_so_that_the_next_try_is_not_refused(tmp_path):
    with NewFile(tmp_path / "out.jsonl"):
        pass
    assert list(tmp_path.iterdir()) == []


def test_an_existing_file_is_refused_and_kept(tmp_path):
    (tmp_path / "out.jsonl").write_text("precious")
    with pytest.raises(LocalizerError, match=r"out\.jsonl exists and --json overwrites nothing; "):
        NewFile(tmp_path / "out.jsonl")
    assert (tmp_path / "out.jsonl").read_text() == "precious"


def test_an_absent_folder_is_told(tmp_path):
    with pytest.raises(LocalizerError, match=r"out\.jsonl cannot be written: No such file"):
        NewFile(tmp_path / "none" / "out.jsonl")
