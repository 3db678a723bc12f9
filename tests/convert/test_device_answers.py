"""What edge-run wrote on a device, found again by the pictures' names."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from convert.device_answers import read_device_answers
from edge.box import Box
from edge.errors import LocalizerError
from edge.observation import Answer, Frame, Localization, Observation
from edge.sinks.jsonlines import line
from train.example import Example

BOX = Box(0.1, 0.2, 0.5, 0.6)
CAT, EMPTY = Example(Path("/data/cat.jpg"), BOX, "cat"), Example(Path("/data/e.jpg"), None, None)


def told(path: str | None, found: Localization | None) -> str:
    """The line that edge-run writes."""
    frame = Frame(np.zeros((1, 1, 3), np.uint8), 0, 0.0, path)
    return line(Observation(frame, Answer(found, 0.7), 0.1), 0.0)


@pytest.fixture
def read(tmp_path: Path) -> Any:
    def read(*lines: str) -> list[tuple[Example, Answer]]:
        path = tmp_path / "device.jsonl"
        path.write_text("".join(f"{text}\n" for text in lines))
        return read_device_answers(path, [CAT, EMPTY])

    return read


def test_answers_are_found_by_name_in_any_order_and_folder(read: Any) -> None:
    pairs = read(
        told("/home/pi/e.jpg", None),
        told("other.jpg", None),
        told("pictures/cat.jpg", Localization(BOX, "cat", 0.9)),
    )
    assert [example for example, _ in pairs] == [CAT, EMPTY]
    assert pairs[0][1] == Answer(Localization(BOX, "cat", 0.9), 0.7)
    assert pairs[1][1].found is None


def test_a_missing_picture_is_named_and_counted(read: Any) -> None:
    with pytest.raises(LocalizerError, match=r"answers 1 of the 2 .* an answer is cat\.jpg\); let"):
        read(told("e.jpg", None))


def test_a_picture_that_is_there_twice_is_named(read: Any) -> None:
    with pytest.raises(LocalizerError, match=r"picture e\.jpg twice, the second time in line 2"):
        read(told("a/e.jpg", None), told("b/e.jpg", None))


@pytest.mark.parametrize(
    "text",
    [
        "", "{", "[]", "7", "{}", '{"path": "a.jpg"}', told(None, None),
        '{"path": "a.jpg", "presence": 1, "box": [1, 2]}',
        '{"path": "a.jpg", "presence": 1, "box": [0.9, 0, 0.1, 1], "label": "a", "score": 1}',
        '{"path": "a.jpg", "presence": 1, "box": [NaN, 0, 1, 1], "label": "a", "score": 1}',
    ],
)  # fmt: skip
def test_a_line_that_is_no_answer_is_named_by_its_number(read: Any, text: str) -> None:
    with pytest.raises(LocalizerError, match=r"line 2 of .*device\.jsonl is no answer to a pictur"):
        read(told("e.jpg", None), text)


def test_an_answer_without_a_number_for_the_presence_is_nothing(read: Any) -> None:
    row = json.loads(told("e.jpg", None)) | {"presence": None}
    pairs = read(json.dumps(row), told("cat.jpg", None))
    assert pairs[1][1] == Answer(None, 0.0)


def test_an_absent_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(LocalizerError, match="cannot be read as a device's answers"):
        read_device_answers(tmp_path / "none.jsonl", [])


def test_a_picture_is_no_file_of_answers(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"\xff\xd8\xff")
    with pytest.raises(LocalizerError, match="cannot be read as a device's answers"):
        read_device_answers(tmp_path / "a.jpg", [])
